import { SpanStatusCode } from "@opentelemetry/api";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { AcquireTimeoutError, Locker } from "@x/natslock";
import { instrument } from "@x/natslock/otel";
import { TTL, VirtualLab } from "../helpers/virtual.ts";
import { Fleet, type Member } from "../locks/fleet.ts";
import { Telemetry } from "./telemetry.ts";

/** Runs work in an active span. Returns the id of the span, and what the work returned. */
function within<T>({ tracer }: Telemetry, work: () => T): { readonly id: string; readonly result: T } {
  return tracer.startActiveSpan("caller", (span) => {
    const result = work();
    span.end();
    return { id: span.spanContext().spanId, result };
  });
}

const spansNamed = ({ spans }: Telemetry, name: string) => spans.filter((span) => span.name === name);

Deno.test("instrument makes a span for a wait and one for the hold, with key, token and epoch", async () => {
  await using telemetry = await Telemetry.start();
  await using lab = new VirtualLab();
  const { locker } = lab.locker({ key: "job" });
  instrument(locker, { tracer: telemetry.tracer });
  const { token, epoch } = await lab.until(locker.run((lease) => lease));
  const grant = { "natslock.token": token, "natslock.epoch": epoch };
  const about = { "natslock.bucket": locker.name, "natslock.kind": "locker", "natslock.key": "job", ...grant };
  assertEquals<unknown>(telemetry.spans.map(({ name, attributes }) => [name, attributes]), [
    ["natslock.wait", { ...about, "natslock.outcome": "granted" }],
    ["natslock.hold", { ...about, "natslock.outcome": "released" }],
  ]);
  assertEquals(telemetry.spans.map(({ status }) => status.code), [SpanStatusCode.UNSET, SpanStatusCode.UNSET]);
});

Deno.test("instrument ends the span of a hold that was lost with an error and the reason", async () => {
  await using telemetry = await Telemetry.start();
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  instrument(locker, { tracer: telemetry.tracer });
  await lab.until(locker.acquire());
  lab.fate = () => "drop";
  await lab.clock.advance(TTL);
  const [span] = spansNamed(telemetry, "natslock.hold");
  assertEquals(span?.status, { code: SpanStatusCode.ERROR, message: "The lock was lost: deadline" });
  assertEquals([span?.attributes["natslock.outcome"], span?.attributes["natslock.reason"]], ["lost", "deadline"]);
});

Deno.test("instrument ends the span of a wait that timed out with an error", async () => {
  await using telemetry = await Telemetry.start();
  await using lab = new VirtualLab();
  const [{ locker: holder }, { locker }] = [lab.locker(), lab.locker()];
  instrument(locker, { tracer: telemetry.tracer });
  await lab.until(holder.acquire());
  await assertRejects(() => lab.until(locker.acquire({ timeout: 100 })), AcquireTimeoutError);
  const [span] = spansNamed(telemetry, "natslock.wait");
  assertEquals(span?.status.code, SpanStatusCode.ERROR);
  assertEquals(
    [span?.attributes["natslock.outcome"], span?.attributes["error.type"]],
    ["timeout", "ACQUIRE_TIMEOUT"],
  );
});

Deno.test("instrument ends the span of a wait that the caller aborted without an error", async () => {
  await using telemetry = await Telemetry.start();
  await using lab = new VirtualLab();
  const [{ locker: holder }, { locker }] = [lab.locker(), lab.locker()];
  instrument(locker, { tracer: telemetry.tracer });
  await lab.until(holder.acquire());
  const controller = new AbortController();
  const acquiring = locker.acquire({ signal: controller.signal });
  await lab.clock.advance(50);
  controller.abort(new Error("enough"));
  await assertRejects(() => lab.until(acquiring), Error, "enough");
  const [span] = spansNamed(telemetry, "natslock.wait");
  assertEquals([span?.status.code, span?.attributes["natslock.outcome"]], [SpanStatusCode.UNSET, "aborted"]);
});

Deno.test("instrument puts the spans of a Locker under the span that was active at the call", async () => {
  await using telemetry = await Telemetry.start();
  await using lab = new VirtualLab();
  const [{ locker: holder }, { locker }] = [lab.locker(), lab.locker()];
  instrument(locker, { tracer: telemetry.tracer });
  const held = await lab.until(holder.acquire());
  const { id, result: acquiring } = within(telemetry, () => locker.run(() => {}));
  await lab.clock.advance(50);
  await lab.until(held.release());
  await lab.until(acquiring);
  const spans = telemetry.spans.filter(({ name }) => name !== "caller");
  assertEquals(spans.map(({ name, parentSpanContext }) => [name, parentSpanContext?.spanId]), [
    ["natslock.wait", id],
    ["natslock.hold", id],
  ]);
});

Deno.test("instrument puts the hold of a Lock under the span of its own call, though others share the grant", async () => {
  await using telemetry = await Telemetry.start();
  const fleet = new Fleet(2);
  const [{ locks: other }, { locks }] = fleet.members as [Member, Member];
  instrument(locks, { tracer: telemetry.tracer });
  const blocking = await fleet.until(other.acquire("a"));
  const calls = [1, 2].map(() => within(telemetry, () => locks.acquire("a", { mode: "shared" })));
  await fleet.pass(100);
  await fleet.until(blocking.release());
  for (const { result } of calls) await fleet.until((await fleet.until(result)).release());
  const holds = spansNamed(telemetry, "natslock.hold");
  const waits = spansNamed(telemetry, "natslock.wait");
  for (const spans of [holds, waits]) {
    assertEquals(spans.map(({ parentSpanContext }) => parentSpanContext?.spanId), calls.map(({ id }) => id));
  }
  const tokens = await Promise.all(calls.map(async ({ result }) => (await result).token));
  assertEquals(holds.map(({ attributes }) => attributes["natslock.token"]), tokens);
  await fleet.until(Promise.all(fleet.members.map(({ locks }) => locks.close())));
});

Deno.test("instrument starts a span for what a Locker holds already, and ends all spans when it is stopped", async () => {
  await using telemetry = await Telemetry.start();
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const lease = await lab.until(locker.acquire());
  const stop = instrument(locker, { tracer: telemetry.tracer });
  assertEquals(telemetry.spans.length, 0);
  stop();
  const [span] = telemetry.spans;
  assertEquals([span?.name, span?.attributes["natslock.token"]], ["natslock.hold", lease.token]);
  await lab.until(lease.release());
  assertEquals(telemetry.spans.length, 1);
  assert(locker instanceof Locker);
});
