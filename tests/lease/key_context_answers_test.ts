import { assert, assertEquals } from "@std/assert";
import { type Lease, Locker } from "@x/natslock";
import { ManualClock, MemoryStore, type StoreRequest } from "@x/natslock/testing";
import { VirtualLab } from "../helpers/virtual.ts";

type Kind = StoreRequest<unknown>["kind"];

/** In ms. */
const TTL = 3000;

/** Where a store throws what no store should throw: before or after it has carried out the nth request of a kind. */
interface Fault {
  readonly at: Kind;
  readonly nth: number;
  readonly when: "before" | "after";
}

/** A candidate on a store that throws once. */
function throwing(lab: VirtualLab, fault: Fault): Locker {
  let count = 0;
  const intercept = async <Outcome>(request: StoreRequest<Outcome>): Promise<Outcome> => {
    await Promise.resolve();
    if (request.kind !== fault.at || ++count !== fault.nth) return request.perform();
    if (fault.when === "after") request.perform();
    throw new TypeError("the store's own fault");
  };
  return lab.locker({ store: lab.store.link({ intercept }) }).locker;
}

const passes = (lab: VirtualLab, ms: number) => lab.until(new Promise<void>((resolve) => lab.clock.after(ms, resolve)));

Deno.test("Locker.acquireLead() is true though the store threw after it wrote the grant: a look shows it", async () => {
  await using lab = new VirtualLab({ ttl: TTL });
  const locker = throwing(lab, { at: "write", nth: 1, when: "after" });
  assertEquals(await lab.until(locker.acquireLead()), true);
  const stands = lab.store.look("leader");
  assertEquals([stands.kind, locker.token], ["held", stands.revision]);
});

for (const call of ["tryAcquire", "acquireLead", "acquire"] as const) {
  Deno.test(`Locker.${call}() whose store throws after it wrote the grant leaves no record that nobody holds`, async () => {
    await using lab = new VirtualLab({ ttl: TTL });
    const locker = throwing(lab, { at: "write", nth: 1, when: "after" });
    await lab.until(Promise.allSettled([locker[call]()]));
    await passes(lab, TTL / 3);
    const isHeld = locker.token !== null;
    assertEquals(lab.store.look("leader").kind, isHeld ? "held" : "vacant");
  });
}

Deno.test("Lease.release() whose store throws goes on until the record is taken back, though it may reject", async () => {
  await using lab = new VirtualLab({ ttl: TTL });
  const locker = throwing(lab, { at: "remove", nth: 1, when: "before" });
  const lease = await lab.until(locker.acquire());
  await lab.until(lease.release().catch(() => {}));
  await passes(lab, TTL / 3);
  assertEquals(lab.store.look("leader").kind, "vacant");
});

Deno.test("Lease is kept though the store throws at a renewal", async () => {
  for (const when of ["before", "after"] as const) {
    await using lab = new VirtualLab({ ttl: TTL });
    const locker = throwing(lab, { at: "write", nth: 2, when });
    const lease = await lab.until(locker.acquire());
    const { token } = lease;
    await passes(lab, 2 * TTL);
    assertEquals([lease.held, lease.token], [true, token]);
  }
});

Deno.test("Locker.epoch is never that of a bucket made anew while the token is one of the old bucket", async () => {
  const clock = new ManualClock();
  const answered = Promise.withResolvers<void>();
  let isDue = true;
  const intercept = async <Outcome>(request: StoreRequest<Outcome>): Promise<Outcome> => {
    const answer = request.perform();
    if (request.kind === "write" && isDue) {
      isDue = false;
      await answered.promise;
    }
    return answer;
  };
  const store = new MemoryStore(clock, { ttl: TTL, intercept });
  // The token will be 2: in the bucket made anew nobody was granted that.
  store.put("another", "mark");
  await using locker = new Locker({ store, clock });
  const { epoch: old } = await store.settings();
  const taking: Promise<Lease | null> = locker.tryAcquire().catch(() => null);
  await clock.advance(1);
  assertEquals(store.look("leader").revision, 2);
  store.recreateBucket();
  assert((await store.settings({ fresh: true })).epoch !== old);
  assertEquals(await locker.leader(), null);
  answered.resolve();
  await clock.advance(1);
  // Whether it takes that for a grant at all is not said here.
  assertEquals([null, old].includes(locker.epoch), true, `${locker.epoch} with ${locker.token}`);
  for (let step = 0; step < 30; step++) await clock.advance(TTL / 10);
  const lease = await Promise.race([taking, null]);
  assert(lease === null || lease.epoch === old, lease?.epoch);
});
