/** One candidate's ways to hold: by calls, and by leases that keep themselves. */

import { ConnectionError, LeaseReleasedError, LockerClosedError, NatslockError } from "./errors.ts";
import type { CandidateOptions } from "./candidate.ts";
import type { Footing } from "./footing.ts";
import { Keeper } from "./keeper.ts";
import { endOfLease, Lease } from "./lease.ts";
import type { Held, Stepped } from "./lease_model.ts";
import { verdictOf } from "./lease_state.ts";
import { onAbort, Patience, type WaitOptions } from "./patience.ts";
import type { Sighting } from "./record.ts";
import { Reporter } from "./report.ts";
import { type Leave, Turnstile } from "./turnstile.ts";
import { waitTurn } from "./waiter.ts";

/** A lease that was granted, until its record is settled; `leave` lets the next of this process try. */
type Hold = { readonly lease: Lease; readonly end: AbortController; readonly leave: Leave };

/** All that one Locker does to its key. Not re-entrant: who holds a lease keeps others of this process waiting. */
export class Candidacy {
  readonly footing: Footing;
  readonly reporter: Reporter;
  readonly #keeper: Keeper;
  readonly #closing = new AbortController();
  /** Aborted, with a LockerClosedError, once this is closed. */
  readonly closing: AbortSignal = this.#closing.signal;
  /** Calls are carried out one after the other. */
  readonly #calls = new Turnstile();
  /** Inside is who seeks a lease, or holds one. */
  readonly #leases = new Turnstile();
  #hold: Hold | null = null;
  /** The stream of the last grant. */
  #epoch = "";

  constructor(footing: Footing, listeners: Pick<CandidateOptions, "onEvent" | "trace">) {
    this.footing = footing;
    this.reporter = new Reporter(footing.candidate, footing.clock, listeners);
    this.#keeper = new Keeper(footing, (stepped) => this.#stepped(stepped));
  }

  /** Fencing token of what is held now, by either way; `null` if nothing is. */
  get token(): number | null {
    const { phase } = this.#keeper.state;
    return phase.at === "held" && !this.#hold?.end.signal.aborted ? phase.token : null;
  }

  /** Identity of the stream that the token is of; `null` if nothing is held. */
  get epoch(): string | null {
    return this.token === null ? null : this.#epoch;
  }

  /** Takes the lead by calls, or keeps it. A lease that is held counts, without a message. */
  async take(): Promise<boolean> {
    this.closing.throwIfAborted();
    return await this.#calls.pass(async () => {
      const { phase } = this.#keeper.state;
      // Not while its work still stands down: that record is kept, and given back, by time.
      if (this.#hold !== null && phase.at === "held") return this.#hold.lease.held;
      await this.#keeper.settle(this.closing);
      this.closing.throwIfAborted();
      return verdictOf(this.#keeper.state) === "held";
    });
  }

