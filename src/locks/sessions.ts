/** The current session of a lock manager: opened by the first request, and again after a loss. */

import type { NatslockError } from "../base/errors.ts";
import type { LocksContext } from "./context.ts";
import { Session, type SessionOptions } from "./session.ts";

/** Opens sessions, one after the other. */
export class Sessions {
  readonly #context: LocksContext;
  readonly #options: Omit<SessionOptions, "troubled">;
  readonly #closing: AbortSignal;
  #opening: Promise<Session> | null = null;
  #current: Session | null = null;
  /** Called with errors that the opening of the session waits out. */
  readonly #troubled = new Set<(error: NatslockError) => void>();

  constructor(context: LocksContext, options: Omit<SessionOptions, "troubled">, closing: AbortSignal) {
    this.#context = context;
    this.#options = options;
    this.#closing = closing;
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
      const session = await Session.open(this.#context, { ...this.#options, troubled }, this.#closing);
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
