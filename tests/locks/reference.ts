/**
 * A sequential Web Locks in memory, the reference for every other implementation. It follows the specification, and has
 * the extensions `limit`, `weight`, `timeout` and lists of names. Its rules can be replaced, which makes mutants.
 *
 * @module
 */

import { AcquireTimeoutError } from "../../src/base/errors.ts";
import type { LockMode } from "../../src/store/ticket.ts";
import type { Granted, LocksLike, QueriedLock, RequestOptions } from "./locks_like.ts";
import { readRequest, type Request, RULES, type Rules } from "./reference_rules.ts";

/** One request in the queue of a name. */
export interface Ticket {
  readonly name: string;
  token: number;
  readonly mode: LockMode;
  readonly limit: number | undefined;
  readonly weight: number;
  readonly ifAvailable: boolean;
  holds: boolean;
  /** Resolves when the ticket holds. */
  readonly granted: PromiseWithResolvers<void>;
  /** Rejects when the ticket loses its lock, or its place, to a thief. */
  readonly robbed: PromiseWithResolvers<never>;
}

/** The tickets of one name, in the order in which they may hold. */
export type Queue = readonly Ticket[];

/** Web Locks for one process. */
export class ReferenceLocks implements LocksLike {
  readonly #rules: Rules;
  readonly #queues = new Map<string, Queue>();
  #lastToken = 0;

  /** `changes` replace rules, to make an implementation with a fault. */
  constructor(changes: Partial<Rules> = {}) {
    this.#rules = { ...RULES, ...changes };
  }

  /** Waits for the locks, runs the callback, releases the locks, then settles as the callback did. */
  async request(...args: readonly unknown[]): Promise<unknown> {
    const request = readRequest(args, this.#rules);
    const { names, options, callback } = request;
    const tickets: Ticket[] = [];
    const release = () => tickets.splice(0).forEach((ticket) => this.#leave(ticket));
    try {
      const hasAll = await this.#take(request, tickets);
      // The callback runs in a task of its own. The request can be aborted before that.
      await Promise.resolve();
      if (!this.#rules.runsWhenAborted) options.signal?.throwIfAborted();
      const locks = tickets.toSorted((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
      const granted: Granted = !hasAll ? null : request.isList ? locks : locks[0] ?? null;
      const ends = locks.map((ticket) => ticket.robbed.promise);
      const work = this.#rules.runs(request, (async () => await callback(granted))());
      return await Promise.race([work, ...ends]);
    } finally {
      this.#rules.releases(release);
    }
  }

  /** Lists the locks that are held and the requests that wait, for each name in the order of its queue. */
  async query(): Promise<{ held: QueriedLock[]; pending: QueriedLock[] }> {
    await Promise.resolve();
    const tickets = [...this.#queues.values()].flatMap((queue) => this.#rules.listed(queue));
    const list = (holds: boolean) =>
      tickets.filter((ticket) => ticket.holds === holds)
        .map(({ name, mode }) => ({ name, mode, clientId: "reference" }));
    return { held: list(true), pending: list(false) };
  }

  /** Takes all names at once, or else one after the other. Returns false if `ifAvailable` does not get them all. */
  async #take({ names, options }: Request, tickets: Ticket[]): Promise<boolean> {
    const add = (name: string) => tickets.push(this.#enter(name, options));
    names.forEach(add);
    if (tickets.every((ticket) => ticket.holds)) return true;
    const leaveAll = () => tickets.splice(0).forEach((ticket) => this.#leave(ticket));
    if (options.ifAvailable) {
      leaveAll();
      return false;
    }
    const wait = waitEnd(options);
    try {
      if (names.length === 1 || this.#rules.keepsSome) {
        await Promise.race([Promise.all(tickets.map((ticket) => ticket.granted.promise)), wait.ended]);
        return true;
      }
      leaveAll();
      for (const name of this.#rules.sorted(names)) {
        add(name);
        await Promise.race([tickets.at(-1)?.granted.promise, wait.ended]);
      }
      return true;
    } finally {
      wait[Symbol.dispose]();
    }
  }

  #enter(name: string, options: RequestOptions): Ticket {
    const { mode = "exclusive", limit, weight = 1, ifAvailable = false } = options;
    const [granted, robbed] = [Promise.withResolvers<void>(), Promise.withResolvers<never>()];
    robbed.promise.catch(() => {});
    const token = ++this.#lastToken;
    const ticket: Ticket = { name, token, mode, limit, weight, ifAvailable, holds: false, granted, robbed };
    const queue = this.#queues.get(this.#rules.queueOf(name)) ?? [];
    this.#rules.requireFits(ticket, queue);
    if (!options.steal) {
      this.#process(name, this.#rules.join(ticket, queue));
      return ticket;
    }
    const rest = this.#rules.rob(ticket, queue);
    // The thief holds before those that wait, so their tokens must be higher.
    for (const other of rest) if (other !== ticket) other.token = ++this.#lastToken;
    this.#process(name, rest);
    return ticket;
  }

  #leave(ticket: Ticket): void {
    const queue = this.#queues.get(this.#rules.queueOf(ticket.name)) ?? [];
    const rest = this.#rules.without(ticket, queue);
    if (rest.length < queue.length && this.#rules.wakes(ticket)) this.#process(ticket.name, rest);
    else this.#queues.set(this.#rules.queueOf(ticket.name), rest);
  }

  /** Stores the queue and grants what may hold. */
  #process(name: string, queue: Queue): void {
    const key = this.#rules.queueOf(name);
    if (queue.length === 0) this.#queues.delete(key);
    else this.#queues.set(key, queue);
    queue.forEach((ticket, index) => {
      if (ticket.holds || !this.#rules.hasRoom(ticket, queue.slice(0, index))) return;
      ticket.holds = true;
      ticket.granted.resolve();
    });
  }
}

/** A promise that rejects when the wait of a request ends: by its signal or its timeout. */
function waitEnd({ signal, timeout }: RequestOptions): Disposable & { readonly ended: Promise<never> } {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  ended.catch(() => {});
  const abort = () => reject(signal?.reason);
  const timer = timeout === undefined || timeout === Infinity ? undefined : setTimeout(
    () => reject(new AcquireTimeoutError(`Cannot take the lock within ${timeout} ms`)),
    timeout,
  );
  signal?.addEventListener("abort", abort);
  const dispose = () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  };
  return { ended, [Symbol.dispose]: dispose };
}
