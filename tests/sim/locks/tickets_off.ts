/**
 * Mutations of the rules of tickets, several names and queries.
 *
 * @module
 */

import { edits, type Mutation } from "../mutation.ts";

/** Tickets: writes in doubt, orphans, releases; several names; queries. */
export const TICKETS_OFF: readonly Mutation[] = [
  ...edits(
    "locks/ticket.ts",
    [
      "ticket",
      "a ticket that is not wanted any more is kept",
      'return unwanted ? leave(place) : to({ at: "queued", place, attempt, sentAt });',
      'return to({ at: "queued", place, attempt, sentAt });',
    ],
    [
      "ticket",
      "a write in doubt is forgotten",
      'to({ ...state, at: "doubtful", busy: "read", error: hopeless(event.error) }, { act: "read" });',
      'gone({ why: "fenced", error: null });',
    ],
  ),
  ...edits("locks/ticket_keeper.ts", [
    "ticket",
    "any ticket under the own key counts as the latest write",
    'keyState.kind === "held" && keyState.record.attempt === this.#latest',
    'keyState.kind === "held"',
  ]),
  ...edits(
    "locks/own_tickets.ts",
    [
      "own tickets",
      "orphans of a living session are kept",
      "const outcome = await outcomeOf(() => store.remove(key, { expected: place, timeout }), key);",
      "const outcome = undefined;",
    ],
    [
      "own tickets",
      "own tickets are not looked at",
      "everyLease(context, () => this.#check())",
      "everyLease(context, () => {})",
    ],
    [
      "own tickets",
      "a read that does not show a ticket proves that it is gone",
      "for (const entry of outcome.entries) this.#compare(entry);",
      'for (const entry of outcome.entries) this.#compare(entry);\n    for (const keeper of [...this.#keepers.values()]) if (!outcome.entries.some(({ key }) => key === keeper.key)) keeper.post({ on: "removed" });',
    ],
  ),
  ...edits("locks/lock_hold.ts", [
    "release",
    "a lock is held until its removal is confirmed",
    "    this.#standDown();\n    if (this.#isGone) return;",
    "    if (this.#isGone) return;",
  ]),
  ...edits(
    "locks/several.ts",
    [
      "several",
      "names are taken in any order",
      "const sorted = [...names].sort(byUnits);",
      "const sorted = [...names];",
    ],
  ),
  ...edits("locks/lock_manager.ts", [
    "query",
    "a query is not ordered after own requests",
    "await this.#requests.whenStored();",
    "",
  ]),
  ...edits(
    "locks/query.ts",
    ["query", "a query takes any answer", "isCurrent(shown, before, own())", "true"],
    ["query", "a query takes an answer that denies an own lock", "(one.isHeld || !isHeld)", "one !== undefined"],
  ),
];
