/** Takes locks by name from their queues, for `natslock run` and `natslock hold`. */

import {
  type Clock,
  type EventListener,
  type Leadership,
  LeaseLostError,
  type Lock,
  LockManager,
  type LockManagerOptions,
  type WaitOptions,
} from "@x/natslock";
import { onAbort, WaitScope } from "@x/natslock/internal";
import type { Candidate, Held, Work } from "./candidate.ts";
import type { Claim } from "./claim.ts";

type LockEvent = Parameters<EventListener>[0];

/** What a {@linkcode QueueCandidate} takes, and who hears of it. */
export interface QueueCandidateOptions extends LockManagerOptions {
  readonly claim: Claim;
  readonly clock: Clock;
  /** Lease length of the session, in milliseconds. */
  readonly ttl: number;
  readonly onEvent: EventListener;
}

/** The lock's end is compared this often per lease length: a later end means that the session was renewed. */
const LOOKS_PER_LEASE = 12;

/** One candidate for a lock with a queue, or for several of them: all are held, or none. */
export class QueueCandidate implements Candidate {
  id = "";
  readonly #locks: LockManager;
  readonly #options: QueueCandidateOptions;
  #isHeld = false;

  /** Creates the candidate. Sends nothing yet. */
  constructor(options: QueueCandidateOptions) {
    this.#options = options;
    const { claim: _claim, clock: _clock, ...manager } = options;
    this.#locks = new LockManager({ ...manager, onEvent: (event) => this.#hear(event) });
  }

  ttl(): Promise<number> {
    return Promise.resolve(Math.floor(this.#options.ttl / 1000) * 1000);
  }

  /** Returns the first holder of one of the locks; the time since it holds is not known. */
  async leader(): Promise<Pick<Leadership, "name" | "holder" | "since"> | null> {
    const { names } = this.#options.claim;
    const { held } = await this.#locks.query();
    const found = held.find(({ name, clientId }) => names.includes(name) && clientId !== this.id);
    return found === undefined ? null : { name: found.holder, holder: found.clientId, since: null };
  }

  async run<Result>(work: Work<Result>, { signal, timeout }: WaitOptions): Promise<Result> {
    const { names, options } = this.#options.claim;
    const held = new HeldLocks(await this.#locks.acquire(names, { ...options, signal, timeout }));
    this.#begin(held);
    try {
      return await work(held);
    } finally {
      await held.release();
    }
  }

  async tryAcquire(): Promise<HeldLocks | null> {
    const { names, options } = this.#options.claim;
    const locks = await this.#locks.acquire(names, { ...options, ifAvailable: true });
    if (locks === null) return null;
    const held = new HeldLocks(locks);
    this.#begin(held);
    return held;
  }

  close(): Promise<void> {
    return this.#locks.close();
  }

  /** Passes events on. Those about single locks, and renewals, are replaced by those about all locks. */
  #hear(event: LockEvent): void {
    const { type } = event;
    if (type === "acquired") this.id = event.id;
    const isOfOne = type === "acquired" || type === "renewed" || type === "lost" || type === "released";
    if (isOfOne || (type === "waiting" && this.#isHeld)) return;
    this.#options.onEvent(event);
  }

  /** Reports the grant, then each renewal of the session and the end. */
  #begin(held: HeldLocks): void {
    const { clock, ttl, onEvent } = this.#options;
    const since = clock.now();
    const about = () => ({ key: held.key, id: this.id, token: held.token, age: clock.now() - since });
    this.#isHeld = true;
    onEvent({ type: "acquired", ...about() });
    let endsAt = since + held.remaining;
    let cancel = () => {};
    const look = () => {
      const { remaining } = held;
      // The end moves only when a renewal was confirmed. Less than this is rounding.
      if (clock.now() + remaining > endsAt + 1) onEvent({ type: "renewed", remaining, ...about() });
      endsAt = clock.now() + remaining;
      cancel = clock.after(ttl / LOOKS_PER_LEASE, look);
    };
    look();
    onAbort(held.signal, () => {
      cancel();
      this.#isHeld = false;
      const { reason } = held.signal;
      if (reason instanceof LeaseLostError) onEvent({ type: "lost", why: reason.why, ...about() });
      else onEvent({ type: "released", ...about() });
    });
  }
}

/** One lock or more, from the grant of the last one until the first of them ends. */
class HeldLocks implements Held {
  readonly key: string;
  readonly token: number;
  readonly tokens?: readonly number[];
  readonly epoch: string;
  readonly signal: AbortSignal;
  readonly #locks: readonly Lock[];

  constructor(locks: readonly Lock[]) {
    this.#locks = locks;
    const [first] = locks as readonly [Lock, ...Lock[]];
    ({ name: this.key, token: this.token, epoch: this.epoch } = first);
    if (locks.length > 1) this.tokens = locks.map(({ token }) => token);
    const scope = new WaitScope(...locks.map(({ signal }) => signal));
    this.signal = scope.signal;
    onAbort(this.signal, () => scope[Symbol.dispose]());
  }

  get held(): boolean {
    return this.remaining > 0;
  }

  get remaining(): number {
    return Math.min(...this.#locks.map(({ remaining }) => remaining));
  }

  /** Releases all locks. Never rejects: what could not be removed is reported by an event. */
  async release(): Promise<void> {
    await Promise.all(this.#locks.map((lock) => lock.release().catch(() => {})));
  }
}
