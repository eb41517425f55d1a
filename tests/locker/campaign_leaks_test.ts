import { assertEquals, assertLessOrEqual } from "@std/assert";
import type { Lease } from "@x/natslock";
import { CountedSignal } from "./crew.ts";
import { liveHeap } from "../helpers/heap.ts";
import { VirtualLab } from "../helpers/virtual.ts";

const TERMS = 50;

/** Leases that may still be referenced: that of the last term, and those that the runtime keeps for a turn. */
const LATEST = 3;

/** Campaigns for `TERMS` terms with `work` in each, then waits for `look`. Resolves once the campaign has ended. */
async function campaign(user: CountedSignal, work: (lease: Lease) => void, look = () => Promise.resolve()) {
  await using lab = new VirtualLab();
  const reached = Promise.withResolvers<void>();
  let term = 0;
  const lead = (lease: Lease) => {
    work(lease);
    if (++term === TERMS) reached.resolve();
  };
  const leading = lab.locker().locker.lead(lead, user).catch(() => {});
  await lab.until(reached.promise);
  await look();
  user.abort();
  await lab.until(leading);
}

Deno.test("Locker.lead() has the same number of listeners on its signal in each term, and none after its end", async () => {
  const [user, counts] = [new CountedSignal(), [] as number[]];
  await campaign(user, () => void counts.push(user.listeners));
  assertEquals([counts.length >= TERMS, new Set(counts).size, user.listeners], [true, 1, 0]);
});

Deno.test("Locker.lead() keeps no lease of a past term", async () => {
  const leases: WeakRef<Lease>[] = [];
  let kept = NaN;
  const look = async () => {
    // The runtime keeps a dereferenced target until the end of the turn.
    await new Promise((resolve) => setTimeout(resolve));
    liveHeap();
    kept = leases.filter((lease) => lease.deref() !== undefined).length;
  };
  await campaign(new CountedSignal(), (lease) => void leases.push(new WeakRef(lease)), look);
  assertLessOrEqual(kept, LATEST);
});
