/** Reads the locks of an existing bucket. */

import type { KvHandle } from "@x/natslock";
import { isMissing, keyStateOf, type KvStore, leadershipOf, storeOf, toLockError } from "@x/natslock/internal";
import { jetstream } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import { missing, requireBucketName } from "./bucket_stream.ts";
import { ANSWER_TIMEOUT, jetstreamOptions } from "./domain.ts";
import type { Selection } from "./filter.ts";
import { queueTermsOf } from "./queue_terms.ts";
import type { ConnectionFlags } from "./settings.ts";
import type { Lock } from "./show.ts";

/** Number of reads in flight at the same time. */
const AT_ONCE = 64;

/** A bucket that was checked and is fit for locks. */
export interface Bucket {
  readonly kv: KvHandle;
  readonly store: KvStore;
  /** If the bucket is for queues: how long it keeps tickets, in milliseconds; else `null`. */
  readonly maxHold: number | null;
}

/**
 * Opens an existing bucket. Never creates one.
 *
 * @throws {CliError} if the name is not valid
 * @throws {ConnectionError} if the bucket is missing or NATS is unreachable
 * @throws {BucketConfigError} if the bucket is not fit for locks
 */
export async function openedBucket(nc: NatsConnection, flags: ConnectionFlags): Promise<Bucket> {
  const { bucket: name } = flags;
  requireBucketName(name);
  const kv = await new Kvm(jetstream(nc, jetstreamOptions(flags))).open(name);
  const store = storeOf(kv);
  const { maxHold } = queueTermsOf(await store.settings());
  return { kv, store, maxHold };
}

/** Opens a bucket as {@linkcode openedBucket} does, for a command that needs it to exist. */
export async function shownBucket(nc: NatsConnection, flags: ConnectionFlags): Promise<Bucket> {
  try {
    return await openedBucket(nc, flags);
  } catch (error) {
    throw isMissing(error) ? missing(flags.bucket) : error;
  }
}

/** Reads from the stream leader who holds a lock, and how much of the lease is left. */
export async function lockOf(store: KvStore, key: string): Promise<Lock> {
  const outcome = await store.read(key, { timeout: ANSWER_TIMEOUT, aged: true });
  const leader = leadershipOf(keyStateOf(outcome), (await store.settings()).ttl ?? 0);
  if (leader === null || outcome.kind !== "seen") return { key, leader: null };
  const { age } = outcome;
  return { key, leader, remaining: age === undefined ? null : Math.max(0, Math.round(leader.ttl - age)) };
}

/** Reads several locks. The result has the order of the keys. */
export async function locksOf(store: KvStore, keys: readonly string[]): Promise<Lock[]> {
  const locks: Lock[] = [];
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    locks.push(...await Promise.all(keys.slice(at, at + AT_ONCE).map((key) => lockOf(store, key))));
  }
  return locks;
}

/** Reads the held locks that a selection matches, in the order of their keys. `isWanted` can leave out keys. */
export async function heldLocksOf(
  store: KvStore,
  { keys, filters }: Selection,
  isWanted: (key: string) => boolean = () => true,
): Promise<Lock[]> {
  const found = await Promise.all([...keys, ...filters].map((filter) => keysOf(store, filter)));
  const locks = await locksOf(store, [...new Set(found.flat())].filter(isWanted).sort());
  return locks.filter(({ leader }) => leader !== null);
}

/** Lists, in sorted order, the keys that have a message and match the filter. The filter can contain NATS wildcards. */
export async function keysOf(store: KvStore, filter = ">"): Promise<string[]> {
  const prefix = store.subject("");
  try {
    const { streams } = await store.js.jetstreamManager(false);
    const { state } = await streams.info(store.stream, { subjects_filter: prefix + filter });
    return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(prefix.length)).sort();
  } catch (cause) {
    throw toLockError(cause, `list the keys of bucket "${store.name}"`).error;
  }
}
