/** One candidate's ways to hold: by calls, and by leases that keep themselves. */

import type { CandidateOptions } from "../lease/candidate.ts";
import { LockerClosedError, NatslockError } from "../base/errors.ts";
import type { KeyContext } from "../lease/key_context.ts";
import { Hold } from "./hold.ts";
import { Keeper } from "../lease/keeper.ts";
import { Lease } from "../lease/lease.ts";
import type { Held, Transition } from "../lease/model.ts";
import { resultOf } from "../lease/state.ts";
import { acquireTimeout, onAbort, requireWaitOptions, type WaitOptions, WaitScope } from "../base/wait.ts";
import type { KeyState } from "../store/record.ts";
import { Reporter } from "./reporter.ts";
import { Retrier } from "./retrier.ts";
import { Mutex, type Unlock } from "../base/mutex.ts";
import { queueBehind, waitTurn } from "./waiter.ts";

/** All that one Locker does to its key. Not re-entrant: who holds a lease keeps others of this process waiting. */
export class Holder {
  readonly context: KeyContext;
  readonly reporter: Reporter;
  readonly #keeper: Keeper;
  readonly #closing = new AbortController();
  /** Aborted, with a LockerClosedError, once this is closed. */
  readonly closing: AbortSignal = this.#closing.signal;
  /** Calls are carried out one after the other. */
  readonly #calls = new Mutex();
  /** Inside is who seeks a lease, or holds one. */
  readonly #leases = new Mutex();
  #hold: Hold | null = null;
  /** The stream of the last grant. */
  #epoch = "";

  constructor(context: KeyContext, listeners: Pick<CandidateOptions, "onEvent" | "trace">) {
    this.context = context;
    this.reporter = new Reporter(context.candidate, context.clock, listeners);
    context.onChange = (changes, error) => this.reporter.tell({ type: "bucket_changed", changes, error });
    this.#keeper = new Keeper(context, (stepped) => this.#stepped(stepped));
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
    return await this.#calls.runExclusive(async () => {
      // Not while its work still stands down: that record is kept, and given back, by time.
      if (this.#hold?.isStandingDown) return false;
      await this.#settle(this.closing);
      this.closing.throwIfAborted();
      return resultOf(this.#keeper.state) === "held" && !this.#hold?.isStandingDown;
    });
  }

  /** Gives back whatever is held, once work that is done under it has settled. */
  async giveBack(): Promise<void> {
    this.closing.throwIfAborted();
    if (this.#hold !== null) await this.#hold.giveBack();
    else await this.#calls.runExclusive(() => this.#keeper.undo());
  }

  /** A lease, or `null` if it cannot be had at once. */
  async tryAcquire(): Promise<Lease | null> {
    this.closing.throwIfAborted();
    const unlock = this.#leases.tryLock();
    const got = unlock && await this.#inside(unlock, () => this.#attempt(unlock, this.closing));
    return got instanceof Lease ? got : null;
  }

  /** A lease, waited for. */
  async acquire(options: WaitOptions): Promise<Lease> {
    requireWaitOptions(options);
    const { signal: outer, timeout = Infinity } = options;
    const { context: { key, clock } } = this;
    const scope = new WaitScope(this.closing, outer);
    const retrier = new Retrier(this);
    let contending: Promise<Lease> | null = null;
    try {
      const { signal } = scope;
      signal.throwIfAborted();
      if (timeout > 0) scope.limit({ timeout, key }, clock, () => retrier.trouble);
      contending = timeout === 0 ? this.#once() : this.#wait(signal, retrier);
      return await Promise.race([contending, scope.ended]);
    } catch (error) {
      // A lease that is granted in the very moment of giving up has no holder.
      contending?.then((lease) => lease.release()).catch(() => {});
      throw error;
    } finally {
      scope[Symbol.dispose]();
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
    this.#closing.abort(new LockerClosedError(`Cannot use the Locker of key "${this.context.key}": it was closed`));
    await this.#quietly(async () => {
      await this.#hold?.giveBack(this.closing.reason);
      await this.#calls.runExclusive(() => this.#keeper.state.phase.at === "idle" ? undefined : this.#keeper.undo());
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
    throw acquireTimeout(this.context.key, 0, trouble);
  }

  async #wait(signal: AbortSignal, retrier: Retrier): Promise<Lease> {
    const { context, reporter } = this;
    const unlock = this.#leases.tryLock() ??
      await queueBehind(this.#hold, { context, reporter, leases: this.#leases }, signal);
    const attempt = (released: KeyState | null) => this.#attempt(unlock, signal, released);
    return await this.#inside(unlock, () => waitTurn({ context, reporter, retrier }, attempt, signal));
  }

  /** Who goes away without a lease lets the next in; what was begun is given up between the calls, not in one's midst. */
  async #inside<T>(unlock: Unlock, work: () => Promise<T>): Promise<T> {
    let got: T | undefined;
    try {
      return got = await work();
    } catch (error) {
      this.#calls.runExclusive(() => this.#keeper.withdraw());
      throw error;
    } finally {
      if (!(got instanceof Lease)) unlock();
    }
  }

  /** One try. A candidate that leads by calls is refused by itself. */
  #attempt(unlock: Unlock, signal: AbortSignal, released: KeyState | null = null): Promise<Lease | KeyState> {
    return this.#calls.runExclusive(async () => {
      signal.throwIfAborted();
      const own = await this.#ownRecord();
      if (own !== null) return own;
      if (released !== null) this.#keeper.post({ on: "hint", keyState: released });
      await this.#settle(signal);
      const { state } = this.#keeper;
      if (state.phase.at === "held") return this.#grant(state.phase, unlock);
      const verdict = resultOf(state);
      return typeof verdict === "string" ? await this.context.read() : verdict;
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
  async #ownRecord(): Promise<KeyState | null> {
    const leads = () => this.#keeper.state.phase.at === "held";
    if (!leads()) return null;
    const keyState = await this.context.read();
    if (keyState.kind === "held" && keyState.record.holder === this.context.candidate.id) return keyState;
    await this.#keeper.check();
    return leads() ? keyState : null;
  }

  #grant({ token }: Held, unlock: Unlock): Lease {
    const hold = new Hold({ key: this.context.key, token, epoch: this.#epoch }, this.#keeper);
    hold.over.then(unlock);
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

  #stepped(stepped: Transition): void {
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
