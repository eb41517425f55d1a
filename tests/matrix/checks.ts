/** Checks of what may differ between releases of nats-server, in addition to the suite of `tests/runtimes/`. */

import { jetstream } from "@nats-io/jetstream";
import { BucketConfigError, type KvHandle, Locker, newKeyValue } from "@x/natslock";
import { isAtLeast } from "../../src/nats/server_version.ts";
import { lockers, race } from "../helpers/race.ts";
import { withConnections } from "../helpers/nats.ts";
import { expect, expectSame, pause, rejection, within } from "../runtimes/expect.ts";

/** A running server and its release. */
export interface Bed {
  readonly url: string;
  readonly version: string;
}

type Check = (bed: Bed) => Promise<void>;

/** A lease length of a single lock, in milliseconds. */
const OWN = 2000;
/** Lease length of a bucket in which no check waits for the end of a lease, in milliseconds. */
const LONG = 60_000;
/** How late a server may remove a record and a machine under load may notice it, in milliseconds. */
const SLACK = 2500;
/** Longest time of a push, in milliseconds. */
const PUSH = 1500;

/** All checks by title. They may run at the same time. */
export const CHECKS: readonly (readonly [title: string, check: Check])[] = [
  ["race: exactly one of 20 candidates is granted, in each of 30 rounds", grantsOnce],
  ["own lease: it can be shorter than the bucket's, or the error names both releases", hasOwnLease],
  ["own lease: renewals keep it for longer than its length", keepsOwnLease],
  ["fallback: without own lease lengths, open() refuses and newKeyValue() warns", fallsBack],
  ["release marker: it expires after a second, or after the bucket's lease length", leavesMark],
  ["expiry: a record expires while others are written without a pause", runsOutAmongWrites],
  ["push: a consumer watches a bucket without republishing", isWatchedByConsumer],
];

/** True if a lock can have its own lease length. */
export function hasOwnLengths({ version }: Bed): boolean {
  return isAtLeast(version, "2.11");
}

/** True if a release marker can expire before the bucket's lease length. */
export function hasShortMarks({ version }: Bed): boolean {
  return isAtLeast(version, "2.11.7");
}

/** Runs `body` with two handles of one bucket, each on its own connection. */
function withHandles(
  { url }: Bed,
  [bucket, ttl]: readonly [bucket: string, ttl: number],
  body: (one: KvHandle, other: KvHandle) => Promise<void>,
): Promise<void> {
  return withConnections(url, async (nc, connect) => {
    await body(await newKeyValue(nc, bucket, ttl), await newKeyValue(await connect(), bucket, ttl));
  });
}

function grantsOnce({ url }: Bed): Promise<void> {
  return withConnections(url, async (nc, connect) => {
    const candidates = await lockers([nc, await connect(), await connect()], 20, 1);
    const { winners, errors } = await race({ rounds: 30, candidates });
    expectSame([[...winners], errors.map(String)], [[[1, 30]], []], "winners of 30 rounds, and errors");
  });
}

function hasOwnLease(bed: Bed): Promise<void> {
  return withHandles(bed, ["own", LONG], async (one, other) => {
    await using holder = new Locker({ kv: one, ttl: OWN });
    if (!hasOwnLengths(bed)) {
      const error = await rejection(holder.acquireLead());
      expect(error instanceof BucketConfigError, `a BucketConfigError, got ${error.name}`);
      const names = `(needs server 2.11 or later, found ${bed.version})`;
      return expect(error.message.includes(names), `a message with "${names}", got "${error.message}"`);
    }
    expectSame([await holder.acquireLead(), await holder.ttl()], [true, OWN], "acquireLead() and ttl()");
    await using waiter = new Locker({ kv: other, ttl: OWN });
    const first = holder.token ?? Infinity;
    const lease = await waiter.acquire({ timeout: OWN + SLACK });
    expect(lease.token > first, "a takeover with a greater token");
    expectSame(holder.token, null, "the token of the candidate that stopped calling");
  });
}

