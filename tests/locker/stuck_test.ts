import { assert, assertEquals, assertInstanceOf, assertLess, assertRejects, assertThrows } from "@std/assert";
import {
  BadParameterError,
  type HoldLimitOptions,
  type Lease,
  LeaseLostError,
  LeaseReleasedError,
  type Locker,
  type LockEvent,
} from "@x/natslock";
import { JumpingClock } from "../helpers/jumping_clock.ts";
import { TTL, VirtualLab } from "../helpers/virtual.ts";

/** Longest hold in ms: several leases. */
const MAX_HOLD = 4 * TTL;
/** The margin of the lease in ms. */
const MARGIN = TTL / 10;

interface Stuck {
  readonly lab: VirtualLab;
  readonly locker: Locker;
  readonly events: LockEvent[];
  readonly lease: Lease;
  readonly running: Promise<string>;
  /** Lets the work resolve. */
  readonly settle: () => void;
}

/** Runs `body` while the work of `run()` holds the lock. */
async function whileWorking(options: HoldLimitOptions, body: (of: Stuck) => Promise<void>): Promise<void> {
  await using lab = new VirtualLab();
  const { locker, events } = lab.locker(options);
  const [begun, settled] = [Promise.withResolvers<Lease>(), Promise.withResolvers<void>()];
  const running = locker.run(async (lease) => {
    begun.resolve(lease);
    await settled.promise;
    return "done";
  });
  running.catch(() => {});
  await body({ lab, locker, events, lease: await lab.until(begun.promise), running, settle: settled.resolve });
  settled.resolve();
}

const typesOf = (events: readonly LockEvent[]) => events.map(({ type }) => type).filter((type) => type !== "renewed");

Deno.test("Locker reports work that holds for maxHold once, at that time, and goes on to renew", () =>
  whileWorking({ maxHold: MAX_HOLD }, async ({ lab, locker, events, lease }) => {
    await lab.clock.advance(MAX_HOLD - 1);
    assertEquals([typesOf(events), locker.health().reason], [["acquired"], "ok"]);
    await lab.clock.advance(1);
    const { key, token } = lease;
    const about = { maxHold: MAX_HOLD, token, age: MAX_HOLD, key, id: locker.id };
    assertEquals(events.filter(({ type }) => type === "stuck"), [{ type: "stuck", ...about }]);
    await lab.clock.advance(3 * MAX_HOLD);
    assertEquals([typesOf(events), lease.held], [["acquired", "stuck"], true]);
    assertEquals([locker.health().ok, locker.health().reason], [false, "stuck"]);
  }));

Deno.test("Locker writes a log line about work that holds for maxHold", async () => {
  await using lab = new VirtualLab();
  const lines: string[] = [];
  const warn = (line: string) => void lines.push(line);
  const { locker } = lab.locker({ maxHold: MAX_HOLD, logger: { debug: () => {}, info: () => {}, warn } });
  const lease = await lab.until(locker.acquire());
  await lab.clock.advance(MAX_HOLD);
  assertEquals(lines, ['Holds "leader" for longer than "maxHold"']);
  await lease.release();
});

Deno.test("Locker reports nothing about work that ends before maxHold, and each hold has its own time", async () => {
  await using lab = new VirtualLab();
  const { locker, events } = lab.locker({ maxHold: MAX_HOLD });
  for (let holds = 0; holds < 3; holds++) {
    await lab.until(locker.run(() => new Promise<void>((resolve) => lab.clock.after(MAX_HOLD - 1, resolve))));
  }
  await lab.clock.advance(2 * MAX_HOLD);
  assertEquals(typesOf(events).includes("stuck"), false);
  assertEquals([locker.health().reason, lab.clock.pending], ["ok", 0]);
});

Deno.test("Locker with onStuck release asks stuck work to stop, and gives the record back once it has settled", () =>
  whileWorking({ maxHold: MAX_HOLD, onStuck: "release" }, async ({ lab, locker, events, lease, running, settle }) => {
    const waiting = lab.locker().locker.acquire();
    await lab.clock.advance(MAX_HOLD);
    const { reason } = lease.signal;
    assertInstanceOf(reason, LeaseReleasedError);
    assertEquals(reason.message, `The lease of key "leader" is being released after "maxHold", ${MAX_HOLD} ms`);
    const held = lab.store.look("leader");
    assert(held.kind === "held" && held.record.holder === locker.id);
    assertEquals([locker.token, locker.health().reason, locker.health().lease?.held], [null, "stuck", false]);
    settle();
    assertEquals(await lab.until(running), "done");
    assertEquals(typesOf(events), ["acquired", "stuck", "released"]);
    await (await lab.until(waiting)).release();
  }));

