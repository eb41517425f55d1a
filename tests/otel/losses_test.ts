import { Kvm } from "@nats-io/kv";
import { assertEquals, assertLess } from "@std/assert";
import { Locker, type LockEvent } from "@x/natslock";
import { instrument } from "@x/natslock/otel";
import { type Lab, newKeyValue, withServer } from "../helpers/nats.ts";
import { Telemetry } from "./telemetry.ts";

/** Lease length in ms. */
const TTL = 1000;

/** Three ways to take the lock from its holder, and the reason that it gives for each. */
async function threats({ server, nc }: Lab): Promise<readonly (readonly [why: string, make: () => unknown])[]> {
  const kv = await new Kvm(nc).open("locks");
  return [
    ["removed", () => kv.purge("leader")],
    ["superseded", () => kv.put("leader", crypto.randomUUID())],
    ["deadline", () => server.pause()],
  ];
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

Deno.test("Metrics scraped from a real exporter agree with the events of a run with 3 losses", () =>
  withServer(async (lab) => {
    await using telemetry = await Telemetry.start();
    const events: LockEvent[] = [];
    const kv = await newKeyValue(lab.nc, "locks", TTL);
    const locker = new Locker({ kv, onEvent: (event) => events.push(event) });
    instrument(locker, { meter: telemetry.meter });
    const causes = await threats(lab);
    for (const [, make] of causes) {
      const lease = await locker.acquire();
      const lost = aborted(lease.signal);
      await make();
      await lost;
      lab.server.resume();
    }
    const during = await locker.run(() => telemetry.scrape());
    assertEquals(["held", "leader", "waiting"].map((name) => during.sum(`natslock_${name}`)), [1, 1, 0]);
    await locker.close();

    const all = (type: string) => events.filter((event) => event.type === type);
    const after = await telemetry.scrape();
    for (const [why] of causes) assertEquals(after.sum("natslock_losses_total", { natslock_reason: why }), 1, why);
    assertEquals([all("lost").length, all("acquired").length, all("released").length], [3, 4, 1]);
    assertEquals(after.sum("natslock_acquisitions_total"), 4);
    assertEquals(after.sum("natslock_renewals_total"), all("renewed").length);
    assertEquals(after.sum("natslock_renewal_failures_total"), all("renewal_failed").length);
    for (const { type } of events) {
      assertEquals(after.sum("natslock_events_total", { natslock_event: type }), all(type).length, type);
    }
    assertEquals(after.sum("natslock_events_total"), events.length);
    for (const [outcome, type] of [["released", "released"], ["lost", "lost"]] as const) {
      assertEquals(after.sum("natslock_hold_duration_count", { natslock_outcome: outcome }), all(type).length);
    }
    const ages = events.map((event) => event.type === "released" || event.type === "lost" ? event.age : 0);
    const seconds = ages.reduce((sum, age) => sum + age) / 1000;
    assertLess(Math.abs(after.sum("natslock_hold_duration_sum") - seconds), 1e-6);
    assertEquals(after.sum("natslock_wait_duration_count", { natslock_outcome: "granted" }), 4);
    assertEquals(["held", "leader", "waiting"].map((name) => after.sum(`natslock_${name}`)), [0, 0, 0]);
    assertEquals(after.sum("natslock_acquisitions_total", { natslock_bucket: "locks", natslock_kind: "locker" }), 4);
  }));
