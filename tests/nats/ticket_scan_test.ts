/** Tests of KvTickets.scan() and KvTickets.follow() on a real server: attacks, denials, mirrors, outages and leaks. */

import { jetstreamManager } from "@nats-io/jetstream";
import { headers, type MsgHdrs, nanos, type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { assert, assertEquals, assertGreater } from "@std/assert";
import { ticketsOf } from "../../src/nats/kv_tickets.ts";
import type { Push, TicketStore } from "../../src/store/ticket_store.ts";
import { NatsServer } from "../../tools/nats/server.ts";
import { eventually } from "../helpers/measure.ts";
import { messagesOf, newKeyValue, withServer } from "../helpers/nats.ts";
import { Proxy } from "../helpers/proxy.ts";
import { appendMany, appendNew, applied, timeout, TTL } from "../helpers/ticket_lab.ts";

const FILTER = "=q.a.>";

async function open(nc: NatsConnection): Promise<TicketStore> {
  return ticketsOf(await newKeyValue(nc, "queues", TTL, { rollups: false, storage: "memory" }));
}

/** Scans the queue. Returns the revisions, or why it failed. */
async function scanned(store: TicketStore, leader = false): Promise<number[] | string> {
  const outcome = await store.scan(FILTER, { from: 1, timeout, leader });
  if (outcome.kind === "seen") return outcome.entries.map(({ revision }) => revision);
  assert("why" in outcome.error, String(outcome.error));
  return String(outcome.error.why);
}

/** Number of subscriptions of a connection. */
function subscriptions(nc: NatsConnection): number {
  return (nc as unknown as { protocol: { subscriptions: { size(): number } } }).protocol.subscriptions.size();
}

/** Headers of a ticket that looks like the end of a batch, with the server's names. */
function imitation(): MsgHdrs {
  const all = headers(204, "EOB");
  const says = {
    "Num-Pending": "0",
    "Last-Sequence": "1",
    Stream: "KV_queues",
    Sequence: "9",
    Subject: "$KV.queues.x",
  };
  for (const [name, value] of Object.entries(says)) all.set(`Nats-${name}`, value);
  return all;
}

Deno.test("KvTickets.scan() is not cut short by a stored message that looks like the end of a batch", () =>
  withServer(async ({ nc }) => {
    const store = await open(nc);
    await appendNew(store, "=q.a.s.0");
    nc.publish("$KV.queues.=q.a.s.1", "", { headers: imitation() });
    await nc.flush();
    await appendNew(store, "=q.a.s.2");
    assertEquals([await scanned(store), await scanned(store, true)], [[1, 2, 3], [1, 2, 3]]);
  }));

Deno.test("KvTickets.scan() reads a message with malformed headers from the leader, and the connection goes on", () =>
  withServer(async ({ nc }) => {
    const store = await open(nc);
    await appendNew(store, "=q.a.s.0");
    const malformed = { encode: () => new TextEncoder().encode("NATS/1.0\r\nA: b\nc\r\n\r\n") } as unknown as MsgHdrs;
    nc.publish("$KV.queues.=q.a.s.1", "", { headers: malformed });
    await nc.flush();
    await appendNew(store, "=q.a.s.2");
    assertEquals(await scanned(store), "unavailable");
    const outcome = await store.scan(FILTER, { from: 1, timeout, leader: true });
    assert(outcome.kind === "seen", JSON.stringify(outcome));
    assertEquals(outcome.entries.map(({ revision, ticket }) => [revision, ticket !== null]), [
      [1, true],
      [2, false],
      [3, true],
    ]);
  }));

Deno.test("KvTickets.scan() counts no answer of a mirror that forgets sooner", () =>
  withServer(async ({ nc }) => {
    const store = await open(nc);
    const { streams } = await jetstreamManager(nc);
    const mirror = { name: "KV_queues", opt_start_seq: 3 };
    await streams.add({ name: "M", mirror, mirror_direct: true, max_age: nanos(TTL) });
    const places = await appendMany(store, 5);
    await eventually("a mirror with messages", async () => (await streams.info("M")).state.messages === 3);
    const answers = [];
    for (let tries = 0; tries < 60; tries++) answers.push(JSON.stringify(await scanned(store)));
    const [all, refused] = [JSON.stringify(places), JSON.stringify("unavailable")];
    assertEquals(answers.filter((answer) => answer !== all && answer !== refused), []);
    assertGreater(answers.filter((answer) => answer === refused).length, 0);
    assertEquals(await scanned(store, true), places);
  }));

Deno.test("KvTickets.scan() fails with denied, naming the right, for a user who lacks it", async () => {
  const deny = '{ deny: ["$JS.API.DIRECT.GET.>", "$JS.API.STREAM.MSG.GET.>"] }';
  const config = `authorization { users = [ { user: u, password: p, permissions: { publish: ${deny} } } ] }`;
  await using server = await NatsServer.start({ config });
  const nc = await wsconnect({ servers: server.url, user: "u", pass: "p" });
  try {
    const store = await open(nc);
    for (const leader of [false, true, false]) {
      const outcome = await store.scan(FILTER, { from: 1, timeout, leader });
      assert(outcome.kind === "failed" && "why" in outcome.error);
      assertEquals(outcome.error.why, "denied");
      const subject = leader ? "STREAM.MSG.GET.KV_queues" : "DIRECT.GET.KV_queues";
      assert(outcome.error.message.includes(`"$JS.API.${subject}"`), outcome.error.message);
    }
  } finally {
    await nc.close();
  }
});

Deno.test("KvTickets.scan() leaves no subscription behind, and keeps one while something is followed", () =>
  withServer(async ({ nc }) => {
    const store = await open(nc);
    await scanned(store);
    const before = subscriptions(nc);
    await scanned(store);
    assertEquals(subscriptions(nc), before);
    const stop = store.follow(FILTER, () => {});
    await scanned(store);
    assertEquals(subscriptions(nc), before + 2);
    await scanned(store);
    assertEquals(subscriptions(nc), before + 2);
    stop();
    assertEquals(subscriptions(nc), before);
  }));

Deno.test("KvTickets.scan() of a short queue costs one message, and one more for each page", () =>
  withServer(async ({ nc }) => {
    const store = await open(nc);
    assertEquals(await messagesOf(nc, () => scanned(store)), 1);
    await appendMany(store, 4);
    assertEquals(await messagesOf(nc, () => scanned(store)), 1);
    await appendNew(store, "=q.a.s.9");
    assertEquals(await messagesOf(nc, () => scanned(store)), 2);
    await appendNew(store, "=q.b.s.0");
    assertEquals(await messagesOf(nc, () => scanned(store)), 2);
  }));

Deno.test("KvTickets.scan() reads again after its connection was down", () =>
  withServer(async ({ server, nc, connect }) => {
    await using proxy = new Proxy(server.wsPort);
    await open(nc);
    const other = await connect(proxy.url);
    const store = await open(other);
    const stop = store.follow(FILTER, () => {});
    const places = await appendMany(store, 5);
    assertEquals(await scanned(store), places);
    proxy.cut();
    await eventually("a scan", async () => typeof await scanned(store) !== "string");
    assertEquals(await scanned(store), places);
    stop();
  }));

Deno.test("KvTickets.scan() fails as soon as its connection is closed while it waits, and leaves no timer", () =>
  withServer(async ({ server, nc, connect }) => {
    await using proxy = new Proxy(server.wsPort);
    await open(nc);
    const far = await connect(proxy.url);
    const store = await open(far);
    const swallowed = proxy.nextSwallowed();
    proxy.forwardAnswers = false;
    const scanning = scanned(store);
    await swallowed;
    await far.close();
    const next = new Promise<string>((done) => setTimeout(done, 0, "it still waits"));
    assertEquals(await Promise.race([scanning, next]), "closed");
  }));

Deno.test("KvTickets.follow() reports that the connection is down, and a gap when it is up again, then pushes", () =>
  withServer(async ({ server, nc, connect }) => {
    await using proxy = new Proxy(server.wsPort);
    const writer = await open(nc);
    const reader = await connect(proxy.url);
    const store = await open(reader);
    const pushes: Push[] = [];
    const stop = store.follow("=q.*.s.>", (push) => pushes.push(push));
    proxy.cut();
    await eventually("a gap", () => pushes.some(({ kind }) => kind === "gap"));
    assertEquals(pushes.map(({ kind }) => kind).slice(0, 2), ["down", "gap"]);
    await reader.flush(); // before it has the subscription again, the server pushes nothing
    const place = await appendNew(writer, "=q.a.s.0");
    applied(await writer.remove("=q.a.s.0", { expected: place, timeout }));
    await eventually("pushes", () => pushes.filter(({ kind }) => kind === "seen").length === 2);
    const keys = pushes.flatMap((push) => push.kind === "seen" ? [`${push.key} ${push.keyState.kind}`] : []);
    assertEquals(keys, ["=q.a.s.0 held", "=q.a.s.0 vacant"]);
    stop();
  }));

Deno.test("KvTickets.follow() reports denied for a filter that the user may not subscribe to", async () => {
  const deny = '{ deny: ["natslock.queues.=q.>"] }';
  const config = `authorization { users = [ { user: u, password: p, permissions: { subscribe: ${deny} } } ] }`;
  await using server = await NatsServer.start({ config });
  const nc = await wsconnect({ servers: server.url, user: "u", pass: "p" });
  try {
    const store = await open(nc);
    const kinds: string[] = [];
    store.follow("=q.a.>", ({ kind }) => kinds.push(kind));
    await eventually("a denial", () => kinds.includes("denied"));
  } finally {
    await nc.close();
  }
});

Deno.test("KvTickets.follow() ignores stored messages that somebody aims at the subject of a ticket", () =>
  withServer(async ({ nc }) => {
    const store = await open(nc);
    const other = await newKeyValue(nc, "other", TTL);
    const pushes: Push[] = [];
    const stop = store.follow("=q.a.>", (push) => pushes.push(push));
    const unfiltered: string[] = [];
    nc.subscribe("natslock.queues.=q.a.>", { callback: (_, { subject }) => void unfiltered.push(subject) });
    await other.put("=q.a.s.0", "x");
    await appendNew(store, "=q.b.s.0");
    const aim = (stream: string, subject: string) =>
      nc.publish(`$JS.API.DIRECT.GET.${stream}.${subject}`, "", { reply: "natslock.queues.=q.a.s.0" });
    aim("KV_other", "$KV.other.=q.a.s.0");
    aim("KV_queues", "$KV.queues.=q.b.s.0");
    await eventually("both replies", () => unfiltered.length === 2);
    assertEquals(pushes, []);
    stop();
  }));
