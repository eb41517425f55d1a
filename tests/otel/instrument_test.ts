import { metrics, trace } from "@opentelemetry/api";
import * as earlier from "opentelemetry-api-1.9";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { BadParameterError, type Listener, type Locker, type LockEvent } from "@x/natslock";
import { instrument, type Meter, type Tracer } from "@x/natslock/otel";
import { ManualClock } from "../../src/memory/manual_clock.ts";
import { TTL, VirtualLab } from "../helpers/virtual.ts";
import { Fleet, type Member } from "../locks/fleet.ts";
import { Telemetry } from "./telemetry.ts";

/** What releases of `@opentelemetry/api` make. The types are the test: `deno check` holds them against ours. */
const APIS: readonly (readonly [release: string, meter: Meter, tracer: Tracer])[] = [
  ["1.10", metrics.getMeter("natslock"), trace.getTracer("natslock")],
  ["1.9", earlier.metrics.getMeter("natslock"), earlier.trace.getTracer("natslock")],
];

for (const [release, meter, tracer] of APIS) {
  Deno.test(`instrument accepts the meter and the tracer of @opentelemetry/api ${release}, without an SDK`, async () => {
    await using lab = new VirtualLab();
    const { locker } = lab.locker();
    instrument(locker, { meter, tracer });
    await lab.until(locker.run(() => {}));
  });
}

Deno.test("instrument costs nothing without a meter and a tracer: it adds no listener", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const added: Listener[] = [];
  const watched = new Proxy(locker, {
    get: (target, name) => name === "listen" ? (listener: Listener) => added.push(listener) : Reflect.get(target, name),
  });
  const stop = instrument(watched, { meter: undefined });
  instrument(watched, {});
  stop();
  assertEquals(added, []);
});

Deno.test("instrument refuses a second call for the same Locker, until the first is stopped", async () => {
  await using telemetry = await Telemetry.start();
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const stop = instrument(locker, telemetry);
  const error = assertThrows(() => instrument(locker, telemetry), BadParameterError);
  assertStringIncludes(error.message, "is instrumented already");
  stop();
  instrument(locker, telemetry);
  stop();
  assertThrows(() => instrument(locker, telemetry), BadParameterError);
  await lab.until(locker.run(() => {}));
  assertEquals((await telemetry.scrape()).sum("natslock_acquisitions_total"), 1);
});

Deno.test("instrument takes back what it counts as held and waiting when it is stopped", async () => {
  await using telemetry = await Telemetry.start();
  await using lab = new VirtualLab();
  const [{ locker: holder }, { locker: waiter }] = [lab.locker(), lab.locker()];
  const stops = [holder, waiter].map((locker) => instrument(locker, { meter: telemetry.meter }));
  await lab.until(holder.acquire());
  const waiting = waiter.acquire();
  await lab.clock.advance(50);
  const levels = async () => {
    const scrape = await telemetry.scrape();
    return ["held", "waiting", "leader"].map((name) => scrape.sum(`natslock_${name}`));
  };
  assertEquals(await levels(), [1, 1, 1]);
  for (const stop of stops) stop();
  assertEquals(await levels(), [0, 0, 0]);
  await lab.until(holder.releaseLead());
  await lab.until(waiting);
  assertEquals(await levels(), [0, 0, 0]);
});

Deno.test("instrument counts what a Locker holds already", async () => {
  await using telemetry = await Telemetry.start();
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const lease = await lab.until(locker.acquire());
  instrument(locker, { meter: telemetry.meter });
  assertEquals((await telemetry.scrape()).sum("natslock_held"), 1);
  await lab.until(lease.release());
  assertEquals((await telemetry.scrape()).sum("natslock_held"), 0);
});

/** A clock that can jump ahead of its timers, as that of a process whose event loop was blocked does. */
class JumpingClock extends ManualClock {
  ahead = 0;

  override now(): number {
    return super.now() + this.ahead;
  }
}

Deno.test("instrument reports a leader by the clock, before an event can come", async () => {
  await using telemetry = await Telemetry.start();
  const clock = new JumpingClock();
  await using lab = new VirtualLab({}, clock);
  const { locker } = lab.locker();
  instrument(locker, { meter: telemetry.meter });
  await lab.until(locker.acquire());
  const before = await telemetry.scrape();
  clock.ahead = TTL;
  const after = await telemetry.scrape();
  assertEquals([before, after].map((scrape) => scrape.sum("natslock_leader")), [1, 0]);
});

