import { assert, assertEquals, assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { Locker } from "@x/natslock";
import { serverTime } from "../../tools/demo/history.ts";
import type { LeaseSettings } from "../../src/lease/key_context.ts";
import { KeyWatcher } from "../../src/locker/key_watcher.ts";
import { ManualClock } from "../../src/memory/manual_clock.ts";
import type { KeyState } from "../../src/store/record.ts";
import type { Hint, LeaseStore } from "../../src/store/store.ts";
import { guard, signalIfRunning, unguard } from "../../tools/nats/process.ts";
import { begunWait, elapse, eventually, type Lone, lone, percentile, sent, summary } from "../helpers/measure.ts";
import { newKeyValue, withServer } from "../helpers/nats.ts";
import { VirtualLab } from "../helpers/virtual.ts";

const TTL = 2000;
const KEYS = 25;
/** A round that was too slow is repeated, up to so many rounds. */
const ROUNDS = 3;

/** Time that the server may take to remove a record, and the waiter to read again. */
const SLACK = 500;
const MOST_MESSAGES = 12;

/** A stored change of a key. */
interface Change {
  readonly holder: string;
  /** Milliseconds by the server's clock. */
  readonly at: number;
}

/** Collects the changes of each key, as the server republishes them. */
async function follow(nc: NatsConnection): Promise<Map<string, Change[]>> {
  const changes = new Map<string, Change[]>();
  nc.subscribe("natslock.locks.>", {
    callback: (error, message) => {
      if (error) return;
      const key = message.subject.split(".").slice(2).join(".");
      const change = { holder: message.string(), at: serverTime(message.headers?.get("Nats-Time-Stamp") ?? "") };
      changes.set(key, [...changes.get(key) ?? [], change]);
    },
  });
  await nc.flush();
  return changes;
}

/** A process that holds the keys of a lane and renews them until it is killed. */
class Victim implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;

  constructor(url: string, lane: string) {
    const args = ["run", "-A", import.meta.url, url, lane];
    this.#process = new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "null" }).spawn();
    guard(this);
  }

  /** Kills the process at once; also called when this process ends. */
  destroy(): void {
    signalIfRunning(this.#process, "SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
    await this.#process.status;
    unguard(this);
  }
}

/** Runs in the victim. Takes the keys one after the other, so that their renewals are spread over the interval. */
async function hold(url: string, lane: string): Promise<void> {
  const nc = await wsconnect({ servers: url });
  const kv = await newKeyValue(nc, "locks", TTL);
  for (const key of keysOf(lane)) {
    await new Locker({ kv, key }).acquire();
    await elapse(TTL / 3 / KEYS);
  }
}

function keysOf(lane: string): string[] {
  return Array.from({ length: KEYS }, (_, index) => `${lane}.${index}`);
}

/** Lets the waiters of one lane take over from a process that is killed. */
async function takeOver(lane: string, lab: { url: string; waiters: Lone[]; changes: Map<string, Change[]> }) {
  const { waiters, changes } = lab;
  await using victim = new Victim(lab.url, lane);
  const keys = keysOf(lane);
  await eventually("the victim to hold all", () => keys.every((key) => changes.has(key)), 30_000);
  const waits = await Promise.all(waiters.map((waiter) => begunWait(waiter)));
  // A waiter counts from when it first saw the record, so let it see a renewal first.
  const known = new Map(keys.map((key) => [key, changes.get(key)?.length ?? 0]));
  await eventually(
    "a renewal of each",
    () => keys.every((key) => (changes.get(key)?.length ?? 0) > (known.get(key) ?? 0)),
  );
  const before = waiters.map(({ nc }) => sent(nc));
  victim.destroy();
  const took = await Promise.all(waits.map(async (granted, index) => {
    const { locker, nc } = waiters[index] as Lone;
    await granted();
    const messages = sent(nc) - (before[index] ?? 0);
    await eventually("the grant to be repeated", () => changes.get(locker.key)?.at(-1)?.holder === locker.id);
    const history = changes.get(locker.key) ?? [];
    const grant = history.findIndex(({ holder }) => holder === locker.id);
    return { after: (history[grant]?.at ?? NaN) - (history[grant - 1]?.at ?? NaN), messages };
  }));
  return took;
}

Deno.test("Locker.acquire() takes over from 50 killed holders within 0.5 s after their leases end, never before, in few messages", () =>
  withServer(async ({ server, nc, connect }) => {
    await newKeyValue(nc, "locks", TTL);
    const changes = await follow(nc);
    const lanes = ["first", "second"];
    const run = async (lane: string) => {
      const waiters = await Promise.all(
        keysOf(lane).map(async (key) => {
          const own = await connect();
          return lone(own, { kv: await newKeyValue(own, "locks", TTL), key });
        }),
      );
      const took = await takeOver(lane, { url: server.url, waiters, changes });
      await Promise.all(waiters.map(({ locker }) => locker.close()));
      return took;
    };
    // A machine that is busy delays grants: the best of three rounds counts. Grants that are early count in each.
    for (let round = 1; round <= ROUNDS; round++) {
      const took = (await Promise.all(lanes.map((lane) => run(`${lane}-${round}`)))).flat();
      const after = took.map((each) => each.after);
      const messages = took.map((each) => each.messages);
      const figures = `grant after the last message ${summary(after)}; messages ${percentile(messages, 50)} to ` +
        `${Math.max(...messages)}`;
      assertEquals(took.length, 2 * KEYS);
      assertGreaterOrEqual(Math.min(...after), TTL, figures);
      assertLessOrEqual(Math.max(...messages), MOST_MESSAGES, figures);
      const isInTime = percentile(after, 99) <= TTL + SLACK;
      assert(isInTime || round < ROUNDS, figures);
      if (isInTime) return;
    }
  }));

const LONG = 10_000;

for (const since of [0, 0.3, 0.6, 0.9, 0.96, 0.99]) {
  Deno.test(`Locker.acquire() that starts ${since} of a lease after a crash takes over within ttl + 0.5 s of the last renewal, with at most ten more messages`, async () => {
    for (const lag of [0, 150, 300]) {
      await using lab = new VirtualLab({ ttl: LONG, lag: () => lag });
      await lab.until(lab.locker().locker.acquireLead());
      const crashed = lab.clock.now();
      await lab.clock.advance(since * LONG);
      const { locker } = lab.locker();
      const before = lab.sent;
      let took = NaN;
      locker.acquire().then(() => took = lab.clock.now() - crashed);
      for (let turn = 0; Number.isNaN(took) && turn < 3000; turn++) await lab.clock.advance(5);
      assert(took >= LONG && took <= LONG + SLACK, `lag ${lag}: ${took} ms`);
      assert(lab.sent - before <= 3 + 10, `lag ${lag}: ${lab.sent - before} messages`);
    }
  });
}

Deno.test("Locker.acquire() that starts long after a crash takes over within ttl + 0.5 s of the last renewal, on a real server", () =>
  withServer(async ({ nc, connect }) => {
    const ttl = 6000;
    const [dead, own] = [await newKeyValue(nc, "locks", ttl), await connect()];
    await using waiter = new Locker({ kv: await newKeyValue(own, "locks", ttl) });
    await new Locker({ kv: dead }).acquireLead();
    const crashed = performance.now();
    await elapse(0.7 * ttl);
    await waiter.acquire();
    const took = performance.now() - crashed;
    assertGreaterOrEqual(took, ttl);
    // The machine may be busy with other work.
    assertLessOrEqual(took, ttl + 2 * SLACK);
  }));

Deno.test("KeyWatcher.noteRead() of a read that is older than a push does not count the lease twice", async () => {
  const record = { holder: crypto.randomUUID(), attempt: null, token: null, name: "", since: null, ttl: TTL, meta: {} };
  const held = (revision: number): KeyState => ({ kind: "held", revision, record });
  const clock = new ManualClock();
  let push = (_hint: Hint) => {};
  const watch: LeaseStore["watch"] = (_key, listener) => (push = listener, () => {});
  const settings = { ttl: TTL, retryEvery: 10 } as LeaseSettings;
  const place = { store: { watch } as LeaseStore, clock, key: "k", settings, load: () => Promise.resolve(settings) };
  using watcher = new KeyWatcher(place, () => {});
  const { signal } = new AbortController();
  push({ kind: "seen", keyState: held(2) });
  watcher.noteRead(held(1));
  assertEquals(await watcher.next(signal), held(2));
  const looks: number[] = [];
  for (let look = 0; look < 2; look++) {
    const next = watcher.next(signal).then((news) => looks.push(news === null ? clock.now() : NaN));
    for (let turn = 0; looks.length === look && turn < 100; turn++) await clock.advance(50);
    await next;
    watcher.noteRead(held(2));
  }
  assertEquals(looks, [TTL, TTL + 50]);
});

if (import.meta.main) {
  const [url, lane] = Deno.args;
  assert(url && lane, "this file is a test; with an address and a lane it is a process to be killed");
  await hold(url, lane);
}
