/**
 * Mutations of rows of the state machine that guard something, and of code that keeps waits and calls correct.
 *
 * @module
 */

import { edits, type Mutation } from "./mutation.ts";

export const ROWS_OFF: readonly Mutation[] = [
  ...edits(
    "lease/seeking.ts",
    ["seeking, applied", "a grant that is confirmed too late is accepted", "context.now >= validUntil || ", ""],
    ["seeking, applied", "a grant in a re-created stream is accepted", " || revision <= context.memory.high", ""],
    [
      "seeking, start",
      "after a loss, the identity of the stream is not checked",
      "if (suspect || !takeable) return look(context, phase, suspect);",
      "if (!takeable) return look(context, phase);",
    ],
    [
      "seeking, conflict",
      "a conflict with a write in flight is treated as a refusal",
      'if (current === null) return stepTo(context.memory, phase, { act: "pause", why: "contention" });',
      'if (current === null) return finish(context, { kind: "released", token: null });',
    ],
    [
      "seeking, seen",
      "an answer older than a write in doubt is accepted",
      "if (mayBeStale && checkedAt === undefined) return look(context, phase, true);",
      "",
    ],
    [
      "seeking, seen",
      "a foreign record is overwritten",
      'if (keyState.kind === "foreign" ||',
      'if (keyState.kind === "foreign") return ask(context, phase, revision);\n  if (',
    ],
    [
      "seeking, seen",
      "the record of another holder is overwritten",
      "keyState.record.holder !== rules.id",
      'keyState.record.holder === ""',
    ],
    [
      "seeking, seen",
      "any record with our ID is accepted as the grant",
      "if (attempt === phase.attempt) return",
      "if (attempt !== null) return",
    ],
  ),
  ...edits("lease/seeking.ts", [
    "seeking, failed",
    "after a denied read, a write in doubt is forgotten",
    "if (!phase.doubt) return finish(context, end, context.memory.lastSeen);",
    "if (context.now >= 0) return finish(context, end, context.memory.lastSeen);",
  ]),
  ...edits(
    "lease/held.ts",
    [
      "held, any",
      "a hold continues in another stream",
      "if (context.epochChanged) {",
      "if (context.epochChanged && context.now < 0) {",
    ],
    [
      "held, renew",
      "the identity of the stream is not checked",
      "now - phase.checkedAt >= rules.ttl / 2",
      "now - phase.checkedAt >= rules.ttl * 1e9",
    ],
    [
      "held, seen",
      "a read older than our own write is accepted",
      "if (revision < phase.revision && checkedAt === undefined) return look(context, phase, true);",
      "",
    ],
    [
      "held, conflict",
      "a conflict is treated as a loss",
      'return look(context, phase);\n    case "failed":',
      'return finish(context, { kind: "lost", why: "superseded", error: null });\n    case "failed":',
    ],
    [
      "held, conflict",
      "a conflict with a write in flight is treated as a loss",
      'if (event.current === null) return stepTo(context.memory, phase, { act: "pause", why: "contention" });',
      'if (event.current === null) return finish(context, { kind: "lost", why: "superseded", error: null });',
    ],
    [
      "held, unknown",
      "a renewal of unknown outcome is treated as a loss",
      'case "unknown":',
      'case "unknown":\n      return finish(context, { kind: "lost", why: "superseded", error: event.error });\n    case "tick":',
    ],
  ),
  ...edits(
    "lease/leaving.ts",
    [
      "leaving, write answered",
      "a write that is stored during the release is not removed",
      'if (event.on === "applied") return removeNext(context, { ...phase, target: event.revision, stake: "stored" });',
      'if (event.on === "applied") return finish(context, phase.end);',
    ],
    [
      "leaving, conflict",
      "a renewal in doubt that was stored is not removed",
      'return phase.stake === "doubt" ? look(context, { ...phase, refused: true }) : finish(context, phase.end);',
      "return finish(context, phase.end);",
    ],
    [
      "leaving, seen",
      "a read older than our own write ends the release",
      "return look(context, phase, true);",
      "return seen(context, phase, event.keyState);",
    ],
    [
      "leaving, unknown",
      "a removal of unknown outcome is treated as done",
      'case "unknown":\n      return again(context, phase, event);',
      'case "unknown":\n      return finish(context, phase.end);',
    ],
    [
      "leaving, unknown",
      "a removal is retried forever",
      "if (context.now < phase.until) return",
      "if (context.now >= 0) return",
    ],
  ),
  ...edits(
    "lease/state.ts",
    [
      "idle, start",
      "an answer to a request of the last hold is used for the next hold",
      "return phase.busy === null ? seek(context, event.since) : stepTo(memory, phase);",
      "return seek(context, event.since);",
    ],
    [
      "any, answer",
      "an answer does not clear the request in flight before the next decision",
      "const busy = isAnswer(event) ? null : phase.busy;",
      "const busy = phase.busy;",
    ],
  ),
  ...edits("lease/state.ts", [
    "any, answer",
    "answers lead to requests without a pause",
    "burst.requests <= LONGEST_BURST",
    "burst.requests <= Infinity",
  ]),
  ...edits("lease/key_context.ts", [
    "any, write",
    "a revision of one stream is sent to another stream",
    'if (request.act !== "read" && isOther(settings.epoch, epoch)) {',
    'if (request.act !== "read" && isOther(settings.epoch, epoch) && epoch === "none") {',
  ]),
  ...edits(
    "lease/keeper.ts",
    [
      "calls",
      "a lease from an earlier call is considered as long as one from a new call",
      "if (isSettled(this.#state) && !old) return;",
      "if (isSettled(this.#state)) return;",
    ],
    [
      "calls",
      "a lease that only calls may renew is renewed by timers",
      'if (after.phase.at === "idle") this.#driver = "calls";',
      "",
    ],
  ),
  ...edits("base/wait.ts", [
    "V4",
    "a listener on the signal is not removed",
    "if (!callbacks.delete(own) || callbacks.size > 0) return;",
    "if (callbacks.has(own)) return;",
  ]),
];
