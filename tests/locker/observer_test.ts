import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConnectionError, type Leadership, type Locker, LockerClosedError } from "@x/natslock";
import { TTL, VirtualLab } from "../helpers/virtual.ts";

/** Collects the tokens of the leaders until the observer ends. */
function watching(locker: Locker, signal?: AbortSignal): { seen: (number | null)[]; ended: Promise<void> } {
  const seen: (number | null)[] = [];
  const run = async () => {
    for await (const leader of locker.observe(signal ? { signal } : {})) seen.push(leader?.token ?? null);
  };
  const ended = run();
  ended.catch(() => {});
  return { seen, ended };
}

Deno.test("Locker.observe() yields who leads now, then each change, and no renewals", async () => {
  await using lab = new VirtualLab();
  const { seen } = watching(lab.locker().locker);
  await lab.clock.advance(1);
  const lease = await lab.until(lab.locker().locker.acquire());
  await lab.clock.advance(3 * TTL);
  await lab.until(lease.release());
  await lab.clock.advance(1);
  assertEquals(seen, [null, lease.token, null]);
});

Deno.test("Locker.observe() sees the end of a lease that was not released, but not before it has run out", async () => {
  await using lab = new VirtualLab({ lag: () => 200 });
  const { seen } = watching(lab.locker().locker);
  await lab.clock.advance(1);
  await lab.until(lab.locker().locker.acquireLead());
  await lab.clock.advance(TTL - 50);
  assertEquals(seen, [null, 1]);
  await lab.clock.advance(600);
  assertEquals(seen, [null, 1, null]);
});

Deno.test("Locker.observe() sends no message while the holder renews", async () => {
  await using lab = new VirtualLab();
  await lab.until(lab.locker().locker.acquire());
  watching(lab.locker().locker);
  await lab.clock.advance(10);
  const before = lab.sent;
  await lab.clock.advance(4 * TTL);
  // One message asks for the age of the record that was there before.
  assertEquals(lab.sent - before, 12 + 1);
});

Deno.test("Locker.observe() comes to the newest state though pushes were lost", async () => {
  let deaf = false;
  await using lab = new VirtualLab({ push: (hint, deliver) => deaf && hint.kind === "seen" || deliver() });
  const { seen } = watching(lab.locker().locker);
  await lab.clock.advance(1);
  deaf = true;
  const lease = await lab.until(lab.locker().locker.acquire());
  lab.store.tell({ kind: "gap" });
  await lab.clock.advance(10);
  assertEquals(seen.at(-1), lease.token);
});

Deno.test("Locker.observe() skips to the newest for a slow reader", async () => {
  await using lab = new VirtualLab();
  const reader = lab.locker().locker.observe()[Symbol.asyncIterator]();
  assertEquals((await lab.until(reader.next())).value, null);
  const { locker } = lab.locker();
  let token = 0;
  for (let term = 0; term < 3; term++) {
    const lease = await lab.until(locker.acquire());
    token = lease.token;
    if (term < 2) await lab.until(lease.release());
  }
  const { value } = await lab.until(reader.next()) as { value: Leadership | null };
  assertEquals(value?.token, token);
  await reader.return?.();
});

Deno.test("Locker.observe() ends its watch when the loop is left", async () => {
  await using lab = new VirtualLab();
  for await (const _ of lab.locker().locker.observe()) break;
  assertEquals([lab.store.watches, lab.clock.pending], [0, 0]);
});

Deno.test("Locker.observe() ends when its signal is aborted", async () => {
  await using lab = new VirtualLab();
  const controller = new AbortController();
  const { ended } = watching(lab.locker().locker, controller.signal);
  await lab.clock.advance(1);
  controller.abort(new Error("mine"));
  await lab.until(ended);
  assertEquals(lab.store.watches, 0);
});

Deno.test("Locker.observe() ends when the Locker is closed, and rejects on a closed Locker", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const { ended } = watching(locker);
  await lab.clock.advance(1);
  await lab.until(locker.close());
  await lab.until(ended);
  await assertRejects(() => lab.until(watching(locker).ended), LockerClosedError);
});

for (const end of ["its signal is aborted", "the Locker is closed"]) {
  Deno.test(`Locker.observe() leaves no watch and no timer when ${end}, even if its reader does not ask again`, async () => {
    await using lab = new VirtualLab();
    const { locker } = lab.locker();
    const stop = new AbortController();
    const reader = locker.observe(stop)[Symbol.asyncIterator]();
    assertEquals(await lab.until(reader.next()), { done: false, value: null });
    if (end === "its signal is aborted") stop.abort();
    else await lab.until(locker.close());
    assertEquals([lab.store.watches, lab.clock.pending], [0, 0]);
    assertEquals(await lab.until(reader.next()), { done: true, value: undefined });
  });
}

Deno.test("Locker.observe() retries transient errors, and ends when the bucket is gone", async () => {
  await using lab = new VirtualLab();
  lab.fate = () => "drop";
  const { seen, ended } = watching(lab.locker().locker);
  await lab.clock.advance(2 * TTL);
  assertEquals(seen, []);
  lab.fate = () => "pass";
  await lab.clock.advance(TTL);
  assertEquals(seen, [null]);
  lab.store.deleteBucket();
  lab.store.tell({ kind: "gap" });
  assert(await lab.until(ended).catch((error) => error) instanceof ConnectionError);
});

Deno.test("Locker.observe() with an aborted signal ends before it sends a message", async () => {
  await using lab = new VirtualLab();
  const { seen, ended } = watching(lab.locker().locker, AbortSignal.abort(new Error("mine")));
  await ended;
  assertEquals([seen, lab.sent], [[], 0]);
});

Deno.test("Locker.observe() finds a new leader whose push was lost while nobody led", async () => {
  await using lab = new VirtualLab({ push: () => {} });
  const { seen } = watching(lab.locker().locker);
  await lab.clock.advance(1);
  const lease = await lab.until(lab.locker().locker.acquire());
  await lab.clock.advance(TTL);
  assertEquals(seen, [null, lease.token]);
});

const DENIED = new ConnectionError("denied", "Cannot watch: not allowed");

for (const [when, looks] of [["while it waits", false], ["while it looks", true]] as const) {
  Deno.test(`Locker.observe() ends with the error of its watch that comes ${when}`, async () => {
    await using lab = new VirtualLab();
    const { seen, ended } = watching(lab.locker().locker);
    await lab.clock.advance(1);
    if (looks) lab.fate = () => "drop";
    if (looks) lab.store.tell({ kind: "gap" });
    await lab.clock.advance(1);
    lab.store.tell({ kind: "denied", error: DENIED });
    lab.fate = () => "pass";
    assertEquals([await lab.until(ended).catch((reason) => reason), seen], [DENIED, [null]]);
  });
}
