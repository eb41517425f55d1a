/** `natslock watch` in a bucket for queues: follows who holds and who waits. */

import { type Clock, ConnectionError } from "@x/natslock";
import { ALL_SESSIONS, ALL_TICKETS, wait } from "@x/natslock/internal";
import type { Bucket } from "./locks.ts";
import type { Outage } from "./outage.ts";
import { isPattern, type Request, requestsOf, type Words } from "./requests.ts";

/** Interval between two snapshots if nothing is pushed, and shortest interval, in milliseconds. */
const LONGEST_PAUSE = 5000;
const SHORTEST_PAUSE = 100;

/** Stands for the snapshots in an {@linkcode Outage}. No key ends with a dot. */
const SNAPSHOT = "snapshot.";

/** A change of one request, or of a lock that nobody asks for any more. */
export type Change =
  | { readonly kind: "request"; readonly request: Request }
  /** The request left the queue, in which others stand. */
  | { readonly kind: "left"; readonly request: Request }
  | { readonly kind: "free"; readonly name: string };

/** What a {@linkcode QueueWatcher} needs. */
export interface QueueWatch {
  readonly bucket: Bucket;
  readonly words: Words;
  readonly clock: Clock;
  readonly outage: Outage;
  /** Handles one change. The next one waits until this has resolved. */
  readonly tell: (change: Change) => Promise<void>;
}

/** Reports each change of the queues until its signal is aborted. A push only asks for a new snapshot. */
export class QueueWatcher {
  readonly #watch: QueueWatch;
  #known = new Map<number, Request>();
  /** Locks that were reported as free, and no request was seen since. */
  readonly #free = new Set<string>();
  #isStale = true;
  #wake = () => {};

  /** Creates a watcher. Starts nothing. */
  constructor(watch: QueueWatch) {
    this.#watch = watch;
  }

  /** The requests that were reported last. */
  get shown(): Request[] {
    return [...this.#known.values()];
  }

  /** Reports all requests again. Call this after an outage. */
  refresh(): void {
    this.#known = new Map();
    this.#free.clear();
    this.#hint();
  }

  /** Follows the queues. Rejects with the reason of the signal, or with the error that ends the watch. */
  async follow(signal: AbortSignal): Promise<never> {
    const { bucket: { store }, clock } = this.#watch;
    const stops = [
      store.follow(ALL_TICKETS, () => this.#hint()),
      // A renewal of a session changes nothing that is shown.
      store.follow(ALL_SESSIONS, (push) => push.kind === "seen" && push.keyState.kind === "held" || this.#hint()),
    ];
    try {
      for (;;) {
        this.#isStale = false;
        await this.#compare(signal);
        await wait<void>(signal, (done) => clock.after(SHORTEST_PAUSE, done));
        if (this.#isStale) continue;
        await wait<void>(signal, (done) => {
          this.#wake = done;
          return clock.after(LONGEST_PAUSE - SHORTEST_PAUSE, done);
        });
      }
    } finally {
      for (const stop of stops) stop();
    }
  }

  #hint(): void {
    this.#isStale = true;
    this.#wake();
  }

  /** Takes a snapshot and reports what changed. Reports nothing while NATS is unreachable. */
  async #compare(signal: AbortSignal): Promise<void> {
    const { bucket, words, outage, tell } = this.#watch;
    const before = this.#known;
    let requests: Request[];
    try {
      requests = await requestsOf(bucket, words);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ConnectionError) || !error.transient) throw error;
      return outage.down(SNAPSHOT, error.message);
    }
    signal.throwIfAborted();
    outage.up(SNAPSHOT);
    // The end of the outage asks for all of it anew.
    if (before !== this.#known) return;
    this.#known = new Map(requests.map((request) => [request.token, request]));
    for (const change of this.#changes(before, words)) await tell(change);
  }

  #changes(before: ReadonlyMap<number, Request>, words: Words): Change[] {
    const now = this.#known;
    const names = new Set([...now.values()].map(({ name }) => name));
    const gone = [...before.values()].filter(({ token }) => !now.has(token));
    const left = gone.filter(({ name }) => names.has(name)).map((request): Change => ({ kind: "left", request }));
    for (const name of names) this.#free.delete(name);
    const asked = [...words.filter((word) => !isPattern(word)), ...gone.map(({ name }) => name)];
    const free = [...new Set(asked)].filter((name) => !names.has(name) && !this.#free.has(name));
    for (const name of free) this.#free.add(name);
    const changed = [...now.values()].filter(({ token, state }) => before.get(token)?.state !== state);
    return [
      ...left,
      ...free.map((name): Change => ({ kind: "free", name })),
      ...changed.map((request): Change => ({ kind: "request", request })),
    ];
  }
}
