import { assert, assertEquals } from "@std/assert";
import { type Health, Locker, LockManager } from "@x/natslock";
import { eventually } from "../helpers/measure.ts";
import { messagesOf, newKeyValue, withServer } from "../helpers/nats.ts";
import { NatsServer } from "../../tools/nats/server.ts";

/** Lease length in ms. */
const TTL = 2000;
/** Longest time in ms for any change of the health: a lease, an answer, a reconnect, and a busy machine. */
const LATEST = 20_000;

/** What answers a probe. */
interface Probed {
  health(): Health;
}

/** Calls `health()` as a probe does, until it has this reason. Returns it. */
async function until(reason: string, probed: Probed): Promise<Health> {
  let seen = probed.health();
  const matches = () => (seen = probed.health()).reason === reason;
  await eventually(`"${reason}", last "${seen.reason}"`, matches, LATEST);
  assertEquals(seen.ok, reason === "ok");
  return seen;
}

/** Resolves when the signal has aborted. */
const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

Deno.test("Locker.health() of leader and candidate while the server is frozen, back, killed and back", async () => {
  await using server = await NatsServer.start();
  const open = () => Locker.open({ servers: server.url, bucket: "locks", ttl: TTL });
  await using red = await open();
  await using green = await open();
  const [inCharge, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const campaigns = [red.lead(async ({ signal }) => {
    inCharge.resolve();
    await aborted(signal);
    await over.promise;
  })];
  await inCharge.promise;
  campaigns.push(green.lead(({ signal }) => aborted(signal)));
  const [held, waits] = [await until("ok", red), await until("ok", green)];
  assertEquals([held.connected, held.lease?.held, held.lease?.token], [true, true, red.token]);
  assertEquals([waits.connected, waits.lease], [true, null]);

  server.pause();
  // The connection still seems to be up when the first request gets no answer.
  const silent = await until("silent", red);
  assert(silent.connected && (silent.lastContact ?? 0) >= TTL / 4, JSON.stringify(silent));
  assertEquals((await until("lost", red)).lease, null);
  await until("disconnected", green);
  server.resume();
  assertEquals((await until("ok", green)).connected, true);
  // The work has not noticed yet that it was asked to stop.
  await until("lost", red);
  over.resolve();
  await until("ok", red);

  await server.kill();
  for (const each of [red, green]) assertEquals((await until("disconnected", each)).connected, false);
  await server.restart();
  for (const each of [red, green]) assertEquals((await until("ok", each)).connected, true);

  await Promise.all([red.close(), green.close(), ...campaigns]);
  for (const each of [red, green]) assertEquals([each.health().reason, each.health().lease], ["closed", null]);
});

Deno.test("LockManager.health() while the server is frozen and back, and after close()", async () => {
  await using server = await NatsServer.start();
  const locks = await LockManager.open({ servers: server.url, bucket: "queues", ttl: TTL, maxHold: 60_000 });
  const [begun, settled] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const ended = locks.request("a", () => (begun.resolve(), settled.promise)).catch(() => {});
  await begun.promise;
  assertEquals((await until("ok", locks)).connected, true);
  server.pause();
  await until("silent", locks);
  assertEquals((await until("lost", locks)).lease, null);
  settled.resolve();
  await ended;
  server.resume();
  await locks.request("b", () => {});
  assertEquals((await until("ok", locks)).lease?.held, true);
  await locks.close();
  assertEquals(locks.health().reason, "closed");
});

Deno.test("Locker.health() is closed once its connection is closed for good", () =>
  withServer(async ({ nc }) => {
    const locker = new Locker({ kv: await newKeyValue(nc, "locks", TTL) });
    assertEquals([locker.health().reason, locker.health().connected], ["ok", true]);
    await nc.close();
    assertEquals([locker.health().reason, locker.health().connected], ["closed", false]);
  }));

Deno.test("Locker.health() sends no message", () =>
  withServer(async ({ nc }) => {
    const locker = new Locker({ kv: await newKeyValue(nc, "locks", TTL) });
    const sent = await messagesOf(nc, () => {
      for (let calls = 0; calls < 1000; calls++) locker.health();
      return nc.flush();
    });
    assertEquals(sent, 0);
  }));