function keepsOwnLease(bed: Bed): Promise<void> {
  if (!hasOwnLengths(bed)) return Promise.resolve();
  return withHandles(bed, ["kept", LONG], async (one, other) => {
    await using holder = new Locker({ kv: one, ttl: OWN });
    await using another = new Locker({ kv: other, ttl: OWN });
    const lease = await holder.acquire();
    await pause(OWN * 1.75);
    expectSame([lease.held, await another.tryAcquire()], [true, null], "held, and tryAcquire() of another");
  });
}

function fallsBack(bed: Bed): Promise<void> {
  return withConnections(bed.url, async (nc) => {
    await newKeyValue(nc, "fallback", LONG);
    const warnings: unknown[][] = [];
    const logger = { debug: () => {}, info: () => {}, warn: (...line: unknown[]) => void warnings.push(line) };
    await newKeyValue(nc, "fallback", OWN, { logger });
    const server = hasOwnLengths(bed) ? {} : { server: bed.version, ownLeaseLengthSince: "2.11" };
    const about = { bucket: "fallback", asked: OWN, found: LONG, ...server };
    const told = warnings.flatMap(([, fields]) => "bucket" in Object(fields) ? [fields] : []);
    expectSame(told, [about], "the warnings of the bucket");
    const opening = Locker.open({ servers: bed.url, bucket: "fallback", ttl: OWN });
    if (!hasOwnLengths(bed)) return expectSame((await rejection(opening)).name, "BucketConfigError", "open()");
    await using locker = await opening;
    expectSame(await locker.ttl(), OWN, "the lease length in force");
  });
}

function leavesMark(bed: Bed): Promise<void> {
  return withHandles(bed, ["marks", LONG], async (one, other) => {
    await using locker = new Locker({ kv: one });
    expectSame(await locker.acquireLead(), true, "acquireLead()");
    await locker.releaseLead();
    await pause(1600);
    const mark = await other.get(locker.key);
    expectSame(mark?.operation ?? null, hasShortMarks(bed) ? null : "PURGE", "the operation 1.6 s after a release");
    await using another = new Locker({ kv: other });
    expectSame(await another.acquireLead(), true, "acquireLead() of another");
  });
}

function runsOutAmongWrites(bed: Bed): Promise<void> {
  const own = hasOwnLengths(bed);
  return withHandles(bed, ["busy", own ? LONG : OWN], async (one, other) => {
    const lock = { key: "quiet", ...own ? { ttl: OWN } : {} };
    await using quiet = new Locker({ kv: one, ...lock });
    await using waiter = new Locker({ kv: other, ...lock });
    expectSame(await quiet.acquireLead(), true, "acquireLead()");
    const end = new AbortController();
    const writing = writeUntil(end.signal, bed);
    try {
      await waiter.acquire({ timeout: OWN + SLACK });
    } finally {
      end.abort();
      await writing;
    }
  });
}

/** Writes far more often than a server checks for expired messages. Each write has its own TTL if possible. */
function writeUntil(signal: AbortSignal, bed: Bed): Promise<void> {
  return withConnections(bed.url, async (nc) => {
    const js = jetstream(nc);
    const length = hasOwnLengths(bed) ? { ttl: `${LONG / 1000}s` } : {};
    while (!signal.aborted) {
      await js.publish("$KV.busy.noise", "x", length);
      await pause(20);
    }
  });
}

function isWatchedByConsumer({ url }: Bed): Promise<void> {
  return withConnections(url, async (nc, connect) => {
    const one = await newKeyValue(nc, "unrepeated", LONG, { republish: null });
    const other = await newKeyValue(await connect(), "unrepeated", LONG);
    await using holder = new Locker({ kv: one });
    await using waiter = new Locker({ kv: other });
    const lease = await holder.acquire();
    const waiting = waiter.acquire();
    // The consumer is created in the background. A release before that would not be pushed.
    await within(PUSH, "a consumer", consumerOf(one));
    await lease.release();
    const next = await within(PUSH, "the hand-over", waiting);
    expect(next.token > lease.token, "a greater token");
  });
}

async function consumerOf(kv: KvHandle): Promise<void> {
  while ((await kv.status()).streamInfo.state.consumer_count === 0) await pause(10);
}