Deno.test("Locker with onStuck release keeps others out until the lease of stuck work has run out, and reports that", () =>
  whileWorking({ maxHold: MAX_HOLD, onStuck: "release" }, async ({ lab, locker, events, running, settle }) => {
    const other = lab.locker().locker;
    await lab.clock.advance(MAX_HOLD);
    const { lease } = locker.health();
    assert(lease !== null && lease.remaining > 0);
    await lab.clock.advance(lease.remaining - 1);
    assertEquals([await lab.until(other.tryAcquire()), locker.health().reason], [null, "stuck"]);
    await lab.clock.advance(1);
    assertEquals(typesOf(events), ["acquired", "stuck", "lost"]);
    assertEquals([locker.health().reason, locker.health().lease], ["lost", null]);
    await lab.clock.advance(MARGIN);
    const next = await lab.until(other.acquire());
    settle();
    await assertRejects(() => lab.until(running), LeaseLostError);
    assertEquals([locker.health().reason, next.held], ["ok", true]);
  }));

Deno.test("Locker with onStuck release waits for release() of a lease of acquire(), and then gives the record back", async () => {
  await using lab = new VirtualLab();
  const { locker, events } = lab.locker({ maxHold: MAX_HOLD, onStuck: "release" });
  const lease = await lab.until(locker.acquire());
  await lab.clock.advance(MAX_HOLD + 10);
  assertEquals([lease.signal.aborted, lab.store.look("leader").kind], [true, "held"]);
  await lease.release();
  assertEquals([lab.store.look("leader").kind, typesOf(events)], ["vacant", ["acquired", "stuck", "released"]]);
});

Deno.test("Locker reports stuck work although the difference of its times is rounded to less than maxHold", async () => {
  await using lab = new VirtualLab();
  const { locker, events } = lab.locker({ maxHold: MAX_HOLD });
  const granted = 1869.007;
  assertLess(granted + MAX_HOLD - granted, MAX_HOLD);
  await lab.clock.advance(granted);
  const settled = Promise.withResolvers<void>();
  const running = locker.run(() => settled.promise);
  await lab.clock.advance(MAX_HOLD);
  assertEquals(typesOf(events), ["acquired", "stuck"]);
  settled.resolve();
  await lab.until(running);
});

Deno.test("Locker.lead() with onStuck release campaigns again after work that was stuck", async () => {
  await using lab = new VirtualLab();
  const { locker, events } = lab.locker({ maxHold: MAX_HOLD / 4, onStuck: "release" });
  const tokens: number[] = [];
  const third = Promise.withResolvers<void>();
  const leading = locker.lead(async ({ token, signal }) => {
    if (tokens.push(token) === 3) third.resolve();
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
  await lab.until(third.promise);
  await lab.until(locker.close());
  await lab.until(leading);
  const term = ["acquired", "stuck", "released"];
  assertEquals(typesOf(events), [...term, ...term, "acquired", "released"]);
});

Deno.test("Locker with onStuck release stops the renewals of work that a campaign has asked to stop", async () => {
  await using lab = new VirtualLab();
  const { locker, events } = lab.locker({ maxHold: MAX_HOLD, onStuck: "release" });
  const [stop, settled] = [new AbortController(), Promise.withResolvers<void>()];
  const leading = locker.lead(() => settled.promise, stop).catch(() => {});
  await lab.clock.advance(10);
  stop.abort();
  await lab.clock.advance(MAX_HOLD + TTL);
  assertEquals(typesOf(events), ["acquired", "stuck", "lost"]);
  settled.resolve();
  await lab.until(leading);
});

Deno.test("Locker leaves no timer for maxHold behind if close() cannot confirm the release", async () => {
  await using lab = new VirtualLab();
  const { locker, events } = lab.locker({ maxHold: MAX_HOLD });
  await lab.until(locker.acquire());
  lab.fate = () => "drop";
  await lab.until(locker.close());
  assertEquals([typesOf(events).at(-1), lab.clock.pending], ["release_failed", 0]);
});

Deno.test("Locker reports no hold as stuck that was over, by the clock, before its timer could run", async () => {
  const clock = new JumpingClock();
  await using lab = new VirtualLab({}, clock);
  const { locker, events } = lab.locker({ maxHold: TTL / 4 });
  await lab.until(locker.acquire());
  lab.fate = () => "drop";
  clock.skipped = TTL;
  await clock.advance(TTL);
  assertEquals(typesOf(events), ["acquired", "lost"]);
});

Deno.test("Locker reports no hold of acquireLead() as stuck, because its loop renews it", async () => {
  await using lab = new VirtualLab();
  const { locker, events } = lab.locker({ maxHold: MAX_HOLD, onStuck: "release" });
  for (let calls = 0; calls < 40; calls++) {
    assert(await lab.until(locker.acquireLead()));
    await lab.clock.advance(TTL / 3);
  }
  assertEquals([typesOf(events), locker.health().reason], [["acquired"], "ok"]);
});

Deno.test("Locker refuses a maxHold that is no positive number, and an onStuck that it does not know", () => {
  const lab = new VirtualLab();
  const wrong = [{ maxHold: 0 }, { maxHold: -1 }, { maxHold: NaN }, { maxHold: "5" }, { onStuck: "stop" }];
  for (const options of wrong) {
    const [parameter = "", value] = Object.entries(options)[0] ?? [];
    const error = assertThrows(() => lab.locker(options as HoldLimitOptions), BadParameterError);
    assertEquals([error.parameter, error.message.endsWith(`current value is ${shown(value)}`)], [parameter, true]);
  }
});

const shown = (value: unknown) => typeof value === "string" ? JSON.stringify(value) : String(value);
