/**
 * One candidate's ways to hold: by calls, and by leases that keep themselves.
 *
 * @module
 */

import type { Candidate } from "./candidate.ts";
import { ConnectionError, LeaseReleasedError, LockerClosedError, NatslockError } from "./errors.ts";
import type { EventListener } from "./events.ts";
import { Keeper, type Surroundings } from "./keeper.ts";
import { endOfLease, Lease } from "./lease.ts";
import type { LeaseState, Stepped } from "./lease_model.ts";
import { verdictOf } from "./lease_state.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import type { Sighting } from "./record.ts";
import { Reporter } from "./report.ts";
import { seenOrThrow } from "./store.ts";
import { Turnstile } from "./turnstile.ts";
import { type Contest, waitTurn } from "./waiter.ts";

/** A lease that was granted, until its record is settled; `leave` lets the next of this process try. */
type Hold = { readonly lease: Lease; readonly end: AbortController; readonly leave: () => void };

/** What it is built on. */
export type Ground = Omit<Surroundings, "tell"> & { readonly onEvent?: EventListener | undefined };

/** All that one Locker does to its key. Not re-entrant: who holds a lease keeps others of this process waiting. */
export class Candidacy {
  readonly reporter: Reporter;
  readonly keeper: Keeper;
  readonly #candidate: Candidate;
  readonly #ground: Ground;
  readonly #turnstile = new Turnstile();
  readonly #closing = new AbortController();
  /** Aborted, with a LockerClosedError, once this is closed. */
  readonly closing: AbortSignal = this.#closing.signal;
  #hold: Hold | null = null;

