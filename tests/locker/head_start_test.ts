import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { AcquireTimeoutError, BadParameterError, Locker } from "@x/natslock";
import { ManualClock, MemoryStore } from "@x/natslock/testing";
import { TTL, VirtualLab } from "../helpers/virtual.ts";

/** Well above the time of some requests. */
const HEAD_START = 500;

/** A lab with a preferred candidate and a spare one. */
function pairOf(lab: VirtualLab): { readonly main: Locker; readonly spare: Locker } {
  return { main: lab.locker().locker, spare: lab.locker({ headStart: HEAD_START }).locker };
}

Deno.test("Locker with a head start for others gets a free lock after that time, and not before", async () => {
  await using lab = new VirtualLab();
  const start = lab.clock.now();
  const lease = await lab.until(pairOf(lab).spare.acquire());
  const took = lab.clock.now() - start;
  assert(lease.held && took >= HEAD_START && took < HEAD_START + 100, `${took}`);
});

Deno.test("Locker with a head start for others lets a candidate without one go first, though it waited for longer", async () => {
  await using lab = new VirtualLab();
  const { main, spare } = pairOf(lab);
  const held = await lab.until(main.acquire());
  const order: string[] = [];
  const enter = (name: string, locker: Locker) =>
    locker.run(() => {
      order.push(name);
    });
  const waits = [enter("spare", spare)];
  await lab.clock.advance(2 * HEAD_START);
  waits.push(enter("main", lab.locker().locker));
  await lab.clock.advance(10);
  await held.release();
  await lab.until(Promise.all(waits));
  assertEquals(order, ["main", "spare"]);
});

Deno.test("Locker with a head start for others takes over from a preferred one that is dead, later by that time", async () => {
  await using lab = new VirtualLab({ lag: () => 300 });
  const { main, spare } = pairOf(lab);
  await lab.until(main.acquireLead());
  const start = lab.clock.now();
  const lease = await lab.until(spare.acquire());
  const took = lab.clock.now() - start;
  assert(lease.held && took >= TTL + HEAD_START && took <= TTL + 500 + HEAD_START, `${took}`);
});

Deno.test("Locker with a head start for others gets the lock in the end, however often others take it", async () => {
  await using lab = new VirtualLab();
  const { main, spare } = pairOf(lab);
  const granted = spare.acquire();
  for (let turn = 0; turn < 5; turn++) {
    const lease = await lab.until(main.acquire());
    await lab.clock.advance(2 * HEAD_START);
    await lease.release();
  }
  assert((await lab.until(granted)).held);
});

Deno.test("Locker with a head start for others ends its wait at once when its signal is aborted", async () => {
  await using lab = new VirtualLab();
  const controller = new AbortController();
  const waiting = pairOf(lab).spare.acquire({ signal: controller.signal }).catch((error) => error);
  await lab.clock.advance(HEAD_START / 2);
  controller.abort("enough");
  assertEquals([await waiting, lab.sent], ["enough", 0]);
});

Deno.test("Locker with a head start for others tries at once if it tries once", async () => {
  await using lab = new VirtualLab();
  const { spare } = pairOf(lab);
  const start = lab.clock.now();
  await (await lab.until(spare.acquire({ timeout: 0 }))).release();
  await (await lab.until(spare.tryAcquire()))?.release();
  assertEquals(await lab.until(spare.acquireLead()), true);
  assert(lab.clock.now() - start < HEAD_START);
});

Deno.test("Locker with a head start for others ends its wait at a shorter timeout, and has sent nothing", async () => {
  await using lab = new VirtualLab();
  const waiting = pairOf(lab).spare.acquire({ timeout: HEAD_START / 2 });
  await lab.until(assertRejects(() => waiting, AcquireTimeoutError));
  assertEquals(lab.sent, 0);
});

for (const headStart of [-1, NaN, Infinity, "500" as unknown as number, null as unknown as number]) {
  Deno.test(`Locker refuses a head start of ${headStart} that is a ${typeof headStart}`, () => {
    const store = new MemoryStore(new ManualClock(), { ttl: TTL });
    assertThrows(() => new Locker({ store, headStart }), BadParameterError, "headStart");
  });
}
