import { assertEquals, assertInstanceOf } from "@std/assert";
import { type Lease, LeaseReleasedError } from "@x/natslock";
import { TTL, VirtualLab } from "../helpers/virtual.ts";

/** Runs `body` while the work of a campaign goes on after its signal was aborted. */
async function whileStandingDown(
  body: (lab: VirtualLab, of: { locker: ReturnType<VirtualLab["locker"]>["locker"]; lease: Lease }) => Promise<void>,
): Promise<void> {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const [stop, begun, settled] = [new AbortController(), Promise.withResolvers<Lease>(), Promise.withResolvers<void>()];
  const leading = locker.lead((lease) => (begun.resolve(lease), settled.promise), stop).catch(() => {});
  const lease = await lab.until(begun.promise);
  stop.abort(new Error("enough"));
  await body(lab, { locker, lease });
  settled.resolve();
  await lab.until(leading);
  assertEquals([locker.token, locker.epoch, lab.store.look("leader").kind], [null, null, "vacant"]);
}

Deno.test("Locker.token and epoch are null as soon as a campaign stands down, while the record is kept", () =>
  whileStandingDown(async (lab, { locker, lease }) => {
    for (let step = 0; step < 3; step++) {
      assertEquals([locker.token, locker.epoch, lease.held, lease.remaining], [null, null, false, 0]);
      assertEquals(lab.store.look("leader").kind, "held");
      await lab.until(new Promise<void>((resolve) => lab.clock.after(TTL, resolve)));
    }
    assertInstanceOf(lease.signal.reason, LeaseReleasedError);
  }));

Deno.test("Locker.tryAcquire() is null and acquireLead() false while a campaign of the same Locker stands down", () =>
  whileStandingDown(async (lab, { locker }) => {
    assertEquals(await lab.until(locker.tryAcquire()), null);
    assertEquals(await lab.until(locker.acquireLead()), false);
    assertEquals((await lab.until(locker.leader()))?.holder, locker.id);
  }));

Deno.test("Locker.acquireLead() of another candidate is false while a campaign stands down", () =>
  whileStandingDown(async (lab) => {
    const other = lab.locker().locker;
    assertEquals(await lab.until(other.acquireLead()), false);
    await lab.until(new Promise<void>((resolve) => lab.clock.after(2 * TTL, resolve)));
    assertEquals(await lab.until(other.acquireLead()), false);
  }));