  constructor(candidate: Candidate, ground: Ground) {
    this.#candidate = candidate;
    this.#ground = ground;
    this.reporter = new Reporter(candidate, ground.clock, ground.onEvent);
    this.keeper = new Keeper(candidate, { ...ground, tell: (stepped) => this.#stepped(stepped) });
  }

  /** Fencing token of what is held now, by either way; `null` if nothing is. */
  get token(): number | null {
    const { phase } = this.keeper.state;
    return phase.at === "held" && !this.#hold?.end.signal.aborted ? phase.token : null;
  }

  /** Takes the lead by calls, or keeps it. A lease that is held counts, without a message. */
  async take(): Promise<boolean> {
    this.closing.throwIfAborted();
    return await this.keeper.exclusive(async () => {
      if (this.#hold?.lease.held) return true;
      this.keeper.drive("calls");
      return verdictOf(await this.keeper.settle(this.closing)) === "held";
    });
  }

  /** Gives back whatever is held. */
  async giveBack(): Promise<void> {
    this.closing.throwIfAborted();
    if (this.#hold?.lease.held) return await this.#hold.lease.release();
    await this.keeper.exclusive(() => this.keeper.undo());
  }

  /** A lease, or `null` if it cannot be had at once. */
  async tryAcquire(): Promise<Lease | null> {
    this.closing.throwIfAborted();
    const leave = this.#turnstile.tryEnter();
    if (leave === null) return null;
    try {
      const got = await this.#attempt(leave, this.closing);
      if (got instanceof Lease) return got;
    } catch (error) {
      this.#withdraw("seeking");
      leave();
      throw error;
    }
    leave();
    return null;
  }

  /** A lease, waited for. */
  async acquire(options: WaitOptions): Promise<Lease> {
    using patience = new Patience(this.closing, options.signal);
    patience.signal.throwIfAborted();
    patience.limit(options.timeout, this.#candidate.key, this.#ground.clock);
    const leave = await this.#turnstile.enter(patience.signal);
    const contending = waitTurn(this.#contest(leave), patience.signal);
    try {
      return await Promise.race([contending, patience.ended]);
    } catch (error) {
      // A lease that is granted in the very moment of giving up has no holder.
      contending.then((lease) => lease.release()).catch(() => this.#withdraw("seeking")).finally(leave);
      throw error;
    }
  }

  /** The lease's work is to stop, while its record still keeps others out. */
  standDown(lease: Lease): void {
    if (this.#hold?.lease !== lease) return;
    this.#hold.end.abort(new LeaseReleasedError(`The lease of key "${lease.key}" is being released`));
  }

  /** Takes a lease's record back, after its work has ended; trouble is told, not thrown. */
  async resign(lease: Lease): Promise<void> {
    if (this.#hold?.lease !== lease) return;
    try {
      await this.#release();
    } catch (error) {
      if (error instanceof NatslockError) this.reporter.tell({ type: "release_failed", error });
    }
  }

  /** Ends every wait and gives back what is held; resolves when that is confirmed, or at the first trouble. */
  async close(): Promise<void> {
    this.#closing.abort(new LockerClosedError(`Cannot use the Locker of key "${this.#candidate.key}": it was closed`));
    try {
      await this.#hold?.lease.release();
      await this.keeper.exclusive(async () => {
        if (this.keeper.state.phase.at !== "idle") await this.keeper.undo();
      });
    } catch (error) {
      if (error instanceof NatslockError) this.reporter.tell({ type: "release_failed", error });
    } finally {
      this.keeper.stop();
    }
  }

  #contest(leave: () => void): Contest {
    const { keeper, reporter } = this;
    return {
      ...this.#ground,
      key: this.#candidate.key,
      attempt: (signal) => this.#attempt(leave, signal),
      timing: () => keeper.footing.timing,
      waiting: (holder) => reporter.tell({ type: "waiting", holder }),
      vacant: (sighting) => keeper.post({ on: "hint", sighting }),
    };
  }

  /** One try. A candidate that leads by calls is refused by itself. */
  #attempt(leave: () => void, signal: AbortSignal): Promise<Lease | Sighting> {
    return this.keeper.exclusive(async () => {
      signal.throwIfAborted();
      const standing = this.keeper.state;
      if (standing.phase.at === "held") return await this.#look();
      this.keeper.drive("calls");
      const cancel = () => this.#withdraw("seeking");
      signal.addEventListener("abort", cancel, { once: true });
      try {
        const state = await this.keeper.settle(signal);
        const verdict = verdictOf(state);
        if (verdict === "held") return this.#grant(state, leave);
        return verdict === "superseded" ? await this.#look() : verdict;
      } catch (error) {
        if (signal.aborted) this.#withdraw("seeking", "held");
        throw error;
      } finally {
        signal.removeEventListener("abort", cancel);
      }
    });
  }

  async #look(): Promise<Sighting> {
    const timeout = this.keeper.footing.timing.requestTimeout;
    return seenOrThrow(await this.#ground.store.read(this.#candidate.key, { timeout }));
  }

  /** Leaves what was begun; what is held by calls is not this one's to leave. */
  #withdraw(...from: ("seeking" | "held")[]): void {
    const { at } = this.keeper.state.phase;
    if (this.#hold !== null || !from.some((phase) => phase === at)) return;
    this.keeper.drive("time");
    this.keeper.post({ on: "leave" });
  }

  #grant(state: LeaseState, leave: () => void): Lease {
    const { phase } = state;
    if (phase.at !== "held") throw new Error("Cannot grant what is not held");
    const { key } = this.#candidate;
    const { token, attempt } = phase;
    const end = new AbortController();
    const lease = new Lease({ key, token, epoch: this.keeper.footing.epoch, signal: end.signal }, {
      remaining: () => this.#remaining(attempt),
      release: () => this.#release(),
    });
    this.#hold = { lease, end, leave };
    this.keeper.drive("time");
    return lease;
  }

  #remaining(attempt: string): number {
    const { phase } = this.keeper.state;
    const holds = phase.at === "held" && phase.attempt === attempt;
    return holds ? Math.max(0, phase.validUntil - this.#ground.clock.now()) : 0;
  }

  async #release(): Promise<void> {
    try {
      await this.keeper.undo();
    } catch (error) {
      // Where the bucket is gone, so is the record.
      if (!(error instanceof ConnectionError) || error.why !== "bucket_missing") throw error;
    }
  }

  #stepped({ before, event, after, effects }: Stepped): void {
    this.reporter.step({ before, event, after, effects });
    const hold = this.#hold;
    if (hold === null) return;
    if (before.phase.at === "held" && after.phase.at !== "held") hold.end.abort(endOfLease(hold.lease.key, after));
    if (after.phase.at !== "idle") return;
    this.#hold = null;
    hold.leave();
  }
}
