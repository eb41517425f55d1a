/** Messages and bytes of locks that nobody asks for, per hour. */

import type { NatsConnection, Stats } from "@nats-io/nats-core";
import { wsconnect } from "@nats-io/nats-core";
import { type Lease, type Lock, Locker, LockManager, newKeyValue } from "@x/natslock";
import { elapse } from "../../tests/helpers/measure.ts";
import type { Measured, Row } from "../figures.ts";
import { BUCKETS } from "../peers/natslock.ts";
import type { Place } from "./place.ts";

/** Measured with a short lease and given for one of 15 s: all traffic at rest is per renewal. */
const MEASURED_TTL = 3000;
const GIVEN_TTL = 15_000;
const HOUR = 3_600_000;
const PERIODS = 4;

/**
 * Of client-go, by its documentation: LeaseDuration 15 s, RetryPeriod 2 s. The holder updates the record each
 * RetryPeriod. Each other candidate reads it after RetryPeriod and a random part of up to 1.2 times that: 3.2 s on
 * average.
 */
const CLIENT_GO = { holder: HOUR / 2000, candidate: HOUR / 3200 };

interface Traffic {
  readonly messages: number;
  readonly bytes: number;
}

/** Traffic in both directions since the connection was made. */
function traffic({ inMsgs, outMsgs, inBytes, outBytes }: Stats): Traffic {
  return { messages: inMsgs + outMsgs, bytes: inBytes + outBytes };
}

/** Measures what a connection sends and receives at rest, per hour at the given lease length. */
async function perHour(nc: NatsConnection): Promise<Traffic> {
  await elapse(MEASURED_TTL);
  const before = traffic(nc.stats());
  await elapse(PERIODS * MEASURED_TTL);
  const after = traffic(nc.stats());
  const hours = PERIODS * GIVEN_TTL / HOUR;
  return { messages: (after.messages - before.messages) / hours, bytes: (after.bytes - before.bytes) / hours };
}

/** A connection with locks that are held, or waited for. */
interface Scene {
  readonly nc: NatsConnection;
  /** True as long as none of them was lost, and none was granted to those that wait. */
  readonly isSteady: () => boolean;
}

async function begun(nc: NatsConnection, all: readonly Promise<Lease | Lock>[], wait: boolean): Promise<Scene> {
  let isSteady = true;
  for (const each of all) {
    each.then(
      ({ signal }) => wait ? isSteady = false : signal.addEventListener("abort", () => isSteady = false),
      () => {},
    );
  }
  if (!wait) await Promise.all(all);
  return { nc, isSteady: () => isSteady };
}

/** What a process holds or waits for, one at a time on a connection of its own. */
async function scenes({ services: { nats } }: Place, stack: AsyncDisposableStack) {
  const connect = async () =>
    stack.adopt(await wsconnect({ servers: nats.url, pingInterval: HOUR }), (nc) => nc.close());
  const locker = async (wait: boolean) => {
    const nc = await connect();
    const kv = await newKeyValue(nc, `${BUCKETS.locker}-rest`, MEASURED_TTL);
    const one = stack.use(new Locker({ kv, key: "rest" }));
    return await begun(nc, [one.acquire()], wait);
  };
  const manager = async (count: number, wait: boolean) => {
    const nc = await connect();
    const locks = stack.use(await LockManager.open({ nc, bucket: `${BUCKETS.manager}-rest`, ttl: MEASURED_TTL }));
    return await begun(nc, Array.from({ length: count }, (_, at) => locks.acquire(`${count}-${at}`)), wait);
  };
  return [
    ["Locker that holds", 1, await locker(false)],
    ["Locker that waits", 1, await locker(true)],
    ["LockManager that holds 1", 1, await manager(1, false)],
    ["LockManager that waits for 1", 1, await manager(1, true)],
    ["LockManager that holds 100, each", 100, await manager(100, false)],
    ["LockManager that waits for 100, each", 100, await manager(100, true)],
  ] as const;
}

/** Measures all scenes at once. `null` if something was lost or granted meanwhile: then they are not at rest. */
async function measure(place: Place) {
  await using stack = new AsyncDisposableStack();
  const all = await scenes(place, stack);
  const measured = await Promise.all(all.map(async ([name, locks, { nc }]) => {
    const { messages, bytes } = await perHour(nc);
    return { name, messages: messages / locks, bytes: bytes / locks / 1024 };
  }));
  return all.every(([, , { isSteady }]) => isSteady()) ? measured : null;
}

/** Cost per lock and hour. */
export async function rest(place: Place): Promise<Measured> {
  place.say("cost at rest");
  const measured = await measure(place) ?? await measure(place);
  if (measured === null) {
    throw new Error("a lock was lost twice while the cost at rest was measured: the machine is too busy");
  }
  const rows = (of: "messages" | "bytes"): Row[] =>
    measured.map((each) => ({ name: each.name, p50: each[of], samples: 1 }));
  const { holder, candidate } = CLIENT_GO;
  const theirs: Row[] = [
    { name: "client-go, holder: update and answer", p50: 2 * holder, samples: 0 },
    { name: "client-go, other candidate: read and answer", p50: 2 * candidate, samples: 0 },
  ];
  const notes = [
    "Measured over four leases of 3 s, given for leases of 15 s. The rows of client-go are counted from its documented " +
    "defaults (LeaseDuration 15 s, RetryPeriod 2 s, jitter 1.2), not measured. Pings of the connections are left out.",
  ];
  const title = "per lock and hour at rest, both directions, lease of 15 s";
  return {
    tables: [
      {
        id: "rest-messages",
        title: `Messages ${title}`,
        unit: "messages/h",
        rows: [...rows("messages"), ...theirs],
        notes,
      },
      { id: "rest-bytes", title: `Payload ${title}`, unit: "kB/h", rows: rows("bytes") },
    ],
  };
}
