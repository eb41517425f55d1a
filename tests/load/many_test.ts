import { assert, assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import type { NatsConnection } from "@nats-io/nats-core";
import { type Leadership, Locker } from "@x/natslock";
import { eventually, footprint, percentile, summary, timed } from "../helpers/measure.ts";
import { newKeyValue, withServer } from "../helpers/nats.ts";
import { holdMany } from "./ten_thousand.ts";

const TTL = 30_000;
const MANY = 1000;
const CONNECTIONS = 40;
const SAMPLES = 100;
/** The last of a thousand observers sees a release after at most this many times what a single one takes. */
const MOST = 25;

/** Many observers of one key. */
class Crowd {
  readonly #latest: (number | null | undefined)[];
  readonly #end = new AbortController();
  readonly #running: Promise<void>[];
  #wanted: number | null | undefined;
  #missing = 0;
  #all = Promise.withResolvers<void>();

  constructor(lockers: readonly Locker[]) {
    this.#latest = lockers.map(() => undefined);
    this.#running = lockers.map((locker, index) => this.#follow(locker, index));
  }

  /** Resolves when all have seen this token; `null` = nobody holds the lock. */
  async sees(token: number | null): Promise<void> {
    this.#wanted = token;
    this.#missing = this.#latest.filter((latest) => latest !== token).length;
    this.#all = Promise.withResolvers();
    if (this.#missing > 0) await this.#all.promise;
  }

  /** Ends all observers. */
  async cancel(): Promise<void> {
    this.#end.abort(new Error("enough"));
    await Promise.all(this.#running);
  }

  async #follow(locker: Locker, index: number): Promise<void> {
    const { signal } = this.#end;
    try {
      for await (const leader of locker.observe({ signal })) this.#saw(leader, index);
    } catch (error) {
      if (error !== signal.reason) throw error;
    }
  }

  #saw(leader: Leadership | null, index: number): void {
    this.#latest[index] = leader?.token ?? null;
    if (this.#latest[index] === this.#wanted && --this.#missing === 0) this.#all.resolve();
  }
}

/** Measures milliseconds from `release()` until the last observer knows that nobody holds the lock. */
async function newsOfRelease(holder: Locker, crowd: Crowd): Promise<number[]> {
  const samples: number[] = [];
  for (let round = 0; round < SAMPLES; round++) {
    const lease = await holder.acquire();
    await crowd.sees(lease.token);
    let released: Promise<void> | undefined;
    const took = await timed(() => {
      const heard = crowd.sees(null);
      released = lease.release();
      return heard;
    });
    await released;
    samples.push(took);
  }
  return samples;
}

/** Creates candidates for one key, spread over the connections. */
async function spread(connections: readonly NatsConnection[], count: number): Promise<Locker[]> {
  const handles = await Promise.all(connections.map((nc) => newKeyValue(nc, "locks", TTL)));
  return Array.from({ length: count }, (_, index) => {
    const kv = handles[index % handles.length];
    assert(kv);
    return new Locker({ kv });
  });
}

Deno.test("Locker.observe() by 1,000 needs no consumer, and the last sees a release within 25 times what one alone takes", () =>
  withServer(async ({ server, nc, connect }) => {
    const holder = new Locker({ kv: await newKeyValue(nc, "locks", TTL) });
    const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect()));
    const lockers = await spread(connections, MANY);
    const before = await footprint(server);
    const one = new Crowd(lockers.slice(0, 1));
    const alone = await newsOfRelease(holder, one);
    await one.cancel();
    const all = new Crowd(lockers);
    const together = await newsOfRelease(holder, all);
    assertEquals((await footprint(server)).consumers, 0);
    await all.cancel();
    const figures = `the last of ${MANY}: ${summary(together)}; one: ${summary(alone)}`;
    assertLessOrEqual(percentile(together, 50) / percentile(alone, 50), MOST, figures);
    await eventually("nothing to be left", async () => {
      const { subscriptions, consumers } = await footprint(server);
      return subscriptions === before.subscriptions && consumers === 0;
    });
  }));

Deno.test("Locker.acquire() by 1,000 needs no consumer, and leaves nothing behind when all are cancelled", () =>
  withServer(async ({ server, nc, connect }) => {
    const holder = new Locker({ kv: await newKeyValue(nc, "locks", TTL) });
    const lease = await holder.acquire();
    const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect()));
    const lockers = await spread(connections, MANY);
    const before = await footprint(server);
    const end = new AbortController();
    const waits = lockers.map((locker) => locker.acquire({ signal: end.signal }));
    const all = Promise.allSettled(waits);
    const watching = before.subscriptions + CONNECTIONS;
    await eventually("all to watch", async () => (await footprint(server)).subscriptions === watching);
    assertEquals((await footprint(server)).consumers, 0);
    const reason = new Error("enough");
    end.abort(reason);
    assertEquals((await all).filter(({ status }) => status === "fulfilled"), []);
    await assertRejects(() => waits[0] ?? Promise.resolve(), Error, "enough");
    await eventually("nothing to be left", async () => {
      return JSON.stringify(await footprint(server)) === JSON.stringify(before);
    });
    assert(lease.held);
    await lease.release();
    const next = await lockers[MANY - 1]?.acquire();
    assertEquals(next?.held, true);
    await next?.release();
  }));

Deno.test("1,000 leases of one process are renewed in time over three lease lengths", () =>
  withServer(async ({ nc }) => {
    const figures = await holdMany(nc, { leases: MANY, ttl: 3000, lengths: 3 });
    assertEquals([figures.granted, figures.held, figures.trouble], [MANY, MANY, {}]);
  }));
