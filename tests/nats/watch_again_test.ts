import { assert, assertEquals, assertLess, assertLessOrEqual } from "@std/assert";
import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { type KvHandle, type Lease, Locker } from "@x/natslock";
import { storeOf } from "../../src/nats/kv_store.ts";
import type { Hint } from "../../src/store/store.ts";
import { NatsServer } from "../../tools/nats/server.ts";
import { begunWait, elapse, eventually, lone, timed } from "../helpers/measure.ts";
import { newKeyValue, withServer } from "../helpers/nats.ts";
import { Proxy } from "../helpers/proxy.ts";
import { within } from "../runtimes/expect.ts";

/** Lease length in ms: so long that no read by the clock takes part. */
const TTL = 60_000;
/** Longest handover by push in ms. It takes a few milliseconds; the rest is for a busy machine. */
const SOON = 500;
/** Longest time in ms until a loss is repaired: three heartbeats of 2 s, a pause of at most 3 s, and 1 s to spare. */
const NOTICED = 6000 + 3000 + 1000;

type Open = (nc: NatsConnection) => Promise<KvHandle>;

const repeating: Open = (nc) => newKeyValue(nc, "locks", TTL);
const consumed: Open = (nc) => newKeyValue(nc, "locks", TTL, { republish: null });

const BUCKETS: readonly (readonly [how: string, open: Open])[] = [
  ["that republishes its changes", repeating],
  ["that is watched by a consumer", consumed],
];

/** Returns the names of the bucket's consumers. */
async function consumersOf(nc: NatsConnection): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of (await jetstreamManager(nc)).consumers.list("KV_locks")) names.push(name);
  return names;
}

/** Listens to a key. `kinds()` returns the kinds of the hints since its last call. */
function listen(kv: KvHandle, key: string) {
  const hints: Hint[] = [];
  const stop = storeOf(kv).watch(key, (hint) => hints.push(hint));
  const kinds = () => hints.splice(0).map(({ kind }) => kind);
  return { hints, kinds, [Symbol.dispose]: stop };
}

/** Returns the milliseconds from a release to the next grant. */
async function handOver(lease: Lease, next: () => Promise<Lease>): Promise<number> {
  return await timed(async () => {
    const releasing = lease.release();
    await (await within(5000, "the grant", next())).release();
    await releasing;
  });
}

for (const [how, open] of BUCKETS) {
  Deno.test(`Locker.acquire() gets a lock at the reconnect if it was released while the connection was down: bucket ${how}`, () =>
    withServer(async ({ server, nc, connect }) => {
      await using proxy = new Proxy(server.wsPort);
      await using holder = new Locker({ kv: await open(nc) });
      const lease = await holder.acquire();
      const behind = await connect(proxy.url);
      const waiter = lone(behind, { kv: await open(behind) });
      const next = await begunWait(waiter);
      proxy.forwardAnswers = false;
      proxy.cut();
      await lease.release();
      proxy.forwardAnswers = true;
      proxy.cut();
      const start = performance.now();
      await using granted = await within(5000, "the grant", next());
      assert(granted.held);
      assertLess(performance.now() - start, 2000);
      await waiter.locker.close();
    }));

  Deno.test(`KvStore.watch() reports once that the connection is down, and a gap when it is up again: bucket ${how}`, () =>
    withServer(async ({ server, nc, connect }) => {
      await using proxy = new Proxy(server.wsPort);
      await open(nc);
      const kv = await open(await connect(proxy.url));
      using told = listen(kv, "leader");
      await elapse(100);
      told.kinds();
      proxy.cut();
      await eventually("a gap", () => told.hints.some(({ kind }) => kind === "gap"));
      const [down] = told.hints;
      assert(down?.kind === "down");
      assertEquals([down.error.transient, told.kinds().slice(0, 2)], [true, ["down", "gap"]]);
    }));
}

const LOSSES: readonly (readonly [what: string, lose: (nc: NatsConnection) => Promise<unknown>])[] = [
  ["its consumer was deleted", async (nc) => {
    const { consumers } = await jetstreamManager(nc);
    for (const name of await consumersOf(nc)) await consumers.delete("KV_locks", name);
  }],
  ["its bucket was deleted and re-created", async (nc) => {
    await (await jetstreamManager(nc)).streams.delete("KV_locks");
    await consumed(nc);
  }],
];

