/** One session: the lease of this process, under which all its tickets stand. */

import { LeaseLostError, type NatslockError } from "../base/errors.ts";
import { onAbort, pause } from "../base/wait.ts";
import type { Candidate } from "../lease/candidate.ts";
import type { EventListener, LockEvent } from "../lease/events.ts";
import { KeyContext } from "../lease/key_context.ts";
import type { Lease } from "../lease/lease.ts";
import type { HealthFacts } from "../locker/health.ts";
import { Holder } from "../locker/holder.ts";
import { Reporter } from "../locker/reporter.ts";
import { type LocksContext, retryPause } from "./context.ts";
import type { LockHold } from "./lock_hold.ts";
import { sessionKey } from "./names.ts";
import type { SessionGround } from "./session_ground.ts";
import { SessionQueues } from "./session_queues.ts";
import { SessionStore } from "./session_store.ts";
import type { TroubleKind, Troubles } from "./troubles.ts";

/** Who a session is, and who hears of it. */
export interface SessionOptions {
  readonly candidate: Omit<Candidate, "key" | "id">;
  readonly onEvent: EventListener;
  /** Called with an error that the opening of the session waits out. */
  readonly troubled: (error: NatslockError) => void;
  /** The streaks of trouble that were reported. */
  readonly troubles: Troubles;
  /** Called with each lock that is lost. */
  readonly lost: (hold: LockHold) => void;
}

/** Events of the session's own lease that a user hears of. The others are about its key, which no user knows. */
const PASSED_ON: readonly LockEvent["type"][] = [
  ...["renewed", "renewal_failed", "at_risk", "retrying", "recovered", "bucket_changed"] as const,
];

/** A session, from its first record until it is closed or lost. */
export class Session implements SessionGround {
  readonly id: string;
  readonly context: LocksContext;
  readonly bucket: SessionStore;
  readonly queues: SessionQueues;
  readonly #options: SessionOptions;
  readonly #holder: Holder;
  readonly #lease: Lease;
  /** Aborts when the manager is closed. */
  readonly #closing: AbortSignal;
  readonly #over = new AbortController();
  /** Aborts when the session is lost or closed. */
  readonly over: AbortSignal = this.#over.signal;
  #isClosing = false;
  /** Ends the work under the session's lease: its record may then be removed. */
  #finish = (): void => {};

  /**
   * Writes the record of a new session. Rejects at the first error that waiting cannot cure, or with the signal's
   * reason. Tries again after other errors; under another id if the first record had to be withdrawn.
   */
  static async open(context: LocksContext, options: SessionOptions, signal: AbortSignal): Promise<Session> {
    // The tries of several holders are one streak of trouble.
    let isTroubled = false;
    const onEvent = (event: LockEvent) => {
      const isTrouble = event.type === "retrying";
      if (isTrouble) options.troubled(event.error);
      if (isTrouble || event.type === "recovered") {
        if (isTrouble === isTroubled) return;
        isTroubled = isTrouble;
      }
      // Returned, so that a promise of it that rejects is contained.
      return PASSED_ON.includes(event.type) ? options.onEvent(event) : undefined;
    };
    for (;;) {
      const store = new SessionStore(context);
      const holder = holderOf(store, context, { ...options, onEvent });
      try {
        const lease = await holder.acquire({ signal });
        if (isTroubled) holder.reporter.report({ type: "recovered" });
        return new Session({ context, options, store, holder, lease, closing: signal });
      } catch (error) {
        const { refusal } = store;
        if (refusal !== null && error === refusal) holder.reporter.report({ type: "retrying", error: refusal });
        holder.close();
        if (error !== refusal) throw error;
        await pause(context.clock, retryPause(context), signal);
      }
    }
  }

