import { assert, assertEquals, assertGreater, assertGreaterOrEqual, assertLess } from "@std/assert";
import { jetstreamManager } from "@nats-io/jetstream";
import { Fleet } from "../../tools/demo/fleet.ts";
import { type Change, serverTime, type TimeLimit } from "../../tools/demo/history.ts";
import { NatsServer } from "../../tools/nats/server.ts";

const BUCKET = "handover";
const NAMES: readonly string[] = ["red", "green", "blue"];
const TTL = 2000;
const INTERVAL = 200;
/** Time that the server may take to remove a record, and the machine to run a round. */
const SLACK = 500;

/** Candidates in processes of their own, one of which leads. */
interface Race {
  readonly fleet: Fleet;
  readonly patience: TimeLimit;
  /** The latest message of the leader. */
  latest(): Change;
}

/** Runs a test body on three candidates. Then checks that there were never two leaders. */
async function withCandidates(body: (race: Race) => Promise<void>): Promise<void> {
  await using server = await NatsServer.start();
  await using fleet = await Fleet.open({ url: server.url, bucket: BUCKET, ttl: TTL, interval: INTERVAL });
  const { history } = fleet;
  const patience = { timeout: 3 * TTL, signal: fleet.trouble };
  await Promise.all(NAMES.map((name) => fleet.start(name).ready));
  await history.granted(0, patience);
  const latest = (): Change => {
    assert(history.last && history.last.kind !== "released", "nobody leads");
    return history.last;
  };
  await body({ fleet, patience, latest });
  assertEquals(overlaps(history.changes), []);
  fleet.trouble.throwIfAborted();
}

/** Returns the writes by another before the holder released or its lease ran out, by the server's clock. */
function overlaps(changes: readonly Change[]): string[] {
  return changes.flatMap((change, i) => {
    const before = changes[i - 1];
    if (!before || before.kind === "released" || before.holder === change.holder) return [];
    const gap = change.at - before.at;
    if (change.kind === "granted" && gap >= TTL) return [];
    return [`${change.kind} to ${change.name} ${gap} ms after the latest message of ${before.name}`];
  });
}

/** Returns revision and time (by the server's clock) of the record under the key. */
async function stored(fleet: Fleet): Promise<{ revision: number; at: number; released: boolean }> {
  const manager = await jetstreamManager(fleet.nc);
  const message = await manager.streams.getMessage(`KV_${BUCKET}`, { last_by_subj: `$KV.${BUCKET}.reconciler` });
  assert(message, "no record under the key");
  const released = message.header?.get("KV-Operation") === "PURGE";
  return { revision: message.seq, at: serverTime(message.timestamp), released };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("Locker.acquireLead() takes over from a killed leader once its lease has run out, not before", () =>
  withCandidates(async ({ fleet, patience, latest }) => {
    for (const phase of [0, INTERVAL / 3, INTERVAL / 2]) {
      await wait(2 * INTERVAL + phase);
      const { name } = latest();
      await fleet.get(name).end("SIGKILL");
      const last = await stored(fleet);
      const grant = await fleet.history.granted(last.revision, patience);
      assert(grant.name !== name, `${name} was killed and leads`);
      assertGreaterOrEqual(grant.at - last.at, TTL);
      assertLess(grant.at - last.at, TTL + INTERVAL + SLACK);
      await fleet.start(name).ready;
    }
  }));

Deno.test("Locker.close() on SIGTERM lets another lead within a round of its loop", () =>
  withCandidates(async ({ fleet, patience, latest }) => {
    await wait(INTERVAL);
    const before = latest();
    const { code } = await fleet.get(before.name).end("SIGTERM");
    const release = await fleet.history.released(before.revision, patience);
    const grant = await fleet.history.granted(release.revision, patience);
    assertEquals(code, 0);
    assertLess(grant.at - release.at, INTERVAL + SLACK);
    assert(grant.holder !== before.holder);
  }));

Deno.test("Locker.close() on Ctrl-C removes the last candidate's record at once", () =>
  withCandidates(async ({ fleet, latest }) => {
    const { name } = latest();
    for (const other of NAMES.filter((each) => each !== name)) {
      assertEquals((await fleet.get(other).end("SIGINT")).code, 0);
    }
    const before = latest();
    assertEquals(before.name, name);
    assertEquals((await fleet.get(name).end("SIGINT")).code, 0);
    const after = await stored(fleet);
    assertEquals(after.released, true);
    assertGreater(after.revision, before.revision);
  }));

Deno.test("Locker.acquireLead() never lets two lead while leaders are stopped and killed in turn", () =>
  withCandidates(async ({ fleet, patience, latest }) => {
    const holders = new Set([latest().holder]);
    for (const signal of ["SIGTERM", "SIGKILL", "SIGINT", "SIGTERM", "SIGKILL"] as const) {
      const before = latest();
      await fleet.get(before.name).end(signal);
      const grant = await fleet.history.granted(before.revision, patience);
      assertGreater(grant.token, before.token);
      holders.add(grant.holder);
      await fleet.start(before.name).ready;
    }
    assertEquals(holders.size, 6);
  }));

Deno.test("The check for two leaders finds a grant before the lease has run out", () => {
  const grant = (name: string, revision: number, at: number): Change => {
    return { kind: "granted", holder: name, name, revision, token: revision, at };
  };
  const release: Change = { ...grant("red", 2, 100), kind: "released" };
  assertEquals(overlaps([grant("red", 1, 0), grant("green", 2, TTL - 1)]).length, 1);
  assertEquals(overlaps([grant("red", 1, 0), grant("green", 2, TTL)]), []);
  assertEquals(overlaps([grant("red", 1, 0), release, grant("green", 3, 101)]), []);
});
