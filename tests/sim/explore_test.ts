import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Held, LeaseEvent, LeaseState } from "../../src/lease/model.ts";
import { step } from "../../src/lease/state.ts";
import { boundsOf } from "./explore.ts";
import { Fingerprint } from "./fingerprint.ts";
import { Moves, type Parts } from "./moves.ts";
import { explore } from "./search.ts";
import { beginning, type Bounds, type Budget, shown, violation, type World } from "./world.ts";

type Machine = typeof step;
type Taken = { before: LeaseState; event: LeaseEvent; now: number; rules: Parameters<Machine>[3] };

/** Both clients acquire, renew, and miss one answer. `deno task explore` goes further. */
const RETRIED = boundsOf({ starts: 1, renewals: 1, leaves: 0, retries: 1, hints: 0 });
const TWICE = besides({ starts: 1, renewals: 1, leaves: 0, retries: 2, hints: 0 }, 1);
const LEFT = boundsOf({ starts: 1, renewals: 1, leaves: 1, retries: 0, hints: 0 });
const GIVEN_UP = boundsOf({ starts: 1, renewals: 0, leaves: 1, retries: 1, hints: 0 });
const RETURNED = boundsOf({ starts: 2, renewals: 0, leaves: 1, retries: 0, hints: 0 });

/** One client that does everything, and another that only wants the lock or does nothing. */
const ALONE = besides({ starts: 2, renewals: 1, leaves: 1, retries: 2, hints: 0 }, 0);
const GUEST = besides({ starts: 1, renewals: 1, leaves: 1, retries: 1, hints: 0 }, 1);

function besides(budget: Budget, starts: number): Bounds {
  return { ...RETRIED, budgets: [budget, { starts, renewals: 0, leaves: 0, retries: 0, hints: 0 }] };
}

/** The shipped machine, but one wrong rule changes each hold. */
function holding(wrong: (phase: Held, taken: Taken) => Partial<Held>): Machine {
  return (before, event, now, rules) => {
    const result = step(before, event, now, rules);
    const { memory, phase } = result.state;
    if (phase.at !== "held") return result;
    const changed = { ...phase, ...wrong(phase, { before, event, now, rules }) };
    return { ...result, state: { memory, phase: changed } };
  };
}

function assertRed(bounds: Bounds, parts: Parts, rules: RegExp): void {
  const { broken } = explore(bounds, parts);
  assertMatch(broken?.rule ?? "nothing is broken", rules);
  assert((broken?.path.length ?? 0) > 2, "a way there");
}

for (const [name, bounds] of Object.entries({ RETRIED, LEFT, ALONE, GUEST })) {
  Deno.test(`step() breaks no rule in any schedule within small bounds (${name})`, () => {
    const { broken, complete, states } = explore(bounds);
    assertEquals([broken, complete], [null, true]);
    assert(states > 100_000, `${states}`);
  });
}

Deno.test("The search turns red when a lease is counted from the answer instead of the send", () => {
  const machine = holding(({ validUntil }, { event, now, rules: { ttl, margin } }) => (
    { validUntil: event.on === "applied" ? now + ttl - margin : validUntil }
  ));
  assertRed(RETRIED, { machine }, /^S[14]/);
});

Deno.test("The search turns red when a grant of unknown outcome is counted from the read", () => {
  const machine = holding(({ validUntil }, { before, event, now, rules: { ttl, margin } }) => (
    { validUntil: before.phase.at === "seeking" && event.on === "seen" ? now + ttl - margin : validUntil }
  ));
  assertRed(RETRIED, { machine }, /^S[14]/);
});

Deno.test("The search turns red when a renewal of unknown outcome is counted from the read", () => {
  const machine = holding(({ validUntil }, { before, event, now, rules: { ttl, margin } }) => {
    const settled = before.phase.at === "held" && before.phase.doubt !== null && event.on === "seen";
    return { validUntil: settled ? now + ttl - margin : validUntil };
  });
  assertRed(RETRIED, { machine }, /^S[14]/);
});

Deno.test("The search turns red when a renewal that a read finds is counted from the latest one sent", () => {
  const machine = holding(({ busy, doubt, sentAt }) => ({ doubt: busy === "write" ? sentAt : doubt }));
  assertRed(TWICE, { machine }, /^S[14]/);
});

Deno.test("The search turns red when a held lease ignores the clock", () => {
  assertRed(RETRIED, { machine: holding(() => ({ validUntil: Infinity })) }, /^S[14]/);
});

Deno.test("The search turns red when an expired lease is renewed", () => {
  const machine: Machine = (before, event, now, rules) => {
    const { phase } = before;
    if (phase.at !== "held" || event.on !== "applied" || now < phase.validUntil) return step(before, event, now, rules);
    return step({ ...before, phase: { ...phase, validUntil: Infinity } }, event, now, rules);
  };
  assertRed(RETRIED, { machine }, /^L9/);
});

Deno.test("The search turns red when a token is used twice", () => {
  assertRed(RETRIED, { machine: holding(() => ({ token: 1 })) }, /^S2/);
});

Deno.test("The search turns red when the server does not compare revisions", () => {
  assertRed(RETRIED, { compares: false }, /^S/);
});

Deno.test("The search turns red when a grant in doubt is abandoned without being fenced off", () => {
  const machine: Machine = (before, event, now, rules) => {
    const result = step(before, event, now, rules);
    const { memory, phase } = result.state;
    if (before.phase.at !== "seeking" || phase.at !== "leaving" || phase.stake !== "doubt") return result;
    return { state: { memory, phase: { at: "idle", end: phase.end, busy: null } }, effects: [] };
  };
  assertRed(GIVEN_UP, { machine }, /^L[78]/);
});

Deno.test("The search turns red when a stuck machine waits for nothing", () => {
  const machine: Machine = (before, event, now, rules) => {
    const { state, effects } = step(before, event, now, rules);
    return { state, effects: effects.filter(({ act }) => act !== "pause") };
  };
  assertRed(RETRIED, { machine }, /^V1/);
});

Deno.test("Worlds with the same fingerprint have the same futures", () => {
  for (const bounds of [RETRIED, LEFT, GIVEN_UP, RETURNED]) {
    const moves = new Moves(bounds);
    const fingerprint = new Fingerprint(bounds.ttl);
    const keyOf = (world: World): string => {
      fingerprint.take(world);
      return `${violation(world)?.slice(0, 2)} ${fingerprint.high} ${fingerprint.low}`;
    };
    const futureOf = (world: World): string => {
      const next = moves.from(world).map((move) => keyOf(moves.after(world, move)));
      return [...new Set(next)].sort().join();
    };
    const futures = new Map<string, string>();
    const open = [beginning(bounds)];
    for (let count = 0; count < 6_000 && open.length > 0; count++) {
      // Neither depth first nor breadth first, so that the walk reaches the same world by different paths.
      const [world] = open.splice(count * 7919 % open.length, 1) as [World];
      for (const next of moves.from(world).map((move) => moves.after(world, move))) {
        const key = keyOf(next);
        const known = futures.get(key);
        if (known === undefined) open.push(next);
        else assertEquals(futureOf(next), known, shown(next));
        futures.set(key, known ?? futureOf(next));
      }
    }
    assert(futures.size > 5_000, `${futures.size}`);
  }
});
