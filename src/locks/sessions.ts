/** The current session of a lock manager: opened by the first request, and again after a loss. */

import type { NatslockError } from "../base/errors.ts";
import type { HealthFacts } from "../locker/health.ts";
import type { LocksContext } from "./context.ts";
import type { LockHold } from "./lock_hold.ts";
import { Session, type SessionOptions } from "./session.ts";
import { Troubles } from "./troubles.ts";

/** What is the same for all sessions. */
type SharedOptions = Omit<SessionOptions, "troubled" | "troubles" | "lost">;

/** Opens sessions, one after the other. */
export class Sessions {
  readonly #context: LocksContext;
  readonly #options: SharedOptions;
  readonly #closing: AbortSignal;
  #opening: Promise<Session> | null = null;
  #current: Session | null = null;
  /** Locks that were lost and whose work still runs. */
  readonly #lost = new Set<LockHold>();
  /** Called with errors that the opening of the session waits out. */
  readonly #troubled = new Set<(error: NatslockError) => void>();
  readonly #troubles = new Troubles();

  constructor(context: LocksContext, options: SharedOptions, closing: AbortSignal) {
    this.#context = context;
    this.#options = options;
    this.#closing = closing;
  }

  /** What `health()` is derived from. Compares the clock, so that it is right even if no timer could run. */
  get facts(): HealthFacts {
    const { lease = null, trouble = null } = this.#current?.facts ?? {};
    // The loss of a session matters only if it had locks. They are in the set now.
    const own = trouble === "lost" ? null : trouble;
    const { timing } = this.#context;
    return { isClosed: this.#closing.aborted, lease, trouble: this.#lost.size > 0 ? "lost" : own, timing };
  }

  /** The session that is open; `null` if none is. */
  get current(): Session | null {
    return this.#current;
  }

  /** Returns the open session; opens one if there is none. `troubled` is called with errors that this waits out. */
  async get(troubled: (error: NatslockError) => void): Promise<Session> {
    if (this.#current !== null) return this.#current;
    this.#troubled.add(troubled);
    try {
      this.#opening ??= this.#open();
      return await this.#opening;
    } finally {
      this.#troubled.delete(troubled);
    }
  }

  /** Closes the session. Resolves when it is over. */
  async close(cause: NatslockError): Promise<void> {
    const session = this.#current ?? await this.#opening?.catch(() => null);
    await session?.close(cause);
  }

  async #open(): Promise<Session> {
    try {
      const troubled = (error: NatslockError) => {
        for (const each of [...this.#troubled]) each(error);
      };
      const lost = (hold: LockHold) => {
        this.#lost.add(hold);
        hold.whenDone.then(() => this.#lost.delete(hold));
      };
      const troubles = this.#troubles;
      const session = await Session.open(this.#context, { ...this.#options, troubled, troubles, lost }, this.#closing);
      this.#current = session;
      session.over.addEventListener("abort", () => {
        if (this.#current === session) this.#current = null;
      });
      return session;
    } finally {
      this.#opening = null;
    }
  }
}
