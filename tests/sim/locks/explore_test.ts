import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { Mutation } from "../mutation.ts";
import { burialModel } from "./explore_burial.ts";
import { BURIAL_SCOPES, burialFaultOf, LONGEST_QUEUE, rulesFaultOf, TICKET_SCOPES } from "./explore_mutants.ts";
import { ticketFaultOf } from "./explore_mutants.ts";
import { BURIAL_OFF, RULES_OF_QUEUES_OFF, TICKET_OFF } from "./explore_off.ts";
import { compareRules } from "./explore_rules.ts";
import { exploreAll } from "./explore_search.ts";
import { ticketModel } from "./explore_tickets.ts";

/** The least number of states of each scope: a search that visits fewer has lost some. */
const LEAST_STATES = 900;

for (const scope of TICKET_SCOPES) {
  Deno.test(`ticketStep() breaks no rule in any schedule with ${JSON.stringify(scope)}`, () => {
    const { fault, isComplete, states } = exploreAll(ticketModel(scope));
    assertEquals([fault, isComplete], [null, true]);
    assert(states > LEAST_STATES, `${states}`);
  });
}

for (const scope of BURIAL_SCOPES) {
  Deno.test(`burialStep() breaks no rule in any schedule with ${JSON.stringify(scope)}`, () => {
    const { fault, isComplete, states } = exploreAll(burialModel(scope));
    assertEquals([fault, isComplete], [null, true]);
    assert(states > LEAST_STATES, `${states}`);
  });
}

Deno.test("QueueFront.verdict() agrees with the naive definition for every queue of up to five tickets", () => {
  assertEquals(compareRules(LONGEST_QUEUE), { queues: 32767, fault: null });
});

function eachIsFound(what: string, mutations: readonly Mutation[], faultOf: typeof ticketFaultOf): void {
  for (const mutation of mutations) {
    Deno.test(`The search of ${what} finds the fault: ${mutation.off}`, async () => {
      assertNotEquals(await faultOf(mutation), null);
    });
  }
}

eachIsFound("tickets", TICKET_OFF, ticketFaultOf);
eachIsFound("burials", BURIAL_OFF, burialFaultOf);
eachIsFound("queue rules", RULES_OF_QUEUES_OFF, rulesFaultOf);
