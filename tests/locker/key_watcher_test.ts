import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import type { LeaseRecord } from "@x/natslock/testing";
import { TTL, VirtualLab } from "../helpers/virtual.ts";

/** In ms, of a bucket that lets each lock have a lease length of its own. */
const LONG = 8000;
const SHORT = 1000;

/** How long after the end of a record somebody who waits may be granted (design: Time). */
const LATEST = 500;

Deno.test("Locker.acquire() takes over after the holder's own lease length, not the bucket's", async () => {
  await using lab = new VirtualLab({ ttl: LONG });
  await lab.until(lab.locker({ ttl: SHORT }).locker.acquireLead());
  const lease = await lab.until(lab.locker().locker.acquire());
  assert(lease.held && lab.clock.now() <= SHORT + LATEST, `${lab.clock.now()}`);
});

Deno.test("Locker.observe() sees the end of a lease of the holder's own length, not the bucket's", async () => {
  await using lab = new VirtualLab({ ttl: LONG });
  await lab.until(lab.locker({ ttl: SHORT }).locker.acquireLead());
  const seen = lab.locker().locker.observe()[Symbol.asyncIterator]();
  assert((await lab.until(seen.next())).value !== null);
  assertEquals((await lab.until(seen.next())).value, null);
  assertLessOrEqual(lab.clock.now(), SHORT + LATEST);
  await seen.return?.();
});

Deno.test("Locker.acquire() with a short lease of its own does not keep asking about a holder with a long one", async () => {
  await using lab = new VirtualLab({ ttl: LONG });
  await lab.until(lab.locker().locker.acquire());
  const before = lab.sent;
  const waiting = lab.locker({ ttl: SHORT }).locker.acquire();
  waiting.catch(() => {});
  await lab.clock.advance(4 * LONG);
  const renewals = 12;
  assertLessOrEqual(lab.sent - before - renewals, 10);
});

/** A holder that dies at once: nobody renews or removes its record. */
const crash = async (lab: VirtualLab) => void await lab.until(lab.locker().locker.acquireLead());

/** Lets time pass in small steps. */
async function pass(lab: VirtualLab, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10) await lab.clock.advance(10);
}

Deno.test("Locker.acquire() looks at least once per lease length at a record that stands long after its end", async () => {
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

Deno.test("Locker.acquire() takes over from a second holder as fast as from the first, however late the first one's end was", async () => {
  let late = 20 * TTL;
  await using lab = new VirtualLab({ lag: () => late });
  await crash(lab);
  const [waiter, other] = [lab.locker().locker, lab.locker().locker];
  const waiting = waiter.acquire();
  waiting.catch(() => {});
  await pass(lab, 20 * TTL);
  late = 100;
  // Somebody else was quicker, and dies at once, too.
  lab.store.put("leader", "mark");
  lab.store.put("leader", dead(other.id));
  await pass(lab, TTL + LATEST);
  assert((await Promise.race([waiting, null]))?.held);
});

const dead = (holder: string): LeaseRecord => {
  return { holder, attempt: "x.1", token: null, name: "", since: null, ttl: TTL, meta: {} };
};

Deno.test("Locker.acquire() is granted on a release that is pushed while an older look is on its way", async () => {
  await using lab = new VirtualLab({ ttl: LONG });
  const [a, b] = [lab.locker().locker, lab.locker().locker];
  const held = await lab.until(a.acquire());
  const waiting = b.acquire();
  waiting.catch(() => {});
  await pass(lab, 50);
  // The look has seen the holder, and its answer comes after the push of the release.
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

/** What an observer shows, by holder. */
function observed(lab: VirtualLab): (string | undefined)[] {
  const shown: (string | undefined)[] = [];
  (async () => {
    for await (const leader of lab.locker().locker.observe()) shown.push(leader?.holder);
  })().catch(() => {});
  return shown;
}

Deno.test("Locker.observe() does not go back to what is pushed late or twice", async () => {
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

Deno.test("Locker.observe() does not go back to what is pushed late of a record that has run out", async () => {
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

Deno.test("Locker.observe() shows another holder though the token is the same, as in a bucket made anew", async () => {
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

Deno.test("Locker.observe() looks after a gap though something was pushed since, for a slow reader", async () => {
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

Deno.test("Locker.observe() of a lock that nobody wants looks about once per lease length", async () => {
  await using lab = new VirtualLab();
  observed(lab);
  await pass(lab, 10);
  const before = lab.sent;
  await pass(lab, 10 * TTL);
  assertLessOrEqual(lab.sent - before, 11);
});

Deno.test("Locker.acquire() does not look each time a stranger writes to the key", async () => {
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
