/**
 * Mutations of the rules of many locks: each is a schedule that breaks a simpler design.
 *
 * @module
 */

import { edits, LOST_WRITES, type Mutation } from "../mutation.ts";
import { TICKETS_OFF } from "./tickets_off.ts";

/** The rules of a queue: what counts as a look, who has room, who is woken. */
const QUEUE_OFF: readonly Mutation[] = [
  ...edits(
    "locks/look.ts",
    [
      "look",
      "a look counts although it does not show the own ticket",
      "const isShown = tickets.some(({ key, place }) => key === own.key && place === own.place);",
      'const isShown = true; if (!tickets.some(({ place }) => place === own.place)) tickets.push({ ...own, session: "", attempt: null, mode: "shared", limit: null, weight: 1 });',
    ],
    [
      "look",
      "a look counts although it shows a ticket whose removal was pushed",
      "if (isShown && (byLeader || !tickets.some(isGone)))",
      "if (isShown)",
    ],
  ),
  ...edits(
    "locks/queue_rules.ts",
    [
      "decide",
      "a shared request passes an exclusive one",
      'own.mode === "exclusive" ? this.#tickets.at(-1) : this.#exclusive',
      'own.mode === "exclusive" ? this.#tickets.at(-1) : undefined',
    ],
    [
      "decide",
      "one more than the limit has room",
      "sum > (limit ?? Infinity)",
      "sum > (limit ?? Infinity) + 1",
    ],
    ["decide", "weights do not count", "this.#weight += ticket.weight;", "this.#weight += 1;"],
    [
      "decide",
      "requests with different limits share a lock",
      'if (own.mode === "shared" && other !== undefined) return { kind: "mismatch", by: [other] };',
      "",
    ],
  ),
  ...edits(
    "locks/queue.ts",
    [
      "blocked",
      "pushes are relied on: nothing is looked at again",
      "everyLease(this.#ground.context, () => this.lookAtAll(false));",
      "everyLease(this.#ground.context, () => {});",
    ],
    [
      "blocked",
      "who waited for a ticket that left has room",
      "const verdict = front.verdict(request.want.claim);",
      'const verdict = request.isReported && this.#left.known.size > 0 ? { kind: "room", by: [] } : front.verdict(request.want.claim);',
    ],
    ["granted", "a look that began behind others grants", "if (!isAll) return this.#looks.add(request);", ""],
    [
      "floor",
      "the floor is kept over a re-created bucket",
      "readonly #left = new LeftTickets();",
      "get #left() { const all = this.#ground.context.left ??= new Map(); const left = all.get(this.#filter) ?? new LeftTickets(); all.set(this.#filter, left); return left; }",
    ],
    [
      "ifAvailable",
      "a request that tries once buries nobody",
      "const isDead = await isAnyDead(this.#ground, request, by);",
      "const isDead = false;",
    ],
    [
      "dead",
      "tickets of dead sessions are not removed",
      "if (dead.length > 0) return",
      "if (dead.length < 0) return",
    ],
    ["dead", "a burial wakes nobody", "died: () => this.lookAtAll(true),", "died: () => {},"],
    [
      "steal",
      "a thief holds without another look",
      "this.#removed(removal, before, [request]);",
      'const hold = this.#ground.grant(request);\n    if (hold !== null) request.leave({ kind: "granted", hold });',
    ],
  ),
  ...edits("locks/blockers.ts", [
    "blocked",
    "a ticket is not read after the begin of its watch",
    "else if (outcome.keyState.revision !== ticket.place) this.#listener.left(ticket.key, ticket.place);",
    "",
  ]),
  ...edits("locks/queued_request.ts", [
    "steal",
    "a thief that was robbed steals again",
    'else if (why === "removed" && this.want.steal && !isSessionOver) this.fail(stolenError(this.want.name));',
    "",
  ]),
  ...edits(
    "locks/context.ts",
    [
      "steal",
      "a removal without an answer counts as done",
      'return outcome?.kind === "applied" || (outcome?.kind === "conflict" && outcome.current !== null);',
      "return outcome !== null;",
    ],
  ),
];

/** Sessions: who is dead, and what dies with a session. */
const SESSIONS_OFF: readonly Mutation[] = [
  ...edits(
    "locks/burial.ts",
    [
      "dead",
      "absence in a read proves death",
      "return keyState.revision > 0 ? DEAD : bury(timed, refusals);",
      "return DEAD;",
    ],
    [
      "dead",
      "a refused burial proves death",
      "if (event.current !== null) return read(timed, refusals + 1);",
      "if (event.current !== null) return DEAD;",
    ],
    [
      "dead",
      "a burial without an answer proves death",
      '    case "unknown":\n      return read(timed, refusals + 1);',
      '    case "unknown":\n      return DEAD;',
    ],
    [
      "dead",
      "a pushed marker proves death",
      'if (keyState.kind === "vacant") return read(0, 0);',
      'if (keyState.kind === "vacant") return DEAD;',
    ],
  ),
  ...edits("locks/session_monitor.ts", [
    "dead",
    "a burial removes the record whose time is up",
    "{ expected: 0, markerTtl: BURIAL_TTL, timeout }",
    '{ expected: "timed" in this.#state ? this.#state.timed : 0, markerTtl: BURIAL_TTL, timeout }',
  ]),
  ...edits("locks/session_store.ts", [
    "session",
    "a session comes back after its first record was withdrawn",
    "if (isFirst && (this.#isRemoved || request.expected > 0)) {",
    "if (isFirst && request.expected < 0) {",
  ]),
  ...edits(
    "locks/holds.ts",
    [
      "session",
      "a ticket in a re-created bucket holds under the former epoch",
      "if (state.place <= request.floor) {",
      "if (false) {",
    ],
    ["session", "locks outlive their session", "for (const hold of [...this.#holds]) hold.lost(why, error);", ""],
    [
      "maxHold",
      "a lock is held without the bound of maxHold",
      "const until = ticketEnd(context, state.sentAt);",
      "const until = Number.MAX_SAFE_INTEGER;",
    ],
  ),
  ...edits(
    "locks/session_queues.ts",
    [
      "maxHold",
      "a wait that comes near maxHold keeps its ticket",
      'request.onOver(clock.after(left, () => request.leave({ kind: "again" })));',
      "",
    ],
  ),
  ...edits("locks/context.ts", ["maxHold", "a ticket has no margin", "maxHold * (1 - margin / ttl)", "maxHold"]),
];

/** What keeps a request from waiting for ever after the servers lost acknowledged writes. */
const LOST_WRITES_OFF: readonly Mutation[] = [
  ...edits("locks/left_tickets.ts", [
    LOST_WRITES,
    "what is known of a queue is kept after its revisions went back",
    "if (place >= this.#floor && !this.has({ key, place })) return;",
    "return;",
  ]),
  ...edits("locks/holds.ts", [
    LOST_WRITES,
    "a ticket below the revision of an earlier renewal waits on",
    'if (session.revision !== request.floor) request.leave({ kind: "again" });',
    "",
  ]),
];

export const LOCKS_OFF: readonly Mutation[] = [...QUEUE_OFF, ...SESSIONS_OFF, ...TICKETS_OFF, ...LOST_WRITES_OFF];
