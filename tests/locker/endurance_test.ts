import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { Kvm } from "@nats-io/kv";
import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { LeaseLostError, LeaseReleasedError, newKeyValue } from "@x/natslock";
import type { NatsServer } from "../../tools/nats/server.ts";
import { CountedSignal, CountingClock, Crew, statusListeners } from "./crew.ts";
import { liveHeap } from "../helpers/heap.ts";
import { eventually, type Footprint, footprint } from "../helpers/measure.ts";
import { withServer } from "../helpers/nats.ts";
import { Proxy } from "../helpers/proxy.ts";

const TTL = 2_000;
const RECONNECTS = 500;
/** Connections that are cut together; each has one candidate and one observer per bucket. */
const FAR = 5;
/** Per bucket one candidate holds the lease and the others wait; all observe. */
const TIMERS = 2 * (FAR + FAR);
const RESTARTS = 20;
/** Growth of the runtime's own memory over such a time, in bytes. */
const SLACK = 1_500_000;

/** Everything that a leak would make grow. For consumers see `boundConsumers`. */
interface Holdings extends Footprint {
  readonly timers: number;
  readonly signalListeners: number;
  readonly statusListeners: number;
}

/**
 * Counts the consumers that have a listener. If a connection is cut while the client replaces a consumer (because a
 * push was lost), the old one stays until the server removes it: after five minutes without a listener, as the client
 * asked.
 */
async function boundConsumers(server: NatsServer): Promise<number> {
  const { account_details: accounts = [] } = await server.monitor(
    "jsz?consumers=true&streams=true&accounts=true",
  ) as { account_details?: { stream_detail?: { consumer_detail?: { push_bound?: boolean }[] }[] }[] };
  const streams = accounts.flatMap((account) => account.stream_detail ?? []);
  return streams.flatMap((stream) => stream.consumer_detail ?? []).filter((consumer) => consumer.push_bound).length;
}

/** All candidates and observers, on several connections. */
class Scene {
  readonly clock = new CountingClock();
  readonly user = new CountedSignal();
  readonly server: NatsServer;
  readonly far: readonly NatsConnection[];
  crews: readonly Crew[] = [];

  constructor(server: NatsServer, far: readonly NatsConnection[]) {
    this.server = server;
    this.far = far;
  }

  /** Starts work on a bucket that republishes its changes, and on one that is watched by a consumer. */
  async begin(): Promise<void> {
    const locks = await Promise.all(this.far.map((nc) => newKeyValue(nc, "locks", TTL)));
    const plain = await Promise.all(this.far.map((nc) => new Kvm(nc).create("plain", { ttl: TTL })));
    const { clock, user: { signal } } = this;
    this.crews = [locks, plain].map((kvs) => new Crew(kvs, clock, signal));
    await this.settle("the first leads");
  }

  /** Waits until each bucket has one leader that its observers see, and all others wait. */
  async settle(what: string): Promise<void> {
    await eventually(what, () => this.crews.every((crew) => crew.isSettled), 20_000);
    await eventually("all to be at work", () => this.clock.pending === TIMERS);
  }

  async holdings(): Promise<Holdings> {
    return {
      ...await footprint(this.server),
      consumers: await boundConsumers(this.server),
      timers: this.clock.pending,
      signalListeners: this.user.listeners,
      statusListeners: this.far.reduce((sum, nc) => sum + statusListeners(nc), 0),
    };
  }

  /** Returns what is open once it is at most `most`. The server removes what was ended a little later. */
  async settled(most: Holdings): Promise<Holdings> {
    let now = await this.holdings();
    const fields = Object.keys(most) as (keyof Holdings)[];
    const fits = async () => {
      now = await this.holdings();
      return fields.every((field) => now[field] <= most[field]);
    };
    await eventually("no more to be held open", fits).catch(() => {});
    return now;
  }
}

