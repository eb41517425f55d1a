/** The requests of one lock manager: each waits for the session, then in the queue, and again if its ticket is lost. */

import type { NatslockError } from "../base/errors.ts";
import { Throttle } from "../base/throttle.ts";
import { acquireTimeout, pause, unlessAborted, WaitScope } from "../base/wait.ts";
import type { LocksContext } from "./context.ts";
import type { LockHold } from "./lock_hold.ts";
import type { Want } from "./queued_request.ts";
import type { CheckedRequest } from "./request_options.ts";
import type { Sessions } from "./sessions.ts";
import { acquireSeveral } from "./several.ts";
import { TicketGate } from "./ticket_gate.ts";
import { TryLimit } from "./try_limit.ts";

/** How one lock is requested: the whole request, and what differs for one of its locks. */
interface One {
  readonly name: string;
  /** True to give up if there is no room now. */
  readonly once: boolean;
  /** Ends the wait for this lock. */
  readonly signal: AbortSignal;
}

/** Most tickets that are written for one request without a pause, and per `retryEvery`. */
const TICKETS = { burst: 3, most: 1 };

/** The requests of a lock manager. */
export class Requests {
  readonly #context: LocksContext;
  readonly #sessions: Sessions;
  readonly #closing: AbortSignal;
  /** The requests that have not ended. */
  readonly #pending = new Set<TicketGate>();

  constructor(context: LocksContext, sessions: Sessions, closing: AbortSignal) {
    this.#context = context;
    this.#sessions = sessions;
    this.#closing = closing;
  }

  /** Resolves when each request that was made so far has a ticket, or has ended. */
  async whenStored(): Promise<void> {
    await Promise.all([...this.#pending].map((gate) => gate.whenOpen()));
  }

  /** Returns the locks in the order of their names, all or none: `null` if they are not available now. */
  async acquire(request: CheckedRequest): Promise<readonly LockHold[] | null> {
    const { names, ifAvailable, steal, signal: outer, timeout = Infinity } = request;
    let trouble: NatslockError | null = null;
    const failed = new AbortController();
    const scope = new WaitScope(this.#closing, outer, failed.signal);
    const troubled = (error: NatslockError) => {
      trouble = error;
      if (ifAvailable) failed.abort(error);
      else if (timeout === 0) failed.abort(acquireTimeout(names, 0, error));
    };
    const once = ifAvailable || timeout === 0;
    const one = (name: string, about: Omit<One, "name">) =>
      this.#context.listeners.during(
        name,
        () => this.#acquireOne(request, { name, ...about }, troubled),
        (hold) => hold && hold.lock,
      );
    try {
      scope.signal.throwIfAborted();
      if (timeout > 0) scope.limit({ timeout, key: names }, this.#context.clock, () => trouble);
      const { signal } = scope;
      const [first = ""] = names;
      const waiting = names.length > 1
        ? acquireSeveral(names, one, { once, steal, signal })
        : one(first, { once, signal }).then((hold) => hold && [hold]);
      const holds = await waiting;
      if (holds === null && timeout === 0 && !ifAvailable) throw acquireTimeout(names, 0, trouble);
      return holds;
    } finally {
      scope[Symbol.dispose]();
    }
  }

  async #acquireOne(
    { claim, steal }: CheckedRequest,
    { name, once, signal }: One,
    troubled: (error: NatslockError) => void,
  ): Promise<LockHold | null> {
    const { clock, timing: { ttl } } = this.#context;
    const limit = once ? new TryLimit(clock, { name, ms: 2 * ttl }, troubled) : null;
    const asks = (session: string) => limit?.extend(session);
    const gate = new TicketGate();
    const tickets = { stored: () => gate.open(), again: () => gate.shut() };
    this.#pending.add(gate);
    try {
      return await this.#enter({ name, claim, since: clock.wall(), once, steal, signal, ...tickets, asks, troubled });
    } finally {
      limit?.stop();
      gate.open();
      this.#pending.delete(gate);
    }
  }

  /** Waits in the queue, and again if the ticket is lost. */
  async #enter(want: Want): Promise<LockHold | null> {
    const { clock, timing: { retryEvery } } = this.#context;
    const throttle = new Throttle(clock, TICKETS);
    for (;;) {
      const ms = throttle.next(retryEvery);
      if (ms > 0) await pause(clock, ms, want.signal);
      const session = await unlessAborted(want.signal, this.#sessions.get(want.troubled));
      const entered = await session.queues.enter(want);
      if (entered.kind === "granted") return entered.hold;
      if (entered.kind === "refused") return null;
    }
  }
}
