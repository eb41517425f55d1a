/**
 * How a Locker is made.
 *
 * @module
 */

import type { BucketOptions } from "./bucket.ts";
import type { Connection, KvHandle } from "./bucket_handle.ts";
import type { CandidateOptions } from "./candidate.ts";
import type { Clock } from "./clock.ts";
import type { ConnectionSettings } from "./connection.ts";
import type { Logger } from "./logger.ts";
import type { Random } from "./random.ts";
import type { LeaseStore } from "./store.ts";

/** How a `Locker` is made. */
export interface LockerOptions extends CandidateOptions {
  /** The bucket, from `newKeyValue` or any KV of `@nats-io/kv`. */
  readonly kv: KvHandle;
}

/** How a `Locker` is made on another store than NATS: for tests. */
export interface StoreLockerOptions extends CandidateOptions {
  /** Where the leases are. */
  readonly store: LeaseStore;
  /** Default: the runtime's. */
  readonly clock?: Clock;
  /** Default: the runtime's. */
  readonly random?: Random;
}

/** How `Locker.open` connects and makes its bucket. */
export interface OpenOptions extends CandidateOptions, BucketOptions {
  /** Websocket addresses of the servers. Either this or `nc`. */
  readonly servers?: string | readonly string[];
  /** Passed on to `wsconnect`: credentials and the like. */
  readonly connection?: ConnectionSettings;
  /** An open connection to use instead; it stays open when the Locker is closed. */
  readonly nc?: Connection;
  /** Name of the bucket; made if it does not exist. */
  readonly bucket: string;
  /** Lease length in milliseconds. A bucket that exists with a shorter one keeps it, and a warning is logged. */
  readonly ttl: number;
  /** Where log lines go. Default: nowhere. */
  readonly logger?: Logger;
}
