/**
 * Runs a random schedule against an implementation and records what happens.
 *
 * @module
 */

import { Call } from "./call.ts";
import type { Granted, LockLike, LocksLike } from "./locks_like.ts";
import type { RandomRequest, Step } from "./random_schedule.ts";
import type { Ending, RequestEvent, RequestHistory } from "./request_events.ts";
import { owed } from "./request_history.ts";

/** Options of a run. */
export interface RandomOptions {
  /** Start of all names. */
  readonly prefix: string;
  /** How long the run waits at most, in milliseconds, until everything has ended. */
  readonly limit: number;
}

/** Runs a schedule, releases everything that is left, and returns the history. It never rejects. */
export async function runSchedule(
  steps: readonly Step[],
  clients: readonly LocksLike[],
  { prefix, limit }: RandomOptions,
): Promise<RequestHistory> {
  const run = new Run(clients, prefix);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, limit));
  await Promise.race([run.perform(steps).catch(() => {}), late]);
  clearTimeout(timer);
  // A request that ends later does not belong to the history.
  return [...run.events];
}

class Run {
  readonly events: RequestEvent[] = [];
  readonly #clients: readonly LocksLike[];
  readonly #prefix: string;
  readonly #calls: Call[] = [];
  readonly #ends: Promise<void>[] = [];
  readonly #aborts: AbortController[] = [];
  #onEvent = () => {};

  constructor(clients: readonly LocksLike[], prefix: string) {
    this.#clients = clients;
    this.#prefix = prefix;
  }

  async perform(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (step.kind === "request") this.#request(step.request);
      else if (step.kind === "release") this.#calls[step.id]?.release();
      else if (step.kind === "abort") this.#abort(step.id);
      else if (step.kind === "settle") await this.#settle();
      else await this.#rest();
    }
    for (const call of this.#calls) call.release();
    await Promise.all(this.#ends);
  }

  #request(request: RandomRequest): void {
    const { id, names, client, mode, limit, weight, ifAvailable, steal } = request;
    const controller = new AbortController();
    const options = {
      ...{ mode, ifAvailable, steal },
      ...(limit === null ? {} : { limit, weight }),
      ...(ifAvailable || steal ? {} : { signal: controller.signal }),
    };
    const full = names.map((name) => `${this.#prefix}${name}`);
    let isRefused = false;
    const onGrant = (granted: Granted) => {
      isRefused = granted === null;
      if (granted !== null) this.#record({ kind: "granted", id, tokens: this.#tokens(granted) });
    };
    const onRelease = () => {
      if (!isRefused) this.#record({ kind: "released", id });
    };
    this.#record({ kind: "requested", request });
    const locks = this.#clients[client] as LocksLike;
    const call = new Call(locks, { name: full.length > 1 ? full : full[0], options, onGrant, onRelease });
    const end = (how: Ending, error?: unknown) => this.#record({ kind: "ended", id, how, error });
    this.#calls.push(call);
    this.#aborts.push(controller);
    this.#ends.push(call.done.then(
      () => end(isRefused ? "refused" : "done"),
      (error: unknown) => end(endingOf(error, controller.signal), error),
    ));
  }

  #abort(id: number): void {
    this.#record({ kind: "aborted", id });
    this.#aborts[id]?.abort(new Error("random"));
  }

  async #settle(): Promise<void> {
    // A query is ordered after the requests of its own client.
    await Promise.all([...new Set(this.#clients)].map((locks) => locks.query()));
    this.#record({ kind: "settled" });
  }

  /** Waits until everyone has its lock who must have it by now. */
  async #rest(): Promise<void> {
    await this.#settle();
    while (owed(this.events).length > 0) await new Promise<void>((resolve) => this.#onEvent = resolve);
  }

  #record(event: RequestEvent): void {
    this.events.push(event);
    this.#onEvent();
  }

  #tokens(granted: NonNullable<Granted>): Record<string, number | undefined> {
    const locks: readonly LockLike[] = "mode" in granted ? [granted] : granted;
    return Object.fromEntries(locks.map(({ name, token }) => [name.slice(this.#prefix.length), token]));
  }
}

function endingOf(error: unknown, signal: AbortSignal): Ending {
  if (signal.aborted && error === signal.reason) return "aborted";
  return error instanceof DOMException && error.name === "AbortError" ? "stolen" : "failed";
}
