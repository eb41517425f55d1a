/** Follows the holders of the locks of a bucket, including locks that do not exist yet. */

import { type Clock, ConnectionError, Locker, type LockEvent } from "@x/natslock";
import { SystemClock, wait, WaitScope } from "@x/natslock/internal";
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

/** Reports each change of holder until its signal is aborted. */
export class Watcher {
  readonly #bucket: Bucket;
  readonly #tell: Told["change"];
  readonly #outage: Outage;
  readonly #clock: Clock = new SystemClock();
  /** Keys that are followed, and those of them that were seen again since their observation started. */
  readonly #followed = new Set<string>();
  readonly #heard = new Set<string>();

  /** Creates a watcher. Starts nothing. */
  constructor(bucket: Bucket, told: Told) {
    this.#bucket = bucket;
    ({ change: this.#tell, outage: this.#outage } = told);
  }

  /** Follows some keys. Rejects with the reason of the signal, or with the error that ends the observation. */
  async follow(keys: readonly string[], signal: AbortSignal): Promise<void> {
    await Promise.all(keys.map(async (key) => {
      for await (const leader of this.#observe(key, signal)) await this.#tell({ key, leader });
    }));
    // Observation ends without an error when the signal is aborted.
    signal.throwIfAborted();
  }

  /** Follows every key of the bucket: each from its first hold until it is free again. Rejects as `follow` does. */
  async followAll(outer: AbortSignal): Promise<void> {
    const failing = new AbortController();
    const { signal } = new WaitScope(outer, failing.signal);
    const find = (key: string) => {
      if (this.#followed.has(key)) this.#heard.add(key);
      else void this.#followHolds(key, signal).catch((error) => failing.abort(error));
    };
    const { store } = this.#bucket;
    const subject = store.republishSubject(">");
    const prefix = subject?.slice(0, -1) ?? "";
    if (subject !== null) {
      store.nc.subscribe(subject, {
        callback: (error, { subject: changed }) => void (error ?? find(changed.slice(prefix.length))),
      });
    }
    for (;;) {
      (await this.#keys()).forEach(find);
      await wait<void>(signal, (done) => this.#clock.after(subject === null ? POLLED : PUSHED, done));
    }
  }

  async #followHolds(key: string, signal: AbortSignal): Promise<void> {
    this.#followed.add(key);
    let wasHeld = false;
    do {
      this.#heard.delete(key);
      for await (const leader of this.#observe(key, signal)) {
        if (leader !== null || wasHeld) await this.#tell({ key, leader });
        wasHeld = leader !== null;
        if (!wasHeld) break;
      }
    } while (this.#heard.has(key) && !signal.aborted);
    this.#followed.delete(key);
  }

  #observe(key: string, signal: AbortSignal): AsyncIterable<Lock["leader"]> {
    const onEvent = (event: LockEvent) => this.#outage.hear(event);
    return new Locker({ kv: this.#bucket.kv, key, onEvent }).observe({ signal });
  }

  /** Lists the keys. Returns none while NATS is unreachable; the next listing finds the new keys. */
  async #keys(): Promise<string[]> {
    try {
      const keys = await keysOf(this.#bucket.store);
      this.#outage.up(LIST);
      return keys;
    } catch (error) {
      if (!(error instanceof ConnectionError) || !error.transient) throw error;
      this.#outage.down(LIST, error.message);
      return [];
    }
  }
}
