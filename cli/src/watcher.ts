/** Follows who holds the locks of a bucket, also those that are not there yet. */

import { type Clock, ConnectionError, Locker, type LockEvent } from "@x/natslock";
import { SystemClock, wait, WaitScope } from "@x/natslock/internal";
import { type Bucket, keysOf } from "./locks.ts";
import type { Outage } from "./outage.ts";
import type { Lock } from "./show.ts";

/** Pause between two looks for new keys, in milliseconds: where they are pushed as well, and where not. */
const PUSHED = 30_000;
const POLLED = 2000;

/** Stands for the list of keys among what has trouble; no key ends with a dot. */
const LIST = "list.";

/** What a {@linkcode Watcher} tells. */
export interface Told {
  /** Takes each change of a lock; the next is told once this has resolved. */
  readonly change: (lock: Lock) => Promise<void>;
  /** Takes in what the candidates notice, each for its key. */
  readonly outage: Outage;
}

/** Tells each change until its signal is aborted. */
export class Watcher {
  readonly #bucket: Bucket;
  readonly #tell: Told["change"];
  readonly #outage: Outage;
  readonly #clock: Clock = new SystemClock();
  /** Keys that are followed, and those of them that were heard of since they were last looked at. */
  readonly #followed = new Set<string>();
  readonly #heard = new Set<string>();

  /** Watches nothing yet. */
  constructor(bucket: Bucket, told: Told) {
    this.#bucket = bucket;
    ({ change: this.#tell, outage: this.#outage } = told);
  }

  /** Follows some keys. Rejects with the signal's reason, or with what ends it. */
  async follow(keys: readonly string[], signal: AbortSignal): Promise<void> {
    await Promise.all(keys.map(async (key) => {
      for await (const leader of this.#observe(key, signal)) await this.#tell({ key, leader });
    }));
    // An observer just ends then.
    signal.throwIfAborted();
  }

  /** Follows each key from when it is first held until it is free. Rejects as `follow` does. */
  async followAll(outer: AbortSignal): Promise<void> {
    const failing = new AbortController();
    const { signal } = new WaitScope(outer, failing.signal);
    const find = (key: string) => {
      if (this.#followed.has(key)) this.#heard.add(key);
      else void this.#followHolds(key, signal).catch((error) => failing.abort(error));
    };
    const { store } = this.#bucket;
    const subject = store.repeatedSubject(">");
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

  /** None while NATS cannot be asked: what is new will be found later. */
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
