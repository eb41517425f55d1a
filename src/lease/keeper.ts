/** Performs what the lease's state machine decides. */

import { ConnectionError, type NatslockError } from "../base/errors.ts";
import type { KeyContext } from "./key_context.ts";
import type { Effect, LeaseEvent, LeaseState, Transition } from "./model.ts";
import { initialState, isHeld, isSettled, step } from "./state.ts";

type Trouble = NatslockError | null;

type Driver = "time" | "expiry" | "nobody";

/**
 * First pause after contention, in ms: one to four times this. Each next one is four times longer, up to `retryEvery`.
 */
const CONTENTION_PAUSE = 5;

/**
 * Runs the state machine of one candidate, with at most one request in flight and one timer.
 *
 * - Driven by calls, it stops at the first error and reports it to the caller. No timer renews what is held, so that
 *   the lead of a loop that hangs ends by itself.
 * - Driven by time, it goes on by itself: renews, ends the lease by the clock, removes what it wrote.
 */
export class Keeper {
  readonly #context: KeyContext;
  readonly #tell: (stepped: Transition) => void;
  #state: LeaseState = initialState("");
  #driver: "calls" | Driver = "calls";
  /** When the current call gives up under contention. */
  #until = Infinity;
  /** When the machine's pause is over; `null` if there is no pause. */
  #retryAt: number | null = null;
  /** Number of pauses for contention since the last call or success. Each is longer than the one before. */
  #contentions = 0;
  #cancelTimer = () => {};
  /** Callers that wait until the machine is at rest. */
  #resting: ((trouble: Trouble) => void)[] = [];

  /** `tell` is called with each step, after its effects have started. */
  constructor(context: KeyContext, tell: (stepped: Transition) => void) {
    this.#context = context;
    this.#tell = tell;
  }

