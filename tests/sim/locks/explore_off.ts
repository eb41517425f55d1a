/**
 * Mutations of the pure machines and rules of many locks, for the exhaustive searches.
 *
 * @module
 */

import { edits, type Mutation } from "../mutation.ts";

/** Mutations of a ticket. */
export const TICKET_OFF: readonly Mutation[] = edits(
  "locks/ticket.ts",
  [
    "ticket",
    "any ticket under the key counts as the own one",
    "if (event.isOwn)",
    'if (event.keyState.kind === "held")',
  ],
  [
    "ticket",
    "a read of another revision proves that a write on an empty key is impossible",
    "if (state.expected > 0 && revision > state.expected)",
    "if (revision > state.expected)",
  ],
  [
    "ticket",
    "an old answer proves that a write is impossible",
    "if (state.expected > 0 && revision > state.expected)",
    "if (state.expected > 0 && revision !== state.expected)",
  ],
  ["ticket", "a write in doubt is not fenced off", ": fence(state, revision);", ": impossible(state, revision, now);"],
  [
    "ticket",
    "a refused fence proves that the write is not stored",
    'return to({ ...state, busy: "recheck" }, { act: "read" });',
    "return impossible(state, event.current, now);",
  ],
  [
    "ticket",
    "a marker that expired makes a write on an empty key impossible",
    "return state.expected > 0 ? impossible(state, 0, now) : fence(state, 0);",
    "return impossible(state, 0, now);",
  ],
  [
    "ticket",
    "a ticket that is not wanted frees its fenced slot",
    'if (state.expected === 0) return gone({ why: "fenced", error: state.error });',
    'if (state.unwanted) return gone(LEFT);\n  if (state.expected === 0) return gone({ why: "fenced", error: state.error });',
  ],
  ["ticket", "the marker of a fence is short", "state.expected === 0 ? { markerTtl: FENCE_TTL } : {}", "{}"],
  [
    "ticket",
    "a fence does not remove a marker that stands there",
    "const expected = Math.max(revision, state.expected);",
    "const { expected } = state; void revision;",
  ],
  [
    "ticket",
    "an unwanted write without an answer is forgotten",
    "? fence({ ...state, error: null }, state.expected)",
    "? gone(LEFT)",
  ],
  [
    "ticket",
    "leaving forgets the write in flight",
    "state.busy ? to({ ...state, unwanted: true })",
    "state.busy ? gone(LEFT)",
  ],
  ["ticket", "an unwanted ticket stays", "unwanted ? leave(place) :", "unwanted && place < 0 ? leave(place) :"],
  [
    "ticket",
    "a removal without an answer counts as done",
    'return to({ ...state, inDoubt: true }, pause("trouble", event.error));',
    "return gone(LEFT);",
  ],
  [
    "ticket",
    "a removal that collides counts as done",
    'if (event.current === null) return to(state, pause("contention", null));',
    "if (event.current === null) return gone(LEFT);",
  ],
  [
    "ticket",
    "a removal that failed counts as done",
    'return to(state, pause("trouble", event.error));',
    "return gone(LEFT);",
  ],
  [
    "ticket",
    "a removal is tried again at another revision",
    'return to(state, { act: "remove", expected: state.place });',
    'return to(state, { act: "remove", expected: 0 });',
  ],
  [
    "ticket",
    "a fence is not tried again",
    'return to({ ...state, busy: "read" }, { act: "read" });',
    "return to(state);",
  ],
  [
    "ticket",
    "a theft is ignored",
    'if (event.on === "removed") return gone({ why: "removed", error: null });',
    "",
  ],
  [
    "ticket",
    "a doubt waits without a timer",
    "return to({ ...state, busy: null }, pause(why, error));",
    "return why && error ? to(state) : to({ ...state, busy: null });",
  ],
);

