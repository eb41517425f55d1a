/**
 * What a scenario uses to make requests and to order events without sleeps.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { wait } from "../../src/base/wait.ts";
import { Call } from "./call.ts";
import type { Granted, LocksLike, QueriedLock, RequestOptions } from "./locks_like.ts";

/** Options of a request of a scenario: those of the implementation, and the number of the client that makes it. */
export interface AskOptions extends RequestOptions {
  readonly client?: number;
}

/** The tools of one run of one scenario. */
export class Tools {
  /** The labels of the requests, in the order in which their callbacks started. */
  readonly log: string[] = [];
  /** Managers of the same bucket. They can be the same object. */
  readonly clients: readonly LocksLike[];
  readonly #prefix: string;
  readonly #names = new Set<string>();
  readonly #calls: Call[] = [];
  readonly #over = new AbortController();
  #barriers = 0;

  /** `prefix` separates the names of this run from all others. */
  constructor(clients: readonly LocksLike[], prefix: string) {
    this.clients = clients;
    this.#prefix = prefix;
  }

  /** Returns a name that only this run uses. */
  name(label = "a"): string {
    return `${this.#prefix}${label}`;
  }

  /** Requests a name. When the callback starts, the label goes to the log, with `-` for `null`. */
  ask(label: string, name: string | readonly string[], { client = 0, ...options }: AskOptions = {}): Call {
    for (const one of [name].flat()) this.#names.add(one);
    const onGrant = (granted: Granted) => this.log.push(granted === null ? `${label}-` : label);
    const given = Object.keys(options).length === 0 ? undefined : options;
    const call = new Call(this.locks(client), { name, options: given, onGrant });
    this.#calls.push(call);
    return call;
  }

  /** Requests a name and waits until the callback starts. */
  async hold(label: string, name: string | readonly string[], options?: AskOptions): Promise<Call> {
    const call = this.ask(label, name, options);
    await call.granted;
    return call;
  }

  /** Requests a name behind others and waits until each client sees the request in the queue. */
  async wait(label: string, name: string, options?: AskOptions): Promise<Call> {
    const count = ({ held, pending }: Lists) => held.length + pending.length;
    const before = count(await this.look(name));
    const call = this.ask(label, name, options);
    await this.#until(name, (lists) => count(lists) > before);
    return call;
  }

  /** Waits until each client sees this queue: letters of the held ones, `|`, letters of the pending ones. */
  async shows(name: string, queue: string): Promise<void> {
    await this.#until(name, (lists) => letters(lists) === queue, queue);
  }

  /** Returns what the query of a client shows of a name. */
  async look(name: string, client = 0): Promise<Lists> {
    this.#names.add(name);
    const { held = [], pending = [] } = await this.locks(client).query();
    const only = (locks: readonly QueriedLock[]) => locks.filter((lock) => lock.name === name);
    return { held: only(held), pending: only(pending) };
  }

  /**
   * Lets each client take another name and query. An implementation that wrongly grants something has time for it:
   * as many messages as a grant takes.
   */
  async barrier(): Promise<void> {
    for (const [client, locks] of this.#distinct.entries()) {
      await locks.request(this.name(`barrier ${client} ${++this.#barriers}`), () => {});
      await locks.query();
    }
  }

  /** Checks the log, after a barrier. */
  async logs(...expected: readonly string[]): Promise<void> {
    await this.barrier();
    assertEquals(this.log, expected);
  }

  /** Returns a client. */
  locks(client = 0): LocksLike {
    const locks = this.clients[client];
    if (!locks) throw new Error(`The scenario needs ${client + 1} clients, got ${this.clients.length}`);
    return locks;
  }

  /** Releases everything and checks that nothing is left. */
  async finish(): Promise<void> {
    await Promise.allSettled(this.#calls.map((call) => call.release()));
    for (const name of this.#names) await this.shows(name, "|");
  }

  /** Stops all waits of the tools and lets every callback end. */
  abandon(): void {
    this.#over.abort(new Error("The run is over"));
    for (const call of this.#calls) call.release();
  }

  get #distinct(): readonly LocksLike[] {
    return [...new Set(this.clients)];
  }

  async #until(name: string, isDone: (lists: Lists) => boolean, wanted = "one more request"): Promise<void> {
    for (const locks of this.#distinct) {
      const client = this.clients.indexOf(locks);
      let lists = await this.look(name, client);
      for (let looks = 1; !isDone(lists); looks++) {
        if (looks > MAX_LOOKS) throw new Error(`The query shows ${letters(lists)}, wanted ${wanted}`);
        // A short pause between two looks at another process. Nothing is concluded from its length.
        await pause(Math.min(looks, 20), this.#over.signal);
        lists = await this.look(name, client);
      }
    }
  }
}

/** The most looks of one wait: about 10 s. */
const MAX_LOOKS = 500;

/** Waits this number of milliseconds, or rejects with the signal's reason. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return wait(signal, (done) => {
    const timer = setTimeout(done, milliseconds);
    return () => clearTimeout(timer);
  });
}

/** The locks of one name in a query. */
export interface Lists {
  readonly held: readonly QueriedLock[];
  readonly pending: readonly QueriedLock[];
}

function letters({ held, pending }: Lists): string {
  const text = (locks: readonly QueriedLock[]) =>
    locks.map(({ mode }) => mode === "exclusive" ? "X" : mode === "shared" ? "S" : "?").join("");
  return `${text(held)}|${text(pending)}`;
}
