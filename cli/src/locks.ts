/** Reads the locks of a bucket that exists. */

import type { KvHandle } from "@x/natslock";
import {
  candidateOf,
  type KvStore,
  leadershipOf,
  seenOrThrow,
  storeOf,
  systemRandom,
  toLockError,
} from "@x/natslock/internal";
import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import { CliError, EXIT } from "./exit.ts";
import type { Lock } from "./show.ts";

/** Longest wait for one answer, in milliseconds. */
export const ANSWER_TIMEOUT = 5000;

/** So many reads are in flight at once. */
const AT_ONCE = 64;

/** A bucket that was found fit. */
export interface Bucket {
  readonly kv: KvHandle;
  readonly store: KvStore;
}

/** Opens a bucket; does not make one. @throws {ConnectionError | BucketConfigError} if it is missing or unfit */
export async function openedBucket(nc: NatsConnection, name: string): Promise<Bucket> {
  if (!/^[-\w]+$/.test(name)) {
    throw new CliError(EXIT.usage, `Cannot use bucket "${name}": must be letters, digits, "-" and "_"`);
  }
  const kv = await new Kvm(nc).open(name);
  const store = storeOf(kv);
  await store.settings();
  return { kv, store };
}

/** @throws {BadParameterError} if it can be no key */
export function requireKey(key: string): void {
  candidateOf({ key }, systemRandom);
}

/** Who holds a lock, from the bucket's leader. */
export async function lockOf(store: KvStore, key: string): Promise<Lock> {
  const keyState = seenOrThrow(await store.read(key, { timeout: ANSWER_TIMEOUT }));
  return { key, leader: leadershipOf(keyState, (await store.settings()).ttl ?? 0) };
}

/** Several locks, in the order of the keys. */
export async function locksOf(store: KvStore, keys: readonly string[]): Promise<Lock[]> {
  const locks: Lock[] = [];
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    locks.push(...await Promise.all(keys.slice(at, at + AT_ONCE).map((key) => lockOf(store, key))));
  }
  return locks;
}

/** Keys under which something stands, in order; those that a filter with NATS wildcards lets through. */
export async function keysOf(store: KvStore, filter = ">"): Promise<string[]> {
  const prefix = store.subject("");
  try {
    const { streams } = await jetstreamManager(store.nc, { timeout: ANSWER_TIMEOUT, checkAPI: false });
    const { state } = await streams.info(store.stream, { subjects_filter: prefix + filter });
    return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(prefix.length)).sort();
  } catch (cause) {
    throw toLockError(cause, `list the keys of bucket "${store.name}"`).error;
  }
}
