import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { step } from "../src/lease_state.ts";
import { boundsOf, explore } from "./sim/explore.ts";

type Machine = typeof step;

/** Schedules of up to five points in time, no request given up; `deno task explore` goes further. */
const SMALL = boundsOf(4, 0);

/** With one request given up, so that a red search is needed to end early. */
const WITH_DOUBT = boundsOf(4, 1);

/** The shipped machine with one rule off. */
function without(change: (...step: Parameters<Machine>) => ReturnType<Machine>): Machine {
  return change;
}

Deno.test("step() breaks no rule in any schedule within small bounds", () => {
  const found = explore(SMALL);
  assertEquals([found.broken, found.complete], [null, true]);
  assert(found.states > 10_000, `${found.states}`);
});

Deno.test("The search turns red when a lease counts from the answer instead of the send", () => {
  const machine = without((state, event, now, rules) => {
    const result = step(state, event, now, rules);
    const { phase, memory } = result.state;
    if (phase.at !== "held" || event.on !== "applied") return result;
    const validUntil = now + rules.ttl - rules.margin;
    return { ...result, state: { memory, phase: { ...phase, validUntil } } };
  });
  assertStringIncludes(explore(SMALL, { machine }).broken?.rule ?? "", "S");
});

Deno.test("The search turns red when a grant of unknown outcome is counted from the time of reading", () => {
  const machine = without((state, event, now, rules) => {
    const result = step(state, event, now, rules);
    const { phase, memory } = result.state;
    if (phase.at !== "held" || state.phase.at !== "seeking" || event.on !== "seen") return result;
    const validUntil = now + rules.ttl - rules.margin;
    return { ...result, state: { memory, phase: { ...phase, validUntil } } };
  });
  assertStringIncludes(explore(WITH_DOUBT, { machine }).broken?.rule ?? "", "S");
});

Deno.test("The search turns red when a held lease ignores the clock", () => {
  const machine = without((state, event, now, rules) => {
    const result = step(state, event, now, rules);
    const { phase, memory } = result.state;
    if (phase.at !== "held") return result;
    return { ...result, state: { memory, phase: { ...phase, validUntil: Infinity } } };
  });
  assertStringIncludes(explore(SMALL, { machine }).broken?.rule ?? "", "S");
});