/** Mutations of the burial of a session. */
export const BURIAL_OFF: readonly Mutation[] = edits(
  "locks/burial.ts",
  ["burial", "absence proves death", "keyState.revision > 0 ? DEAD : bury(timed, refusals)", "DEAD"],
  [
    "burial",
    "a refused marker proves death",
    "if (event.current !== null) return read(timed, refusals + 1);",
    "if (event.current !== null) return DEAD;",
  ],
  [
    "burial",
    "a marker without an answer proves death",
    'case "unknown":\n      return read(timed, refusals + 1);',
    'case "unknown":\n      return DEAD;',
  ],
  [
    "burial",
    "a session whose time is up is dead",
    "return now >= state.expiry ? bury(state.revision, 0) : read(0, 0);",
    "return now >= state.expiry ? DEAD : read(0, 0);",
  ],
  [
    "burial",
    "a pushed marker proves death",
    'if (keyState.kind === "vacant") return read(0, 0);',
    'if (keyState.kind === "vacant") return DEAD;',
  ],
  [
    "burial",
    "pushes keep a session alive without end",
    "Math.min(expiry, state.readAt + LONGEST_TRUST * length)",
    "expiry",
  ],
  ["burial", "a refused marker is sent again at once", "refusals === 0 ?", "refusals >= 0 ?"],
  [
    "burial",
    "a marker is not sent again after a pause",
    'return to(state, { act: "bury" });',
    "return to(state);",
  ],
  [
    "burial",
    "a marker that is refused in flight is sent again at once",
    'return to({ ...state, refusals: refusals + 1 }, { act: "pause", refusals: refusals + 1, error: null });',
    'return to(state, { act: "bury" });',
  ],
  ["burial", "a read that failed is not tried again", "return read(timed, refusals);", "return to(state);"],
  [
    "burial",
    "each read starts the clock of a session anew",
    "const expiry = now - age +",
    "const expiry = now + 0 * age +",
  ],
);

/** Mutations of the rules of a queue. */
export const RULES_OF_QUEUES_OFF: readonly Mutation[] = edits(
  "locks/queue_rules.ts",
  ["rules", "the first ticket is watched, not the nearest", "this.#tickets.at(-1)", "this.#tickets.at(0)"],
  ["rules", "the first exclusive ticket is watched", "this.#exclusive = ticket;", "this.#exclusive ??= ticket;"],
  ["rules", "the limit itself is too much", "sum > (limit ?? Infinity)", "sum >= (limit ?? Infinity)"],
  [
    "rules",
    "the own weight does not count",
    "#tooHeavy({ limit, weight }: Claim)",
    "#tooHeavy({ limit }: Claim, weight = 0)",
  ],
  ["rules", "each ticket weighs the same", "this.#weight += ticket.weight;", "this.#weight += 1;"],
  [
    "rules",
    "the nearest tickets weigh the same",
    "sum += this.#tickets[--first]?.weight ?? 0;",
    "sum += this.#tickets[--first] ? 1 : 0;",
  ],
  [
    "rules",
    "an exclusive request passes shared ones",
    'own.mode === "exclusive" ? this.#tickets.at(-1) : this.#exclusive',
    "this.#exclusive",
  ],
  [
    "rules",
    "a shared request passes an exclusive one that waits",
    'own.mode === "exclusive" ? this.#tickets.at(-1) : this.#exclusive',
    'own.mode === "exclusive" ? this.#tickets.at(-1) : undefined',
  ],
  ["rules", "another limit is ignored", "other !== undefined)", "other === null)"],
  ["rules", "only the limit of the first shared ticket counts", "this.#other ??= ticket;", ";"],
  ["rules", "an exclusive ticket has another limit", 'own.mode === "shared" && other', "other"],
  ["rules", "all tickets before are watched", "this.#tickets.slice(first)", "this.#tickets.slice(0)"],
  [
    "rules",
    "only one of the tickets that leave no room is watched",
    "this.#tickets.slice(first)",
    "this.#tickets.slice(first, first + 1)",
  ],
  [
    "rules",
    "what cannot be read is ignored",
    '= { mode: "exclusive", limit: null, weight: 1 }',
    '= { mode: "shared", limit: null, weight: 1 }',
  ],
);
