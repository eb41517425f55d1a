import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import type { LeaseRecord } from "@x/natslock/testing";
import { TTL, VirtualLab } from "../helpers/virtual.ts";

/** Lease length in ms of a bucket that lets each lock have its own lease length. */
const LONG = 8000;
const SHORT = 1000;

/** How long after the end of a record a waiter must have got the grant, in ms. */
const LATEST = 500;

Deno.test("Locker.acquire() takes over after the holder's own lease length, not the bucket's", async () => {
  await using lab = new VirtualLab({ ttl: LONG });
  await lab.until(lab.locker({ ttl: SHORT }).locker.acquireLead());
  const lease = await lab.until(lab.locker().locker.acquire());
  assert(lease.held && lab.clock.now() <= SHORT + LATEST, `${lab.clock.now()}`);
});

Deno.test("Locker.observe() sees a lease end after the holder's own lease length, not the bucket's", async () => {
  await using lab = new VirtualLab({ ttl: LONG });
  await lab.until(lab.locker({ ttl: SHORT }).locker.acquireLead());
  const seen = lab.locker().locker.observe()[Symbol.asyncIterator]();
  assert((await lab.until(seen.next())).value !== null);
  assertEquals((await lab.until(seen.next())).value, null);
  assertLessOrEqual(lab.clock.now(), SHORT + LATEST);
  await seen.return?.();
});

Deno.test("Locker.acquire() with a short lease length does not keep asking about a holder with a long one", async () => {
  await using lab = new VirtualLab({ ttl: LONG });
  await lab.until(lab.locker().locker.acquire());
  const before = lab.sent;
  const waiting = lab.locker({ ttl: SHORT }).locker.acquire();
  waiting.catch(() => {});
  await lab.clock.advance(4 * LONG);
  const renewals = 12;
  assertLessOrEqual(lab.sent - before - renewals, 10);
});

/** Writes the record of a holder that crashes at once: nobody renews or removes it. */
const crash = async (lab: VirtualLab) => void await lab.until(lab.locker().locker.acquireLead());

/** Lets time pass in small steps. */
async function pass(lab: VirtualLab, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10) await lab.clock.advance(10);
}

Deno.test("Locker.acquire() reads a record that stays long after its end at least once per lease length", async () => {
  const late = 40 * TTL;
  await using lab = new VirtualLab({ lag: () => late });
  await crash(lab);
  const waiting = lab.locker().locker.acquire();
  waiting.catch(() => {});
  await pass(lab, TTL + late - 10);
  assertEquals(await Promise.race([waiting, null]), null);
  await pass(lab, TTL + 100);
  assert((await Promise.race([waiting, null]))?.held);
});

Deno.test("Locker.acquire() takes over from a second holder as fast as from the first, even if the first expired late", async () => {
  let late = 20 * TTL;
  await using lab = new VirtualLab({ lag: () => late });
  await crash(lab);
  const [waiter, other] = [lab.locker().locker, lab.locker().locker];
  const waiting = waiter.acquire();
  waiting.catch(() => {});
  await pass(lab, 20 * TTL);
  late = 100;
  // Another candidate is faster, and crashes at once too.
  lab.store.put("leader", "mark");
  lab.store.put("leader", dead(other.id));
  await pass(lab, TTL + LATEST);
  assert((await Promise.race([waiting, null]))?.held);
});

const dead = (holder: string): LeaseRecord => {
  return { holder, attempt: "x.1", token: null, name: "", since: null, ttl: TTL, meta: {} };
};

Deno.test("Locker.acquire() uses a release that is pushed while an older read is in flight", async () => {
  await using lab = new VirtualLab({ ttl: LONG });
  const [a, b] = [lab.locker().locker, lab.locker().locker];
  const held = await lab.until(a.acquire());
  const waiting = b.acquire();
  waiting.catch(() => {});
  await pass(lab, 50);
  // The read saw the holder, and its answer arrives after the push of the release.
  const answer = Promise.withResolvers<void>();
  lab.delay = () => answer.promise;
  lab.store.tell({ kind: "gap" });
  await pass(lab, 20);
  lab.delay = null;
  await lab.until(held.release());
  answer.resolve();
  await pass(lab, SHORT);
  assert((await Promise.race([waiting, null]))?.held);
});

/** Collects the holders that an observer yields. */
function observed(lab: VirtualLab): (string | undefined)[] {
  const shown: (string | undefined)[] = [];
  (async () => {
    for await (const leader of lab.locker().locker.observe()) shown.push(leader?.holder);
  })().catch(() => {});
  return shown;
}

Deno.test("Locker.observe() ignores what is pushed late or twice", async () => {
  await using lab = new VirtualLab();
  const shown = observed(lab);
  await pass(lab, 10);
  const [a, b] = [lab.locker().locker, lab.locker().locker];
  await lab.until(a.acquireLead());
  const old = lab.store.look("leader");
  await lab.until(a.releaseLead());
  await lab.until(b.acquireLead());
  await pass(lab, 10);
  lab.store.tell({ kind: "seen", keyState: old });
  await pass(lab, 10);
  assertEquals(shown, [undefined, a.id, undefined, b.id]);
});

Deno.test("Locker.observe() ignores a late push of a record that has expired", async () => {
  await using lab = new VirtualLab();
  const shown = observed(lab);
  await pass(lab, 10);
  const { locker } = lab.locker();
  await lab.until(locker.acquireLead());
  const old = lab.store.look("leader");
  await pass(lab, TTL + LATEST);
  lab.store.tell({ kind: "seen", keyState: old });
  await pass(lab, 10);
  assertEquals(shown, [undefined, locker.id, undefined]);
});

Deno.test("Locker.observe() yields another holder with the same token, as in a re-created bucket", async () => {
  await using lab = new VirtualLab();
  const [a, b] = [lab.locker().locker, lab.locker().locker];
  await lab.until(a.acquireLead());
  const shown = observed(lab);
  await pass(lab, 10);
  const { token } = a;
  lab.store.recreateBucket();
  await lab.until(b.acquireLead());
  assertEquals(b.token, token);
  lab.store.tell({ kind: "gap" });
  await pass(lab, 10);
  assertEquals(shown, [a.id, b.id]);
});

Deno.test("Locker.observe() reads the key after a gap even if a change was pushed since, for a slow reader", async () => {
  await using lab = new VirtualLab();
  const seen = lab.locker().locker.observe()[Symbol.asyncIterator]();
  assertEquals((await lab.until(seen.next())).value, null);
  lab.store.tell({ kind: "gap" });
  lab.store.tell({ kind: "seen", keyState: { kind: "held", revision: 99, record: dead(crypto.randomUUID()) } });
  const { locker } = lab.locker();
  await lab.until(locker.acquireLead());
  assertEquals((await lab.until(seen.next())).value?.holder, locker.id);
  await seen.return?.();
});

Deno.test("Locker.observe() of a lock that nobody wants reads the key about once per lease length", async () => {
  await using lab = new VirtualLab();
  observed(lab);
  await pass(lab, 10);
  const before = lab.sent;
  await pass(lab, 10 * TTL);
  assertLessOrEqual(lab.sent - before, 11);
});

Deno.test("Locker.acquire() does not read the key each time foreign values are written to it", async () => {
  await using lab = new VirtualLab();
  await crash(lab);
  lab.locker().locker.acquire().catch(() => {});
  await pass(lab, 50);
  const before = lab.sent;
  for (let write = 0; write < 20; write++) {
    lab.store.put("leader", "foreign");
    await pass(lab, 10);
  }
  assertLessOrEqual(lab.sent - before, 2);
});
