import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Health, Lease, Locker } from "@x/natslock";
import { JumpingClock } from "../helpers/jumping_clock.ts";
import { type Fate, TTL, VirtualLab } from "../helpers/virtual.ts";
import { SEED } from "../helpers/seed.ts";

/** What happens between two probes: time passes, with or without timers, the network changes, or the user calls. */
type Deed =
  | { readonly pass: number }
  | { readonly sleep: number }
  | { readonly fate: Fate }
  | { readonly call: "acquire" | "acquireLead" | "releaseLead" | "release" | "run" | "evict" };

const deeds = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ pass: fc.integer({ min: 1, max: TTL }) }) },
    { weight: 1, arbitrary: fc.record({ sleep: fc.integer({ min: 1, max: 2 * TTL }) }) },
    { weight: 2, arbitrary: fc.record({ fate: fc.constantFrom<Fate>("pass", "pass", "drop", "drop answer") }) },
    {
      weight: 4,
      arbitrary: fc.record({
        call: fc.constantFrom("acquire", "acquireLead", "releaseLead", "release", "run", "evict" as const),
      }),
    },
  ),
  { minLength: 5, maxLength: 40 },
) as fc.Arbitrary<Deed[]>;

/** Plays deeds on one Locker, and calls `probe` after each. */
async function play(played: readonly Deed[], probe: (locker: Locker, health: Health) => void): Promise<void> {
  const clock = new JumpingClock();
  await using lab = new VirtualLab({}, clock);
  const { locker } = lab.locker({ maxHold: 3 * TTL });
  let lease: Lease | null = null;
  const calls: { readonly [name: string]: () => unknown } = {
    acquire: () => locker.acquire({ timeout: TTL }).then((granted) => lease = granted),
    acquireLead: () => locker.acquireLead(),
    releaseLead: () => locker.releaseLead(),
    release: () => lease?.release(),
    run: () => locker.run(() => new Promise<void>((resolve) => clock.after(TTL, resolve)), { timeout: TTL }),
    evict: () => lab.store.put("leader", "mark"),
  };
  for (const deed of played) {
    if ("pass" in deed) await clock.advance(deed.pass);
    else if ("sleep" in deed) clock.skipped += deed.sleep;
    else if ("fate" in deed) lab.fate = () => deed.fate;
    else Promise.resolve(calls[deed.call]?.()).catch(() => {});
    probe(locker, locker.health());
  }
}

Deno.test("Locker.health() agrees with Locker.token and with itself at any time, whatever happened", async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(deeds, (played) =>
      play(played, (locker, health) => {
        const { ok, reason, lease, lastContact } = health;
        seen.add(reason);
        assertEquals(lease?.held ? lease.token : null, locker.token);
        assertEquals(lease?.held ? lease.epoch : null, locker.epoch);
        assertEquals([ok, lease === null || lease.remaining > 0], [reason === "ok", true]);
        assertEquals([lastContact === null || lastContact >= 0, health], [true, locker.health()]);
        if (reason === "lost") assertEquals(lease, null);
        if (reason === "stuck" || reason === "renewal_overdue") assertEquals(lease === null, false);
      })),
    { numRuns: 150, seed: SEED },
  );
  assertEquals([...seen].sort(), ["lost", "ok", "renewal_overdue", "silent", "stuck"]);
});
