import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { type Clock, type Lease, LeaseLostError, LeaseReleasedError } from "@x/natslock";
import { ManualClock } from "../../src/memory/manual_clock.ts";
import { TTL, VirtualLab } from "../helpers/virtual.ts";

const OTHER = "22222222-2222-4222-8222-222222222222";

async function leased(lab: VirtualLab): Promise<{ lease: Lease; events: { type: string }[] }> {
  const { locker, events } = lab.locker();
  return { lease: await lab.until(locker.acquire()), events };
}

function lostBecause(lease: Lease): string {
  assertInstanceOf(lease.signal.reason, LeaseLostError);
  return lease.signal.reason.why;
}

Deno.test("Lease renews itself by one write every third of its length, with a constant token", async () => {
  await using lab = new VirtualLab();
  const { lease } = await leased(lab);
  const { token } = lease;
  const before = lab.sent;
  await lab.clock.advance(10 * TTL);
  assertEquals([lease.held, lease.token, lab.sent - before], [true, token, 30]);
});

Deno.test("Lease.signal aborts at the end of the lease while a renewal hangs", async () => {
  await using lab = new VirtualLab();
  const { lease } = await leased(lab);
  lab.fate = () => "hang";
  await lab.clock.advance(0.9 * TTL - 1);
  assertEquals([lease.held, lease.signal.aborted], [true, false]);
  await lab.clock.advance(1);
  assertEquals([lease.held, lease.remaining, lostBecause(lease)], [false, 0, "deadline"]);
});

/** A clock whose timers do not fire while it is blocked, like a blocked event loop. */
class BlockedClock extends ManualClock implements Clock {
  blocked = false;
  override after(delay: number, callback: () => void): () => void {
    return super.after(delay, () => this.blocked || callback());
  }
}

Deno.test("Lease.held is false after the end even if no timer ran, and reading it aborts the signal", async () => {
  const clock = new BlockedClock();
  await using lab = new VirtualLab({}, clock);
  const { lease } = await leased(lab);
  clock.blocked = true;
  await clock.advance(0.9 * TTL);
  assertEquals(lease.held, false);
  assertEquals(lostBecause(lease), "deadline");
  clock.blocked = false;
});

Deno.test("Lease stays lost if a renewal is confirmed after its end", async () => {
  await using lab = new VirtualLab();
  const { lease } = await leased(lab);
  let release = () => {};
  const late = new Promise<void>((resolve) => release = resolve);
  lab.delay = () => late;
  await lab.clock.advance(0.9 * TTL);
  release();
  await lab.clock.advance(1);
  assertEquals([lease.held, lostBecause(lease)], [false, "deadline"]);
});

Deno.test("Lease is kept if the answer to a renewal is lost: the key is read first", async () => {
  await using lab = new VirtualLab();
  const { lease, events } = await leased(lab);
  let dropped = 0;
  lab.fate = ({ kind }) => kind === "write" && dropped++ === 0 ? "drop answer" : "pass";
  await lab.clock.advance(3 * TTL);
  assert(lease.held);
  assertEquals(events.filter(({ type }) => type === "renewal_failed").length, 1);
});

Deno.test("Lease survives an outage that is shorter than the lease", async () => {
  await using lab = new VirtualLab();
  const { lease } = await leased(lab);
  lab.fate = () => "drop";
  await lab.clock.advance(0.6 * TTL);
  lab.fate = () => "pass";
  await lab.clock.advance(3 * TTL);
  assert(lease.held);
});

Deno.test("Lease is lost, and not taken again, if its record is gone at a renewal", async () => {
  await using lab = new VirtualLab();
  const { lease } = await leased(lab);
  const { revision } = lab.store.look("leader");
  await lab.store.remove("leader", { expected: revision, timeout: 1 });
  await lab.clock.advance(TTL);
  assertEquals([lostBecause(lease), lab.store.look("leader").kind], ["removed", "vacant"]);
});

Deno.test("Lease is lost if another record is stored under its key", async () => {
  await using lab = new VirtualLab();
  const { lease } = await leased(lab);
  await steal(lab);
  await lab.clock.advance(TTL / 2);
  assertEquals(lostBecause(lease), "superseded");
});

Deno.test("Lease is lost with the reason removed if the bucket is deleted", async () => {
  await using lab = new VirtualLab();
  const { lease } = await leased(lab);
  lab.store.deleteBucket();
  await lab.clock.advance(TTL / 2);
  assertEquals(lostBecause(lease), "removed");
});

Deno.test("Lease.release() aborts the signal at once, then removes the record", async () => {
  await using lab = new VirtualLab();
  const { lease } = await leased(lab);
  const released = lease.release();
  assertEquals(lease.held, false);
  assertInstanceOf(lease.signal.reason, LeaseReleasedError);
  await lab.until(released);
  assertEquals(lab.store.look("leader").kind, "vacant");
});

Deno.test("Lease.release() never touches the successor's record, when called twice or after a loss", async () => {
  await using lab = new VirtualLab();
  const { lease } = await leased(lab);
  await lab.until(Promise.all([lease.release(), lease.release()]));
  const { lease: successor } = await leased(lab);
  const before = lab.sent;
  await lab.until(lease.release());
  assertEquals([successor.held, lab.sent], [true, before]);

  lab.fate = () => "hang";
  await lab.clock.advance(TTL);
  lab.fate = () => "pass";
  const { lease: third } = await leased(lab);
  await lab.until(successor.release());
  assert(third.held);
});

Deno.test("Lease.release() during a hanging renewal waits for it and leaves a successor alone", async () => {
  await using lab = new VirtualLab();
  const { lease } = await leased(lab);
  let writes = 0;
  lab.fate = ({ kind }) => kind === "write" && writes++ === 0 ? "drop" : "pass";
  await lab.clock.advance(0.34 * TTL);
  await lab.until(lease.release());
  assertEquals([lease.held, lab.store.look("leader").kind], [false, "vacant"]);
});

Deno.test("Lease.release() rejects at an error, and goes on in the background", async () => {
  await using lab = new VirtualLab();
  const { lease } = await leased(lab);
  lab.fate = () => "drop";
  await assertRejects(() => lab.until(lease.release()), Error, "no answer in time");
  lab.fate = () => "pass";
  await lab.clock.advance(TTL / 5);
  assertEquals(lab.store.look("leader").kind, "vacant");
});

async function steal(lab: VirtualLab): Promise<void> {
  const { revision } = lab.store.look("leader");
  const record = { holder: OTHER, attempt: "x.1", token: null, name: "", since: null, ttl: null, meta: {} };
  await lab.store.write("leader", { record, expected: revision, ttl: null, timeout: 1 });
}
