/** One candidate's ways to hold: by calls, and by leases that keep themselves. */

import type { CandidateOptions } from "./candidate.ts";
import { LockerClosedError, NatslockError } from "./errors.ts";
import type { Footing } from "./footing.ts";
import { Hold } from "./hold.ts";
import { Keeper } from "./keeper.ts";
import { Lease } from "./lease.ts";
import type { Held, Stepped } from "./lease_model.ts";
import { verdictOf } from "./lease_state.ts";
import { onAbort, Patience, requireWaitOptions, tooLate, type WaitOptions } from "./patience.ts";
import type { Sighting } from "./record.ts";
import { Reporter } from "./report.ts";
import { Retrier } from "./retrier.ts";
import { type Leave, Turnstile } from "./turnstile.ts";
import { queueBehind, waitTurn } from "./waiter.ts";

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
    footing.onChange = (changes, error) => this.reporter.tell({ type: "bucket_changed", changes, error });
    this.#keeper = new Keeper(footing, (stepped) => this.#stepped(stepped));
  }

  /** Fencing token of what is held now, by either way; `null` if nothing is. */
  get token(): number | null {
    const { phase } = this.#keeper.state;
    return phase.at === "held" && !this.#hold?.isStandingDown ? phase.token : null;
  }

  /** Identity of the stream that the token is of; `null` if nothing is held. */
  get epoch(): string | null {
    return this.token === null ? null : this.#epoch;
  }

  /** Takes the lead by calls, or keeps it; a lease that is held is renewed. */
  async take(): Promise<boolean> {
    this.closing.throwIfAborted();
    return await this.#calls.pass(async () => {
      // Not while its work still stands down: that record is kept, and given back, by time.
      if (this.#hold?.isStandingDown) return false;
      await this.#settle(this.closing);
      this.closing.throwIfAborted();
      return verdictOf(this.#keeper.state) === "held" && !this.#hold?.isStandingDown;
    });
  }

  /** Gives back whatever is held, once work that is done under it has settled. */
  async giveBack(): Promise<void> {
    this.closing.throwIfAborted();
    if (this.#hold !== null) await this.#hold.giveBack();
    else await this.#calls.pass(() => this.#keeper.undo());
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
    requireWaitOptions(options);
    const { signal: outer, timeout = Infinity } = options;
    const { footing: { key, clock } } = this;
    const patience = new Patience(this.closing, outer);
    const retrier = new Retrier(this);
    let contending: Promise<Lease> | null = null;
    try {
      const { signal } = patience;
      signal.throwIfAborted();
      if (timeout > 0) patience.limit({ timeout, key }, clock, () => retrier.trouble);
      contending = timeout === 0 ? this.#once() : this.#wait(signal, retrier);
      return await Promise.race([contending, patience.ended]);
    } catch (error) {
      // A lease that is granted in the very moment of giving up has no holder.
      contending?.then((lease) => lease.release()).catch(() => {});
      throw error;
    } finally {
      patience[Symbol.dispose]();
    }
  }

  /** Does the work of a lease, and takes its record back once that has settled; trouble with it is told, not thrown. */
  async under<T>(lease: Lease, work: () => T | Promise<T>): Promise<T> {
    const hold = this.#hold?.lease === lease ? this.#hold : null;
    if (hold === null) return await work();
    try {
      return await hold.do(work);
    } finally {
      await this.#quietly(() => hold.release());
    }
  }

  /** The lease's work is to stop, while its record still keeps others out. */
  standDown(lease: Lease): void {
    if (this.#hold?.lease === lease) this.#hold.standDown(this.closing.reason);
  }

  /** Ends every wait and gives back what is held; resolves when that is confirmed, or at the first trouble. */
  async close(): Promise<void> {
    this.#closing.abort(new LockerClosedError(`Cannot use the Locker of key "${this.footing.key}": it was closed`));
    await this.#quietly(async () => {
      await this.#hold?.giveBack(this.closing.reason);
      await this.#calls.pass(() => this.#keeper.state.phase.at === "idle" ? undefined : this.#keeper.undo());
    });
    this.#keeper.drive("nobody");
  }

  /** One try, as a wait of no length. */
  async #once(): Promise<Lease> {
    let trouble: unknown;
    const got = await this.tryAcquire().catch((error: unknown) => {
      if (!(error instanceof NatslockError) || !error.transient) throw error;
      trouble = error;
    });
    if (got instanceof Lease) return got;
    throw tooLate(this.footing.key, 0, trouble);
  }

  async #wait(signal: AbortSignal, retrier: Retrier): Promise<Lease> {
    const { footing, reporter } = this;
    const leave = this.#leases.tryEnter() ??
      await queueBehind(this.#hold, { footing, reporter, leases: this.#leases }, signal);
    const attempt = (released: Sighting | null) => this.#attempt(leave, signal, released);
    return await this.#inside(leave, () => waitTurn({ footing, reporter, retrier }, attempt, signal));
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
      const own = await this.#ownRecord();
      if (own !== null) return own;
      if (released !== null) this.#keeper.post({ on: "hint", sighting: released });
      await this.#settle(signal);
      const { state } = this.#keeper;
      if (state.phase.at === "held") return this.#grant(state.phase, leave);
      const verdict = verdictOf(state);
      return typeof verdict === "string" ? await this.footing.look() : verdict;
    });
  }

  async #settle(signal: AbortSignal): Promise<void> {
    const aborting = onAbort(signal, () => this.#keeper.withdraw());
    try {
      await this.#keeper.settle(signal);
    } finally {
      aborting[Symbol.dispose]();
    }
  }

  /** The record of who leads by calls; `null` if it does not, or was found not to. */
  async #ownRecord(): Promise<Sighting | null> {
    const leads = () => this.#keeper.state.phase.at === "held";
    if (!leads()) return null;
    const sighting = await this.footing.look();
    if (sighting.kind === "held" && sighting.record.holder === this.footing.candidate.id) return sighting;
    await this.#keeper.check();
    return leads() ? sighting : null;
  }

  #grant({ token }: Held, leave: Leave): Lease {
    const hold = new Hold({ key: this.footing.key, token, epoch: this.#epoch }, this.#keeper);
    hold.over.then(leave);
    this.#hold = hold;
    return hold.lease;
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
    if (this.#hold === null || at === "held") return;
    const hold = this.#hold;
    if (at === "idle") this.#hold = null;
    hold.ended(after);
  }
}
