import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { LockManager } from "@x/natslock";
import type { StoreRequest } from "../../src/memory/memory_link.ts";
import { withServer } from "../helpers/nats.ts";
import { Chance } from "../sim/chance.ts";
import { Fleet, TTL } from "./fleet.ts";
import { rejection } from "./refusals.ts";

/** The longest way of a message in ms, and how often its length is drawn anew. */
const WAY = 20;
const SEEDS = 5;

/** A theft by one process, and what it has sent. */
interface Thief {
  readonly locks: LockManager;
  /** Number of requests since it began. */
  sent: number;
}

/** Opens lock managers in memory whose messages take as long as the seed says. */
function thievesOf({ store, clock }: Fleet, count: number, seed: number): Thief[] {
  const chance = new Chance(seed);
  return Array.from({ length: count }, () => {
    const pass = () => new Promise<void>((resolve) => clock.after(chance.between(0, WAY), resolve));
    const intercept = async <Outcome>(request: StoreRequest<Outcome>): Promise<Outcome> => {
      thief.sent++;
      await pass();
      const outcome = request.perform();
      await pass();
      return outcome;
    };
    const locks = new LockManager({ store: store.link({ intercept }), clock, random: chance, ttl: TTL });
    const thief: Thief = { locks, sent: 0 };
    return thief;
  });
}

/** All steal the same lock at once. Returns the one that holds it in the end, after the others were robbed. */
async function stealAll(
  thieves: readonly { readonly locks: LockManager }[],
  name: string | readonly string[],
): Promise<{ readonly robbed: readonly unknown[]; readonly release: () => Promise<unknown> }> {
  const gate = Promise.withResolvers<void>();
  const thefts = thieves.map(({ locks }) => {
    const work = () => gate.promise;
    const options = { steal: true };
    return typeof name === "string" ? locks.request(name, options, work) : locks.request(name, options, work);
  });
  const ends: unknown[] = [];
  await new Promise<void>((resolve) => {
    for (const theft of thefts) {
      rejection(theft).then((error) => {
        ends.push(error);
        if (ends.length === thieves.length - 1) resolve();
      }, () => {});
    }
  });
  const release = async () => {
    gate.resolve();
    const outcomes = await Promise.allSettled(thefts);
    return outcomes.filter(({ status }) => status === "fulfilled").length;
  };
  return { robbed: [...ends], release };
}

const isAbortError = (error: unknown): boolean => error instanceof DOMException && error.name === "AbortError";

for (const count of [2, 5, 20]) {
  for (const name of ["a", ["a", "b", "c"]] as const) {
    const what = typeof name === "string" ? "a lock" : "three locks";
    Deno.test(`LockManager.request() of ${count} thieves of ${what} at once: one holds, the others reject with AbortError, after few messages`, async () => {
      for (let seed = 0; seed < SEEDS; seed++) {
        await using fleet = new Fleet(1);
        const thieves = thievesOf(fleet, count, seed);
        const [holder] = fleet.members;
        await fleet.until(Promise.resolve(holder?.locks.acquire("a")));
        await fleet.until(
          Promise.all(thieves.map(({ locks }) => locks.request("warm up", { mode: "shared" }, () => {}))),
        );
        for (const thief of thieves) thief.sent = 0;
        const { robbed, release } = await fleet.until(stealAll(thieves, name));
        const names = typeof name === "string" ? 1 : name.length;
        // For each name a ticket, looks and a release, and removals of the tickets of all others.
        for (const { sent } of thieves) assertLessOrEqual(sent, names * (2 * count + 15), `seed ${seed}`);
        assert(robbed.every(isAbortError), `seed ${seed}: ${robbed}`);
        assertEquals([robbed.length, await fleet.until(release())], [count - 1, 1], `seed ${seed}`);
        await fleet.until(Promise.all(thieves.map(({ locks }) => locks.close())));
      }
    });
  }
}

Deno.test("LockManager.request() of 5 thieves at once on a server: one holds, the others reject with AbortError", async () => {
  await withServer(async ({ server }) => {
    const about = { servers: server.url, bucket: "thieves", ttl: 5000 };
    const thieves: { readonly locks: LockManager }[] = [];
    for (let left = 5; left > 0; left--) thieves.push({ locks: await LockManager.open(about) });
    const { robbed, release } = await stealAll(thieves, "a");
    assert(robbed.every(isAbortError), `${robbed}`);
    assertEquals([robbed.length, await release()], [4, 1]);
    await Promise.all(thieves.map(({ locks }) => locks.close()));
  });
});