/** Cuts all connections repeatedly, each time after they have come back. */
async function reconnect({ far }: Scene, proxy: Proxy, times: number): Promise<void> {
  for (let cut = 0; cut < times; cut += far.length) {
    const back = far.map(nextReconnect);
    proxy.cut();
    await Promise.all(back);
  }
}

async function nextReconnect(nc: NatsConnection): Promise<void> {
  for await (const { type } of nc.status()) if (type === "reconnect") return;
}

/** Checks that every hold but the last reported its end, and that each grant has a higher token than those before. */
function requireOrder({ grants }: Crew): void {
  const tokens = grants.map(({ token }) => token);
  assertEquals(tokens, tokens.toSorted((a, b) => a - b));
  assertEquals(new Set(tokens).size, tokens.length);
  for (const { signal } of grants.slice(0, -1)) {
    assert(
      signal.reason instanceof LeaseLostError || signal.reason instanceof LeaseReleasedError,
      String(signal.reason),
    );
  }
}

function requireNoMore(now: Holdings, before: Holdings): void {
  for (const field of Object.keys(before) as (keyof Holdings)[]) assertLessOrEqual(now[field], before[field], field);
}

/** Runs a test body with two crews at work, and checks that they leave nothing behind. */
async function withScene(body: (scene: Scene, proxy: Proxy) => Promise<void>): Promise<void> {
  await withServer(async ({ server }) => {
    await using proxy = new Proxy(server.wsPort);
    const settings = { maxReconnectAttempts: -1, reconnectTimeWait: 5, reconnectJitter: 0 };
    const far = await Promise.all(Array.from({ length: FAR }, () => wsconnect({ servers: proxy.url, ...settings })));
    const scene = new Scene(server, far);
    const before = await scene.holdings();
    try {
      await scene.begin();
      await body(scene, proxy);
      await hand(scene);
      scene.crews.forEach(requireOrder);
    } finally {
      scene.user.abort();
      const ends = await Promise.all(scene.crews.map((crew) => crew.ends()));
      assertEquals(new Set(ends.flat()), new Set([null]));
      assertEquals([scene.clock.pending, scene.user.listeners], [0, 0]);
    }
    const left = await scene.settled(before);
    // Each connection keeps the subscription for its replies.
    assertEquals({ ...left, subscriptions: left.subscriptions - FAR }, before);
    await Promise.all(far.map((nc) => nc.close()));
  });
}

/** Makes the leader give up the lead, and waits until another has it. */
async function hand(scene: Scene): Promise<void> {
  await scene.settle("somebody leads in the end");
  const leases = scene.crews.map(({ lead }) => lead);
  await Promise.all(leases.map((lease) => lease?.release()));
  await scene.settle("another leads");
  scene.crews.forEach(({ lead }, index) => assert((lead?.token ?? 0) > (leases[index]?.token ?? 0)));
}

Deno.test(`${RECONNECTS} reconnects leave nothing behind, and all work goes on`, () =>
  withScene(async (scene, proxy) => {
    const before = await scene.holdings();
    await reconnect(scene, proxy, RECONNECTS / 10);
    const heap = liveHeap();
    await reconnect(scene, proxy, RECONNECTS - RECONNECTS / 10);
    await scene.settle("one leads after the last reconnect");
    const [after, grown] = [await scene.settled(before), liveHeap() - heap];
    requireNoMore(after, before);
    assertLessOrEqual(grown, SLACK);
  }));

Deno.test(`${RESTARTS} restarts of the server leave nothing behind, and all work goes on`, () =>
  withScene(async (scene) => {
    const before = await scene.holdings();
    let heap = 0;
    for (let restart = 1; restart <= RESTARTS; restart++) {
      await scene.server.restart();
      await eventually(
        "all to be back",
        () => Promise.all(scene.far.map((nc) => nc.flush())).then(() => true, () => false),
      );
      if (restart === RESTARTS / 4) heap = liveHeap();
    }
    await scene.settle("one leads after the last restart");
    const [after, grown] = [await scene.settled(before), liveHeap() - heap];
    requireNoMore(after, before);
    assertLessOrEqual(grown, SLACK);
  }));