for (const [what, lose] of LOSSES) {
  Deno.test(`KvStore.watch() pushes again soon after ${what}, and a handover takes milliseconds`, () =>
    withServer(async ({ nc, connect }) => {
      const kv = await consumed(nc);
      using told = listen(kv, "other");
      await eventually("a consumer", async () => (await consumersOf(nc)).length === 1);
      const [before] = await consumersOf(nc);
      await lose(nc);
      const again = async () => (await consumersOf(nc)).some((name) => name !== before);
      await eventually("another consumer", again, NOTICED);
      assert(told.kinds().includes("gap"));
      const other = await connect();
      await using holder = new Locker({ kv: await consumed(other) });
      const lease = await holder.acquire();
      const waiter = lone(nc, { kv });
      const next = await begunWait(waiter);
      assertLess(await handOver(lease, next), SOON);
      await waiter.locker.close();
    }));
}

Deno.test("KvStore.watch() that was denied pushes when the right is granted, and asks at most every 3 s", async () => {
  const may = (rights: string) => {
    return { config: `authorization { users = [ { user: u, password: p, permissions: { publish: ${rights} } } ] }` };
  };
  await using server = await NatsServer.start(may(`">"`));
  const login = { servers: server.url, user: "u", pass: "p", reconnectTimeWait: 50 };
  const nc = await wsconnect({ ...login, maxReconnectAttempts: -1 });
  try {
    const kv = await consumed(nc);
    await server.configure(may(`{ deny: "$JS.API.CONSUMER.CREATE.>" }`));
    Deno.kill(server.pid, "SIGHUP");
    await elapse(300);
    using told = listen(kv, "leader");
    await eventually("a refusal", () => told.hints.some(({ kind }) => kind === "denied"));
    const before = nc.stats().outMsgs;
    await elapse(7000);
    assertLessOrEqual(nc.stats().outMsgs - before, 2 * 3);
    await server.configure(may(`">"`));
    Deno.kill(server.pid, "SIGHUP");
    await eventually("a consumer", async () => (await consumersOf(nc)).length === 1);
    told.kinds();
    await kv.put("leader", "x");
    await eventually("a push", () => told.hints.some(({ kind }) => kind === "seen"));
  } finally {
    await nc.close();
  }
});

Deno.test("KvStore.watch() started again at once creates its consumer without a pause", () =>
  withServer(async ({ nc }) => {
    const kv = await new Kvm(nc).create("locks", { ttl: TTL });
    for (let round = 0; round < 3; round++) {
      using told = listen(kv, "leader");
      await eventually("the consumer", () => told.hints.some(({ kind }) => kind === "gap"), 1000);
      await kv.put("leader", `${round}`);
      await eventually("a push", () => told.hints.some(({ kind }) => kind === "seen"), 1000);
    }
  }));

/** The bucket at first, and the republish setting that it gets while it is watched. */
const EDITS: readonly (readonly [what: string, open: Open, republish: { src: string; dest: string } | undefined])[] = [
  ["starts to republish its changes", consumed, { src: "$KV.locks.>", dest: "natslock.locks.>" }],
  ["republishes them on another subject", repeating, { src: "$KV.locks.>", dest: "elsewhere.>" }],
  ["stops republishing them", repeating, undefined],
];

for (const [what, open, republish] of EDITS) {
  Deno.test(`KvStore.watch() of a bucket that ${what} adapts when the settings are read again`, () =>
    withServer(async ({ nc, connect }) => {
      const kv = await open(await connect());
      using told = listen(kv, "leader");
      const { streams } = await jetstreamManager(nc);
      const { config } = await streams.info("KV_locks");
      const { republish: _, ...rest } = config;
      await nc.request("$JS.API.STREAM.UPDATE.KV_locks", JSON.stringify(republish ? { ...rest, republish } : rest));
      const store = storeOf(kv);
      await store.settings({ fresh: true });
      const consumers = republish ? 0 : 1;
      await eventually("the feed to change", async () => (await consumersOf(nc)).length === consumers);
      await eventually("a gap", () => told.hints.at(-1)?.kind === "gap");
      await store.nc.flush();
      told.kinds();
      await nc.request("$KV.locks.leader", "x");
      await eventually("a push", () => told.hints.some(({ kind }) => kind === "seen"));
    }));
}
