/** When a queue is looked at: as soon as a request is due, one look at a time, and not too often. */

import { Throttle } from "../base/throttle.ts";
import { Timers } from "../base/timers.ts";
import { type LocksContext, retryPause } from "./context.ts";

/** Most looks that let nobody in, without a pause and per `retryEvery`. */
const LOOKS = { burst: 8, most: 16 };

/** A look that leads to another one counts as so many more. */
const AGAIN_COST = 3;

/** The looks of one queue. */
export class Looks<Request> {
  readonly #context: LocksContext;
  readonly #look: (due: readonly Request[]) => Promise<void>;
  /** Requests whose place has to be looked at. */
  readonly #due = new Set<Request>();
  readonly #timers: Timers;
  readonly #throttle: Throttle;
  #isLooking = false;
  #isStopped = false;

  /** `look` is called with all requests that are due. One look decides for all of them. */
  constructor(context: LocksContext, look: (due: readonly Request[]) => Promise<void>) {
    this.#context = context;
    this.#look = look;
    this.#timers = new Timers(context.clock);
    this.#throttle = new Throttle(context.clock, LOOKS);
  }

  /** Looks at the place of a request, as soon as a look that is under way has ended. */
  add(request: Request): void {
    this.#due.add(request);
    this.#run();
  }

  /** Looks at the places of requests after a pause. */
  addLater(requests: readonly Request[]): void {
    this.#timers.after(retryPause(this.#context), () => {
      for (const request of requests) this.add(request);
    });
  }

  /** A request has ended. Somebody got in or gave up, so the next look is not for nothing. */
  delete(request: Request): void {
    this.#due.delete(request);
    this.#throttle.reset();
  }

  /** The look that is under way has to be repeated, because of what it found. */
  repeat(): void {
    this.#throttle.spend(AGAIN_COST);
  }

  /** Ends all timers. No look begins any more. */
  stop(): void {
    this.#isStopped = true;
    this.#timers.stop();
    this.#due.clear();
  }

  async #run(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    // Requests that become due at the same time share one look.
    await Promise.resolve();
    while (this.#due.size > 0 && !this.#isStopped) {
      const ms = this.#throttle.next(this.#context.timing.retryEvery);
      if (ms > 0) await new Promise<void>((resolve) => this.#timers.after(ms, resolve));
      const due = [...this.#due];
      this.#due.clear();
      await this.#look(due);
      if (this.#due.size > 0) this.repeat();
    }
    this.#isLooking = false;
  }
}
