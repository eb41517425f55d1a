/** Follows the holders of the locks of a bucket, including locks that do not exist yet. */

import { type Clock, ConnectionError, Locker, type LockEvent } from "@x/natslock";
import { SystemClock, unlessAborted, wait, WaitScope } from "@x/natslock/internal";
import { isKey, type Selection } from "./filter.ts";
import { type Bucket, keysOf } from "./locks.ts";
import type { Outage } from "./outage.ts";
import type { Lock } from "./show.ts";

/** Interval between two listings of the keys, in milliseconds: if new keys are also pushed, and if they are not. */
const PUSHED = 30_000;
const POLLED = 2000;

/** Stands for the listing of keys in an {@linkcode Outage}. No key ends with a dot. */
const LIST = "list.";

/** The receivers of what a {@linkcode Watcher} sees. */
export interface Told {
  /** Handles one change of a lock. The next change of that key waits until this has resolved. */
  readonly change: (lock: Lock) => Promise<void>;
  /** Handles the events of the observers, one for each key. */
  readonly outage: Outage;
}

/** Ends a round: everything is observed anew. */
const AGAIN = Symbol("again");

/** One observation of all selected locks: from the start, or from the end of an outage. */
interface Round {
  readonly signal: AbortSignal;
  /** Ends the round and the watch. */
  readonly fail: (error: unknown) => void;
  /** Keys that are followed because a filter selects them. */
  readonly followed: Set<string>;
  /** Those of them that were seen again since their observation started. */
  readonly heard: Set<string>;
}

/** Reports each change of holder until its signal is aborted. */
export class Watcher {
  readonly #bucket: Bucket;
  readonly #tell: Told["change"];
  readonly #outage: Outage;
  readonly #clock: Clock = new SystemClock();
  readonly #shown = new Map<string, Lock>();
  #latest = new AbortController();

  /** Creates a watcher. Starts nothing. */
  constructor(bucket: Bucket, told: Told) {
    this.#bucket = bucket;
    ({ change: this.#tell, outage: this.#outage } = told);
  }

  /** The locks that are followed now, as they were reported last. */
  get shown(): Lock[] {
    return [...this.#shown.values()];
  }

  /** Reads and reports all followed locks again. Call this after an outage. */
  refresh(): void {
    this.#latest.abort(AGAIN);
  }

  /**
   * Follows each key. Follows each other key that a filter selects from its first hold until it is free again. Rejects
   * with the reason of the signal, or with the error that ends the observation.
   */
  async follow(selection: Selection, outer: AbortSignal): Promise<never> {
    for (;;) {
      const latest = this.#latest = new AbortController();
      const scope = new WaitScope(outer, latest.signal);
      const fail = (error: unknown) => latest.abort(error);
      try {
        await this.#once(selection, { signal: scope.signal, fail, followed: new Set(), heard: new Set() });
      } catch (error) {
        fail(error);
        if (error !== AGAIN) throw error;
      } finally {
        scope[Symbol.dispose]();
      }
    }
  }

  async #once({ keys, filters }: Selection, round: Round): Promise<void> {
    const named = keys.map(async (key) => {
      for await (const leader of this.#observe(key, round)) await this.#report({ key, leader }, true);
    });
    const find = (key: string) => {
      if (keys.includes(key) || !isKey(key)) return;
      if (round.followed.has(key)) round.heard.add(key);
      else void this.#followHolds(key, round).catch(round.fail);
    };
    await Promise.all([...named, ...filters.length > 0 ? [this.#discover(filters, find, round)] : []]);
    // Observation ends without an error when the signal is aborted.
    round.signal.throwIfAborted();
  }

  /** Finds keys by pushed changes, and by a listing from time to time. */
  async #discover(filters: readonly string[], find: (key: string) => void, { signal }: Round): Promise<void> {
    // A lock that was held when an outage began may be free by now. The listing does not have its key then.
    [...this.#shown.keys()].forEach(find);
    const { store } = this.#bucket;
    const prefix = store.republishSubject("")?.length ?? 0;
    const subjects = filters.flatMap((filter) => store.republishSubject(filter) ?? []);
    const subscriptions = subjects.map((subject) =>
      store.nc.subscribe(subject, {
        callback: (error, { subject: changed }) => void (error ?? find(changed.slice(prefix))),
      })
    );
    try {
      for (;;) {
        // The answer to a listing can get lost in the outage that ends this round.
        (await unlessAborted(signal, this.#keys(filters, signal))).forEach(find);
        await wait<void>(signal, (done) => this.#clock.after(subjects.length === 0 ? POLLED : PUSHED, done));
      }
    } finally {
      for (const subscription of subscriptions) subscription.unsubscribe();
    }
  }

  async #followHolds(key: string, round: Round): Promise<void> {
    const { signal, followed, heard } = round;
    followed.add(key);
    do {
      heard.delete(key);
      for await (const leader of this.#observe(key, round)) {
        if (leader !== null || this.#shown.has(key)) await this.#report({ key, leader }, false);
        if (leader === null) break;
      }
    } while (heard.has(key) && !signal.aborted);
    followed.delete(key);
  }

  async *#observe(key: string, { signal }: Round): AsyncGenerator<Lock["leader"]> {
    const onEvent = (event: LockEvent) => this.#outage.hear(event);
    for await (const leader of new Locker({ kv: this.#bucket.kv, key, onEvent }).observe({ signal })) {
      if (signal.aborted) return;
      yield leader;
    }
  }

  #report(lock: Lock, isNamed: boolean): Promise<void> {
    if (lock.leader !== null || isNamed) this.#shown.set(lock.key, lock);
    else this.#shown.delete(lock.key);
    return this.#tell(lock);
  }

  /** Lists the keys. Returns none while NATS is unreachable; the next listing finds the new keys. */
  async #keys(filters: readonly string[], signal: AbortSignal): Promise<string[]> {
    try {
      const found = await Promise.all(filters.map((filter) => keysOf(this.#bucket.store, filter)));
      if (!signal.aborted) this.#outage.up(LIST);
      return found.flat();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ConnectionError) || !error.transient) throw error;
      this.#outage.down(LIST, error.message);
      return [];
    }
  }
}