Deno.test("instrument adds the attributes of the option to measurements about a lock, not to those of a session", async () => {
  await using telemetry = await Telemetry.start();
  const fleet = new Fleet(1);
  const { locks, events } = fleet.members[0] as Member;
  instrument(locks, { meter: telemetry.meter, attributes: ({ key }) => ({ "natslock.key": key }) });
  const held = await Promise.all(["a", "b", "a"].map((name) => fleet.until(locks.acquire(name, { mode: "shared" }))));
  await fleet.pass(1500);
  const scrape = await telemetry.scrape();
  assertEquals(["a", "b"].map((key) => scrape.sum("natslock_held", { natslock_key: key })), [2, 1]);
  assertEquals(scrape.sum("natslock_renewals_total", { natslock_kind: "locks" }), 1);
  assertEquals(scrape.labelsOf("natslock_renewals_total").has("natslock_key"), false);
  assertEquals(scrape.sum("natslock_wait_duration_count", { natslock_outcome: "granted" }), 3);
  await fleet.until(Promise.all(held.map((lock) => lock.release())));
  await fleet.until(locks.close());
  const after = await telemetry.scrape();
  assertEquals([after.sum("natslock_held"), after.sum("natslock_waiting")], [0, 0]);
  assertEquals(after.sum("natslock_events_total"), events.length);
});

Deno.test("instrument begins to count failures at 0, so that an alert sees the first one", async () => {
  await using telemetry = await Telemetry.start();
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  instrument(locker, { meter: telemetry.meter });
  const scrape = await telemetry.scrape();
  const failures = ["losses", "renewal_failures", "events"].map((name) => `natslock_${name}_total`);
  assertEquals(failures.map((name) => [scrape.names.has(name), scrape.sum(name)]), failures.map(() => [true, 0]));
});

Deno.test("instrument begins to count failures at 0 for each value of an attribute, with its first wait", async () => {
  await using telemetry = await Telemetry.start();
  const fleet = new Fleet(1);
  const { locks } = fleet.members[0] as Member;
  instrument(locks, { meter: telemetry.meter, attributes: ({ key }) => ({ "natslock.key": key }) });
  await fleet.until(locks.request("a", () => {}));
  assertEquals((await telemetry.scrape()).has("natslock_losses_total", { natslock_key: "a" }), true);
  await fleet.until(locks.close());
});

Deno.test("instrument counts events of a type that it does not know", async () => {
  await using telemetry = await Telemetry.start();
  let hear: Listener["onEvent"];
  const listen = (listener: Listener) => {
    hear ??= listener.onEvent?.bind(listener);
    return () => {};
  };
  const target = { name: "locks", key: "leader", token: null, listen } as unknown as Locker;
  instrument(target, { meter: telemetry.meter });
  hear?.({ type: "stuck", key: "leader", id: "", token: 1 } as unknown as LockEvent);
  assertEquals((await telemetry.scrape()).sum("natslock_events_total", { natslock_event: "stuck" }), 1);
});

Deno.test("instrument contains a meter and a tracer that fail, and logs the first error of each", async () => {
  await using lab = new VirtualLab();
  const warnings: unknown[] = [];
  const warn = (line: unknown) => void warnings.push(line);
  const { locker, events } = lab.locker({ logger: { debug: () => {}, info: () => {}, warn } });
  const fail = (): never => {
    throw new Error("broken");
  };
  const counter = () => ({ add: (value: number) => value === 0 ? undefined : fail() });
  const meter: Meter = {
    createCounter: counter,
    createUpDownCounter: counter,
    createHistogram: () => ({ record: fail }),
    createObservableGauge: () => ({ addCallback: () => {} }),
  };
  instrument(locker, { meter, tracer: { startSpan: fail } });
  for (let turn = 0; turn < 3; turn++) await lab.until(locker.run(() => {}));
  assertEquals(events.filter(({ type }) => type === "released").length, 3);
  assertEquals(warnings, Array(2).fill('A listener of "leader" failed'));
});

Deno.test("instrument throws what a meter throws that cannot make the metrics, and leaves nothing behind", async () => {
  await using telemetry = await Telemetry.start();
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const meter = {
    createCounter: () => {
      throw new Error("no");
    },
  } as unknown as Meter;
  assertThrows(() => instrument(locker, { meter }), Error, "no");
  instrument(locker, telemetry);
  assertThrows(() => instrument(locker, telemetry), BadParameterError);
});
