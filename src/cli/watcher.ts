/** Follows who holds the locks of a bucket, also those that are not there yet. */

import { type Clock, SystemClock } from "../clock.ts";
import { ConnectionError } from "../errors.ts";
import { Locker } from "../locker.ts";
import { Patience, wait } from "../patience.ts";
import { type Bucket, keysOf } from "./locks.ts";
import type { Lock } from "./show.ts";

/** Pause between two looks for new keys, in milliseconds: where they are pushed as well, and where not. */
const PUSHED = 30_000;
const POLLED = 2000;

/** Tells each change until its signal is aborted. */
export class Watcher {
  readonly #bucket: Bucket;
  readonly #tell: (lock: Lock) => Promise<void>;
  readonly #clock: Clock = new SystemClock();
  /** Keys that are followed, and those of them that were heard of since they were last looked at. */
  readonly #followed = new Set<string>();
  readonly #heard = new Set<string>();

  /** Watches nothing yet. */
  constructor(bucket: Bucket, tell: (lock: Lock) => Promise<void>) {
    this.#bucket = bucket;
    this.#tell = tell;
  }

  /** Follows some keys. Rejects with the signal's reason, or with what ends it. */
  async follow(keys: readonly string[], signal: AbortSignal): Promise<void> {
    await Promise.all(keys.map(async (key) => {
      for await (const leader of this.#observe(key, signal)) await this.#tell({ key, leader });
    }));
  }

  /** Follows each key from when it is first held until it is free. Rejects as `follow` does. */
  async followAll(outer: AbortSignal): Promise<void> {
    const failing = new AbortController();
    const { signal } = new Patience(outer, failing.signal);
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
    } while (this.#heard.has(key));
    this.#followed.delete(key);
  }

  #observe(key: string, signal: AbortSignal): AsyncIterable<Lock["leader"]> {
    return new Locker({ kv: this.#bucket.kv, key }).observe({ signal });
  }

  /** None while NATS cannot be asked: what is new will be found later. */
  async #keys(): Promise<string[]> {
    try {
      return await keysOf(this.#bucket.store);
    } catch (error) {
      if (error instanceof ConnectionError && error.transient) return [];
      throw error;
    }
  }
}