  /** Gives back whatever is held. */
  async giveBack(): Promise<void> {
    this.closing.throwIfAborted();
    if (this.#hold?.lease.held) return await this.#hold.lease.release();
    await this.#calls.pass(() => this.#keeper.undo());
  }

  /** A lease, or `null` if it cannot be had at once. */
  async tryAcquire(): Promise<Lease | null> {
    this.closing.throwIfAborted();
    const leave = this.#leases.tryEnter();
    const got = leave && await this.#inside(leave, () => this.#attempt(leave, this.closing));
    return got instanceof Lease ? got : null;
  }

  /** A lease, waited for. */
  async acquire(options: WaitOptions): Promise<Lease> {
    const patience = new Patience(this.closing, options.signal);
    let contending: Promise<Lease> | null = null;
    try {
      const { signal } = patience;
      signal.throwIfAborted();
      patience.limit(options.timeout, this.footing.key, this.footing.clock);
      const leave = await this.#leases.enter(signal);
      const attempt = (released: Sighting | null) => this.#attempt(leave, signal, released);
      contending = this.#inside(leave, () => waitTurn(this, attempt, signal));
      return await Promise.race([contending, patience.ended]);
    } catch (error) {
      // A lease that is granted in the very moment of giving up has no holder.
      contending?.then((lease) => lease.release()).catch(() => {});
      throw error;
    } finally {
      patience[Symbol.dispose]();
    }
  }

  /** The lease's work is to stop, while its record still keeps others out. */
  standDown(lease: Lease): void {
    if (this.#hold?.lease !== lease) return;
    this.#hold.end.abort(new LeaseReleasedError(`The lease of key "${lease.key}" is being released`));
  }

  /** Takes a lease's record back, after its work has ended; trouble is told, not thrown. */
  async resign(lease: Lease): Promise<void> {
    if (this.#hold?.lease === lease) await this.#quietly(() => this.#release());
  }

  /** Ends every wait and gives back what is held; resolves when that is confirmed, or at the first trouble. */
  async close(): Promise<void> {
    this.#closing.abort(new LockerClosedError(`Cannot use the Locker of key "${this.footing.key}": it was closed`));
    await this.#quietly(async () => {
      await this.#hold?.lease.release();
      await this.#calls.pass(async () => {
        if (this.#keeper.state.phase.at !== "idle") await this.#keeper.undo();
      });
    });
    this.#keeper.drive("nobody");
  }

  /** Who goes away without a lease lets the next in; what was begun is given up between the calls, not in one's midst. */
  async #inside<T>(leave: Leave, work: () => Promise<T>): Promise<T> {
    let got: T | undefined;
    try {
      return got = await work();
    } catch (error) {
      this.#calls.pass(() => this.#keeper.withdraw());
      throw error;
    } finally {
      if (!(got instanceof Lease)) leave();
    }
  }

  /** One try. A candidate that leads by calls is refused by itself. */
  #attempt(leave: Leave, signal: AbortSignal, released: Sighting | null = null): Promise<Lease | Sighting> {
    return this.#calls.pass(async () => {
      signal.throwIfAborted();
      if (this.#keeper.state.phase.at === "held") return await this.footing.look();
      const aborting = onAbort(signal, () => this.#keeper.withdraw());
      try {
        if (released !== null) this.#keeper.post({ on: "hint", sighting: released });
        await this.#keeper.settle(signal);
        const { state } = this.#keeper;
        if (state.phase.at === "held") return this.#grant(state.phase, leave);
        const verdict = verdictOf(state);
        return typeof verdict === "string" ? await this.footing.look() : verdict;
      } finally {
        aborting[Symbol.dispose]();
      }
    });
  }

  #grant({ token }: Held, leave: Leave): Lease {
    const end = new AbortController();
    const about = { key: this.footing.key, token, epoch: this.#epoch, signal: end.signal };
    const lease: Lease = new Lease(about, {
      remaining: () => this.#hold?.lease === lease ? this.#keeper.remaining : 0,
      release: () => this.#release(),
    });
    this.#hold = { lease, end, leave };
    this.#keeper.drive("time");
    return lease;
  }

  async #release(): Promise<void> {
    try {
      await this.#keeper.undo();
    } catch (error) {
      // Where the bucket is gone, so is the record.
      if (!(error instanceof ConnectionError) || error.why !== "bucket_missing") throw error;
    }
  }

  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof NatslockError) this.reporter.tell({ type: "release_failed", error });
    }
  }

  #stepped(stepped: Stepped): void {
    const { before, after } = stepped;
    const { at } = after.phase;
    if (at === "held" && before.phase.at !== "held") this.#epoch = after.memory.epoch;
    this.reporter.step(stepped);
    const hold = this.#hold;
    if (hold === null || at === "held") return;
    hold.end.abort(endOfLease(hold.lease.key, after));
    if (at !== "idle") return;
    this.#hold = null;
    hold.leave();
  }
}
