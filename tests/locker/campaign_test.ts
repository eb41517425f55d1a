import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Lease, LeaseLostError } from "@x/natslock";
import { TTL, VirtualLab } from "../helpers/virtual.ts";

/** Returns a promise that the test settles. */
const deferred = () => Promise.withResolvers<void>();

Deno.test("Locker.run() returns what the work returns, and releases the lock", async () => {
  await using lab = new VirtualLab();
  assertEquals(await lab.until(lab.locker().locker.run((lease) => lease.token)), 1);
  assertEquals(lab.store.look("leader").kind, "vacant");
});

Deno.test("Locker.run() rejects with the work's error, also when the release fails", async () => {
  await using lab = new VirtualLab();
  const { locker, events } = lab.locker();
  const work = () => {
    lab.fate = () => "drop";
    throw new Error("work");
  };
  await assertRejects(() => lab.until(locker.run(work)), Error, "work");
  assertEquals(events.at(-1)?.type, "release_failed");
});

Deno.test("Locker.run() resolves though the release fails, and reports that", async () => {
  await using lab = new VirtualLab();
  const { locker, events } = lab.locker();
  const work = () => {
    lab.fate = () => "drop";
    return "done";
  };
  assertEquals(await lab.until(locker.run(work)), "done");
  assertEquals(events.at(-1)?.type, "release_failed");
});

Deno.test("Locker.run() rejects with the loss if the lease was lost before the work resolved", async () => {
  await using lab = new VirtualLab();
  const work = async () => {
    lab.fate = () => "drop";
    await new Promise<void>((resolve) => lab.clock.after(TTL, resolve));
  };
  await assertRejects(() => lab.until(lab.locker().locker.run(work)), LeaseLostError, "no renewal was confirmed");
});

Deno.test("Locker.run() 40 times at once on two Lockers serves all, and never two at a time", async () => {
  await using lab = new VirtualLab({ lag: () => 50 });
  const lockers = [lab.locker().locker, lab.locker().locker];
  const [tokens, inside] = [[] as number[], { now: 0, most: 0 }];
  const work = async (lease: Lease) => {
    inside.most = Math.max(inside.most, ++inside.now);
    tokens.push(lease.token);
    await new Promise<void>((resolve) => lab.clock.after(7, resolve));
    inside.now--;
  };
  await lab.until(Promise.all(Array.from({ length: 40 }, (_, index) => lockers[index % 2]?.run(work))));
  assertEquals([inside.most, tokens.length], [1, 40]);
  assertEquals(tokens, [...tokens].sort((a, b) => a - b));
});

Deno.test("Locker.lead() campaigns again after its work has returned", async () => {
  await using lab = new VirtualLab();
  const { locker, events } = lab.locker();
  const stop = new AbortController();
  let terms = 0;
  const leading = locker.lead(() => void (++terms === 3 && stop.abort(new Error("enough"))), stop);
  await lab.until(leading);
  assertEquals(events.map(({ type }) => type).filter((type) => type !== "renewed"), [
    ...["acquired", "released", "acquired", "released", "acquired", "released"],
  ]);
});

Deno.test("Locker.lead() rejects with what its work throws while it leads, after releasing the lead", async () => {
  await using lab = new VirtualLab();
  const leading = lab.locker().locker.lead(() => Promise.reject(new Error("work")));
  await assertRejects(() => lab.until(leading), Error, "work");
  assertEquals(lab.store.look("leader").kind, "vacant");
});

Deno.test("Locker.lead() campaigns again after a loss, once its work has settled", async () => {
  await using lab = new VirtualLab();
  const { locker, events } = lab.locker();
  const [stop, settled, seen] = [new AbortController(), deferred(), [] as number[]];
  const leading = locker.lead(async (lease) => {
    seen.push(lease.token);
    if (seen.length === 2) return stop.abort(new Error("enough"));
    lab.fate = () => "drop";
    await new Promise((resolve) => lease.signal.addEventListener("abort", resolve));
    lab.fate = () => "pass";
    await settled.promise;
    throw new Error("a consequence of the loss");
  }, stop);
  leading.catch(() => {});
  await lab.clock.advance(3 * TTL);
  assertEquals(seen.length, 1);
  settled.resolve();
  await lab.until(leading);
  assert((seen[1] ?? 0) > (seen[0] ?? 0));
  const pairs = events.map(({ type }) => type).filter((type) => ["acquired", "lost", "released"].includes(type));
  assertEquals(pairs, ["acquired", "lost", "acquired", "released"]);
});

Deno.test("Locker.lead() lets another lead when it resigns by lease.release(), and campaigns again", async () => {
  await using lab = new VirtualLab();
  const [a, b] = [lab.locker().locker, lab.locker().locker];
  const stop = new AbortController();
  const [order, other] = [[] as string[], deferred()];
  const first = a.lead(async (lease) => {
    order.push("a");
    await lease.release();
    if (order.length > 1) stop.abort(new Error("enough"));
  }, stop);
  const second = b.lead(() => void (order.push("b"), other.resolve()), stop);
  for (const leading of [first, second]) leading.catch(() => {});
  await lab.until(other.promise);
  await lab.until(first);
  assertEquals(order.slice(0, 2), ["a", "b"]);
});

Deno.test("Locker.lead() stands down on abort, and releases the lead only once its work has settled", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const [stop, started, settled] = [new AbortController(), deferred(), deferred()];
  let lease: Lease | undefined;
  const leading = locker.lead(async (granted) => {
    lease = granted;
    started.resolve();
    await settled.promise;
  }, stop);
  leading.catch(() => {});
  await lab.until(started.promise);
  stop.abort(new Error("enough"));
  assertEquals([lease?.held, lease?.signal.aborted], [false, true]);
  await lab.clock.advance(3 * TTL);
  assertEquals(lab.store.look("leader").kind, "held");
  settled.resolve();
  await lab.until(leading);
  assertEquals(lab.store.look("leader").kind, "vacant");
});

Deno.test("Locker.lead() with an aborted signal resolves before it sends a message", async () => {
  await using lab = new VirtualLab();
  await lab.locker().locker.lead(() => {}, { signal: AbortSignal.abort(new Error("mine")) });
  assertEquals(lab.sent, 0);
});
