/**
 * Rows of the machine's table that guard something, and what keeps waits and calls alive, each turned off.
 *
 * @module
 */

import { edits, type Mutation } from "./mutation.ts";

export const ROWS_OFF: readonly Mutation[] = [
  ...edits(
    "lease/seeking.ts",
    ["seeking, applied", "a grant that comes too late is acted on", "context.now >= validUntil || ", ""],
    ["seeking, applied", "a grant of a stream made anew is acted on", " || revision <= context.memory.high", ""],
    [
      "seeking, start",
      "after a loss nobody asks whether it is the same stream",
      "if (suspect || !takeable) return look(context, phase, suspect);",
      "if (!takeable) return look(context, phase);",
    ],
    [
      "seeking, conflict",
      "a write in flight is taken for a refusal",
      'if (current === null) return stepTo(context.memory, phase, { act: "pause", why: "contention" });',
      'if (current === null) return finish(context, { kind: "released", token: null });',
    ],
    [
      "seeking, seen",
      "an answer older than a doubtful write is believed",
      "if (revision < known && (revision > 0 || phase.doubt) && !fresh) return look(context, phase, true);",
      "",
    ],
    [
      "seeking, seen",
      "what a stranger wrote is taken over",
      'if (keyState.kind === "foreign" ||',
      'if (keyState.kind === "foreign") return ask(context, phase, revision);\n  if (',
    ],
    [
      "seeking, seen",
      "what another holds is taken over",
      "keyState.record.holder !== rules.id",
      'keyState.record.holder === ""',
    ],
    [
      "seeking, seen",
      "any record of our id is taken for the grant",
      "if (attempt === phase.attempt) return",
      "if (attempt !== null) return",
    ],
  ),
  ...edits("lease/seeking.ts", [
    "seeking, failed",
    "a look that is denied forgets what may stand",
    "if (!phase.doubt) return finish(context, end, context.memory.lastSeen);",
    "if (context.now >= 0) return finish(context, end, context.memory.lastSeen);",
  ]),
  ...edits(
    "lease/held.ts",
    [
      "held, any",
      "a hold goes on in another stream",
      "if (context.epochChanged) {",
      "if (context.epochChanged && context.now < 0) {",
    ],
    [
      "held, renew",
      "nobody asks whether it is still the same stream",
      "now - phase.checkedAt >= rules.ttl / 2",
      "now - phase.checkedAt >= rules.ttl * 1e9",
    ],
    [
      "held, seen",
      "a look older than our own write is believed",
      "if (revision < phase.revision && !fresh) return look(context, phase, true);",
      "",
    ],
    [
      "held, conflict",
      "a refusal is taken for a loss",
      'return look(context, phase);\n    case "failed":',
      'return finish(context, { kind: "lost", why: "superseded", error: null });\n    case "failed":',
    ],
    [
      "held, conflict",
      "a write in flight is taken for a loss",
      'if (event.current === null) return stepTo(context.memory, phase, { act: "pause", why: "contention" });',
      'if (event.current === null) return finish(context, { kind: "lost", why: "superseded", error: null });',
    ],
    [
      "held, unknown",
      "a renewal of unknown outcome is taken for a loss",
      'case "unknown":',
      'case "unknown":\n      return finish(context, { kind: "lost", why: "superseded", error: event.error });\n    case "tick":',
    ],
  ),
  ...edits(
    "lease/leaving.ts",
    [
      "leaving, write answered",
      "a write that lands during the release is left standing",
      'if (event.on === "applied") return undo(context, { ...phase, target: event.revision, stake: "stands" });',
      'if (event.on === "applied") return finish(context, phase.end);',
    ],
    [
      "leaving, conflict",
      "a renewal that landed in doubt is left standing",
      'return phase.stake === "doubt" ? look(context, { ...phase, refused: true }) : finish(context, phase.end);',
      "return finish(context, phase.end);",
    ],
    [
      "leaving, seen",
      "a look older than our own write ends the release",
      "if (event.keyState.revision < known(context, phase) && !event.fresh) return look(context, phase, true);",
      "",
    ],
    [
      "leaving, unknown",
      "a removal of unknown outcome is taken for done",
      'case "unknown":\n      return again(context, phase, event);',
      'case "unknown":\n      return finish(context, phase.end);',
    ],
    [
      "leaving, unknown",
      "a removal is tried for ever",
      "if (context.now < phase.until) return",
      "if (context.now >= 0) return",
    ],
  ),
  ...edits(
    "lease/state.ts",
    [
      "idle, start",
      "an answer to the last hold is taken for one to the next",
      "return phase.busy === null ? seek(context, event.since) : stepTo(memory, phase);",
      "return seek(context, event.since);",
    ],
    [
      "any, answer",
      "an answer does not end the request in flight before the next decision",
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
    "a revision of one stream is sent into another that is known",
    'if (request.act !== "read" && isOther(settings.epoch, epoch)) {',
    'if (request.act !== "read" && isOther(settings.epoch, epoch) && epoch === "none") {',
  ]),
  ...edits(
    "lease/keeper.ts",
    [
      "calls",
      "what an earlier call wrote is held for as long as a new one promises",
      "if (isSettled(this.#state) && !old) return;",
      "if (isSettled(this.#state)) return;",
    ],
    [
      "calls",
      "time goes on to drive what calls hold",
      'if (after.phase.at === "idle") this.#driver = "calls";',
      "",
    ],
  ),
  ...edits("base/wait.ts", [
    "V4",
    "a signal's listener stays",
    "if (!callbacks.delete(own) || callbacks.size > 0) return;",
    "if (callbacks.has(own)) return;",
  ]),
];
