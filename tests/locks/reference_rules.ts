/**
 * The rules of the reference model: how arguments are checked, who may hold, and what theft does.
 *
 * @module
 */

import { badParameter } from "../../src/base/errors.ts";
import type { Granted, RequestOptions } from "./locks_like.ts";
import type { Queue, Ticket } from "./reference.ts";

/** A request whose arguments were checked. */
export interface Request {
  readonly names: readonly string[];
  /** True if the caller passed a list of names, and so gets a list of locks. */
  readonly isList: boolean;
  readonly options: RequestOptions;
  readonly callback: (granted: Granted) => unknown;
}

/** What the model consults for each decision. */
export interface Rules {
  /** Throws if the options contradict each other or the name is reserved. */
  requireAllowed(request: Request): void;
  /** True if a ticket may hold with these tickets before it. */
  hasRoom(ticket: Ticket, before: Queue): boolean;
  /** Throws if the limit is not that of the shared tickets in the queue. */
  requireFits(ticket: Ticket, queue: Queue): void;
  /** Returns the queue with a new ticket. */
  join(ticket: Ticket, queue: Queue): Queue;
  /** Returns the queue with the ticket of a thief, and ends the locks that it takes. */
  rob(thief: Ticket, queue: Queue): Queue;
  /** Returns the queue without a ticket. */
  without(ticket: Ticket, queue: Queue): Queue;
  /** True if the queue is processed when this ticket leaves. */
  wakes(ticket: Ticket): boolean;
  /** Returns the tickets of a queue in the order of a query. */
  listed(queue: Queue): Queue;
  /** Returns several names in the order in which they are taken. */
  sorted(names: readonly string[]): readonly string[];
  /** Returns what identifies the queue of a name. */
  queueOf(name: string): string;
  /** Returns the promise that ends the lock. */
  runs(request: Request, work: Promise<unknown>): Promise<unknown>;
  /** Calls `release`, which happens before the promise of the request settles. */
  releases(release: () => void): void;
  /** True if an abort between the grant and the callback has no effect. */
  readonly runsWhenAborted: boolean;
  /** True if a request for several names keeps those that it got while it waits for the others. */
  readonly keepsSome: boolean;
}

/** The rules of the specification and of the extensions. */
export const RULES: Rules = {
  requireAllowed,
  hasRoom: ({ mode, limit, weight }, before) => {
    if (mode === "exclusive") return before.length === 0;
    if (before.some((other) => other.mode === "exclusive")) return false;
    return limit === undefined || before.reduce((sum, other) => sum + other.weight, weight) <= limit;
  },
  requireFits: ({ mode, limit }, queue) => {
    const other = queue.find((ticket) => ticket.mode === "shared" && ticket.limit !== limit);
    if (mode === "exclusive" || other === undefined) return;
    throw badParameter("limit", `${other.limit ?? "no limit"}, as in the requests before it`, limit ?? "no limit");
  },
  join: (ticket, queue) => [...queue, ticket],
  rob: (thief, queue) => {
    for (const { holds, robbed } of queue) {
      if (holds) robbed.reject(new DOMException("The lock was stolen", "AbortError"));
    }
    return [thief, ...queue.filter((ticket) => !ticket.holds)];
  },
  without: (ticket, queue) => queue.filter((other) => other !== ticket),
  wakes: () => true,
  listed: (queue) => queue,
  sorted: (names) => names.toSorted(),
  queueOf: (name) => name,
  runs: (_request, work) => work,
  releases: (release) => release(),
  runsWhenAborted: false,
  keepsSome: false,
};

/** Checks the arguments of a request in the order of the specification. */
export function readRequest(args: readonly unknown[], rules: Rules): Request {
  if (args.length < 2) throw new TypeError(`request() needs 2 arguments, got ${args.length}`);
  const isList = Array.isArray(args[0]);
  const names = (isList ? args[0] as unknown[] : [args[0]]).map((name) => `${name}`);
  const options = args.length === 2 ? {} : readOptions(args[1]);
  const callback = args.length === 2 ? args[1] : args[2];
  if (typeof callback !== "function") throw new TypeError("The callback must be a function");
  const request: Request = { names, isList, options, callback: callback as Request["callback"] };
  rules.requireAllowed(request);
  return request;
}

function readOptions(given: unknown): RequestOptions {
  if (given === undefined || given === null) return {};
  if (typeof given !== "object" && typeof given !== "function") throw new TypeError("The options must be an object");
  const { mode, signal, ifAvailable, steal, ...rest } = given as RequestOptions;
  if (mode !== undefined && !["exclusive", "shared"].includes(mode)) {
    throw new TypeError(`The mode must be "exclusive" or "shared", current value is "${mode}"`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError("The signal must be an AbortSignal");
  }
  return { mode, signal, ifAvailable: Boolean(ifAvailable), steal: Boolean(steal), ...rest };
}

function requireAllowed({ names, options }: Request): void {
  const { mode = "exclusive", ifAvailable, steal, signal } = options;
  const refuse = (isWrong: boolean | undefined, why: string) => {
    if (isWrong) throw new DOMException(why, "NotSupportedError");
  };
  refuse(names.some((name) => name.startsWith("-")), "A name must not start with a hyphen");
  refuse(steal && ifAvailable, "steal and ifAvailable exclude each other");
  refuse(steal && mode !== "exclusive", "steal is for exclusive locks only");
  refuse(signal !== undefined && (steal || ifAvailable), "signal excludes steal and ifAvailable");
  requireExtensions(options);
  signal?.throwIfAborted();
}

function requireExtensions({ mode = "exclusive", limit, weight, timeout }: RequestOptions): void {
  const isWhole = (value: number, most = Infinity) => Number.isInteger(value) && value >= 1 && value <= most;
  if (limit !== undefined && (mode === "exclusive" || !isWhole(limit))) {
    throw badParameter("limit", "a whole number of 1 or more, with mode shared", limit);
  }
  if (weight !== undefined && (limit === undefined || !isWhole(weight, limit))) {
    throw badParameter("weight", `a whole number from 1 to the limit (${limit})`, weight);
  }
  if (timeout !== undefined && (typeof timeout !== "number" || !(timeout >= 0))) {
    throw badParameter("timeout", "0 or more milliseconds", timeout);
  }
}