  /** The state of the machine. Reading it ends a lease that is over by the clock, even if no timer has run. */
  get state(): LeaseState {
    if (this.#state.phase.at === "held" && !isHeld(this.#state, this.#context.clock.now())) this.post({ on: "tick" });
    return this.#state;
  }

  /** Milliseconds until the lease is over; 0 if nothing is held. */
  get remaining(): number {
    const { phase } = this.state;
    return phase.at === "held" ? Math.max(0, phase.validUntil - this.#context.clock.now()) : 0;
  }

  /**
   * Sets what drives the machine. `time` and `expiry` last until the machine is idle; then calls drive it again.
   * `expiry` lets the lease end without another renewal. `nobody` stops the machine.
   */
  drive(driver: Driver): void {
    this.#driver = driver;
    this.#arm();
    if (driver === "nobody") this.#rested(null);
  }

  /**
   * Tries to get or renew the lease until the result is settled: it is held by a write that was sent after this call,
   * or it cannot be had. Under contention it starts no new try after one lease length.
   *
   * Rejects at the first error. A write of this call then stays in doubt, and the next try settles it. If the signal is
   * aborted, no further try begins.
   */
  async settle(signal: AbortSignal): Promise<void> {
    await this.#context.ready(signal);
    const { ttl } = await this.#context.load();
    const { clock } = this.#context;
    const called = clock.now();
    this.#until = called + ttl;
    this.#contentions = 0;
    for (let round = 0;;) {
      signal.throwIfAborted();
      if (round > 0) await this.#pauseBetween(round === 1 ? "contention" : "burst");
      const { at } = this.state.phase;
      if (at !== "leaving") round++;
      if (at === "idle") this.#start();
      else this.post({ on: at === "held" ? "renew" : "retry" });
      await this.#rest();
      const { phase } = this.#state;
      // A read can find what an earlier call wrote. It is held, but ends earlier than this call promises: renew it.
      const old = phase.at === "held" && phase.sentAt < called;
      if (isSettled(this.#state) && !old) return;
      if (clock.now() >= this.#until) throw this.#contended();
    }
  }

  #start(): void {
    const { clock, checkedAt, settings: { epoch } } = this.#context;
    this.post({ on: "start", since: clock.wall(), epoch, checkedAt });
  }

  /** Checks by a read that the record of what is held is still stored. Rejects at the first error. */
  async check(): Promise<void> {
    this.post({ on: "check" });
    await this.#rest();
  }

  /**
   * Ends a try, in the background: what it wrote, or may have written, is removed, driven by time. Keeps what is held.
   */
  withdraw(): void {
    const { at } = this.state.phase;
    if (at !== "seeking" && at !== "leaving") return;
    this.drive("time");
    this.undo().catch(() => {});
  }

  /**
   * Removes what is stored, or may be stored, and waits until that is done. Rejects at the first error. The signal ends
   * only the wait for the bucket's settings.
   */
  async undo(signal?: AbortSignal): Promise<void> {
    // What is held ends at once, so nothing may be awaited if the settings are known.
    if (!this.#context.isLoaded) await this.#context.ready(signal);
    this.#until = Infinity;
    this.#contentions = 0;
    this.post({ on: this.state.phase.at === "leaving" ? "retry" : "leave" });
    await this.#rest();
    const { phase } = this.#state;
    if (phase.at === "idle" && phase.end?.kind === "abandoned") throw phase.end.error;
  }

  /** Feeds one event to the machine and starts the effects of the step. */
  post(event: LeaseEvent): void {
    if (this.#driver === "nobody") return;
    const before = this.#state;
    if (event.on === "retry") this.#retryAt = null;
    const { state: after, effects } = step(before, event, this.#context.clock.now(), this.#context.settings);
    this.#state = after;
    if (after.phase.at === "idle") this.#driver = "calls";
    if (event.on === "applied" && after.phase.at === "held") this.#contentions = 0;
    if (after.phase.busy !== null || after.phase.at !== before.phase.at) this.#retryAt = null;
    for (const effect of effects) {
      if (effect.act === "pause") this.#pause(effect);
      else this.#context.perform(effect, after.memory.epoch).then((answer) => this.post(answer));
    }
    this.#tell({ before, event, after, effects });
    this.#arm();
    if (this.#atRest) this.#rested(null);
  }

  #pause(pause: Extract<Effect, { act: "pause" }>): void {
    const { clock, random, settings } = this.#context;
    if (pause.why === "trouble") {
      this.#rested(pause.error);
      if (this.#driver === "calls") return;
    }
    if (this.#driver === "calls" && clock.now() >= this.#until) return this.#rested(this.#contended());
    const jittered = settings.retryEvery * (0.7 + 0.3 * random.next());
    const growing = CONTENTION_PAUSE * 4 ** this.#contentions * (1 + 3 * random.next());
    if (pause.why === "contention") this.#contentions++;
    const length =
      { trouble: settings.retryEvery, burst: jittered, contention: Math.min(growing, jittered) }[pause.why];
    this.#retryAt = clock.now() + length;
  }

  /** Pauses between two tries of one call. */
  async #pauseBetween(why: "contention" | "burst"): Promise<void> {
    this.#pause({ act: "pause", why });
    this.#arm();
    await this.#rest();
  }

  /** True if no request is in flight and no pause is running. */
  get #atRest(): boolean {
    return this.#state.phase.busy === null && this.#retryAt === null;
  }

  /** Waits until the machine is at rest. Rejects at the first error. */
  async #rest(): Promise<void> {
    const trouble = this.#atRest || this.#driver === "nobody"
      ? null
      : await new Promise<Trouble>((resolve) => this.#resting.push(resolve));
    if (trouble !== null) throw trouble;
  }

  #rested(trouble: Trouble): void {
    for (const resolve of this.#resting.splice(0)) resolve(trouble);
  }

  /**
   * Sets the one timer to the earliest of: the end of a pause; the end of the lease, also while a request is in flight;
   * the next renewal.
   */
  #arm(): void {
    this.#cancelTimer();
    if (this.#driver === "nobody") return;
    const { clock } = this.#context;
    const due: [at: number, event: LeaseEvent][] = [];
    const { phase } = this.#state;
    if (this.#retryAt !== null) due.push([this.#retryAt, { on: "retry" }]);
    if (this.#driver !== "calls" && phase.at === "held") {
      due.push([phase.validUntil, { on: "tick" }]);
      if (this.#driver === "time" && this.#atRest) {
        due.push([phase.sentAt + this.#context.settings.renewEvery, { on: "renew" }]);
      }
    }
    const [next] = due.sort(([a], [b]) => a - b);
    if (next) this.#cancelTimer = clock.after(Math.max(0, next[0] - clock.now()), () => this.post(next[1]));
  }

  #contended(): ConnectionError {
    const { memory: { high }, phase } = this.#state;
    const isBehind = phase.at === "idle" && phase.end?.kind === "withdrawn";
    const why = isBehind ? `its new revisions do not exceed ${high}, seen before` : "others kept writing to it";
    return new ConnectionError("contended", `Cannot take key "${this.#context.key}": ${why}`);
  }
}