  private constructor(
    { context, options, store, holder, lease, closing }: {
      readonly context: LocksContext;
      readonly options: SessionOptions;
      readonly store: SessionStore;
      readonly holder: Holder;
      readonly lease: Lease;
      readonly closing: AbortSignal;
    },
  ) {
    this.id = holder.context.candidate.id;
    this.context = context;
    this.#options = options;
    this.bucket = store;
    this.#holder = holder;
    this.#lease = lease;
    this.#closing = closing;
    this.queues = new SessionQueues(this);
    onAbort(lease.signal, () => {
      if (!this.#isClosing) this.#end();
    });
    // As long as this work runs, the record of a closed session is not removed, and not renewed either.
    holder.runWork(lease, () => new Promise<void>((resolve) => this.#finish = resolve)).catch(() => {});
  }

  get token(): number {
    return this.#lease.token;
  }

  get revision(): number {
    return Math.max(this.token, this.bucket.revision);
  }

  get epoch(): string {
    return this.#lease.epoch;
  }

  remaining(): number {
    return this.#lease.remaining;
  }

  /** What is known of the session's lease. */
  get facts(): HealthFacts {
    return this.#holder.facts;
  }

  acquired(hold: LockHold): void {
    const { lock } = hold;
    const { clock } = this.context;
    const since = clock.now();
    const report = this.#reporter(lock.name);
    report.report({ type: "acquired", token: lock.token, age: 0 });
    onAbort(lock.signal, () => {
      const about = { token: lock.token, age: clock.now() - since };
      const { reason } = lock.signal;
      if (!(reason instanceof LeaseLostError)) return report.report({ type: "released", ...about });
      this.#options.lost(hold);
      report.report({ type: "lost", why: reason.why, ...about });
    });
  }

  releaseFailed(name: string, error: NatslockError): void {
    this.#reporter(name).report({ type: "release_failed", error });
  }

  troubled(kind: TroubleKind, name: string, error: NatslockError): void {
    if (this.#options.troubles.begin(kind, name)) this.#reporter(name).report({ type: "retrying", error });
  }

  mended(kind: TroubleKind): void {
    const name = this.#options.troubles.end(kind);
    if (name !== null) this.#reporter(name).report({ type: "recovered" });
  }

  waits(name: string, behind: string): void {
    this.#reporter(name).report({ type: "waiting", holder: behind });
  }

  waitsForItself(name: string): void {
    const report = this.#reporter(name);
    report.report({ type: "waiting", holder: this.id });
    report.warn("A request for * waits for a lock that this process holds: inside its own callback it waits forever");
  }

  /**
   * Removes the waiting tickets, asks all work to stop, and removes the tickets of locks whose work has settled, then
   * the session's record. Resolves when that is done, or when the session is over by the clock.
   */
  async close(cause: NatslockError): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const emptied = this.queues.close(cause);
    const closed = this.#holder.close();
    await Promise.race([emptied, closed]);
    this.#finish();
    await closed;
    this.#end();
    this.queues.stop();
  }

  #end(): void {
    const { reason } = this.#lease.signal;
    const lost = reason instanceof LeaseLostError ? reason : null;
    let removing: Disposable | null = null;
    this.queues.end(lost?.why ?? "closed", lost, () => removing?.[Symbol.dispose]());
    this.#finish();
    this.#over.abort(reason);
    // A session that was lost removes its tickets for a while. Nothing of that outlives the manager.
    if (!this.#isClosing) removing = onAbort(this.#closing, () => this.queues.stop());
  }

  #reporter(name: string): Reporter {
    const { candidate } = this.#holder.context;
    return new Reporter({ ...candidate, key: name }, this.context.clock, { onEvent: this.#options.onEvent });
  }
}

/** Returns what will hold the lease of a new session. */
function holderOf(
  store: SessionStore,
  { clock, random }: LocksContext,
  { candidate, onEvent }: Pick<SessionOptions, "candidate" | "onEvent">,
): Holder {
  const id = random.uuid();
  return new Holder(new KeyContext({ ...candidate, id, key: sessionKey(id) }, { store, clock, random }), { onEvent });
}
