/**
 * Rows of the machine's table that guard something, and what keeps waits and calls alive, each turned off.
 *
 * @module
 */

import { edits, type Mutation } from "./mutation.ts";

export const ROWS_OFF: readonly Mutation[] = [
  ...edits(
    "lease_seeking.ts",
    ["seeking, applied", "a grant that comes too late is acted on", "scene.now >= validUntil || ", ""],
    ["seeking, applied", "a grant of a stream made anew is acted on", " || revision <= scene.memory.high", ""],
    [
      "seeking, start",
      "after a loss nobody asks whether it is the same stream",
      "if (suspect || !takeable) return look(scene, phase, suspect);",
      "if (!takeable) return look(scene, phase);",
    ],
    [
      "seeking, conflict",
      "a write in flight is taken for a refusal",
      'if (current === null) return go(scene.memory, phase, { act: "pause", why: "contention" });',
      'if (current === null) return finish(scene, { kind: "released", token: null });',
    ],
    [
      "seeking, seen",
      "an answer older than a doubtful write is believed",
      "if (revision < known && (revision > 0 || phase.doubt) && !fresh) return look(scene, phase, true);",
      "",
    ],
    [
      "seeking, seen",
      "what a stranger wrote is taken over",
      'if (sighting.kind === "foreign" ||',
      'if (sighting.kind === "foreign") return ask(scene, phase, revision);\n  if (',
    ],
    [
      "seeking, seen",
      "what another holds is taken over",
      "sighting.record.holder !== rules.id",
      'sighting.record.holder === ""',
    ],
    [
      "seeking, seen",
      "any record of our id is taken for the grant",
      "if (attempt === phase.attempt) return",
      "if (attempt !== null) return",
    ],
  ),
  ...edits("lease_seeking.ts", [
    "seeking, failed",
    "a look that is denied forgets what may stand",
    "if (!phase.doubt) return finish(scene, end, scene.memory.sight);",
    "if (scene.now >= 0) return finish(scene, end, scene.memory.sight);",
  ]),
  ...edits(
    "lease_held.ts",
    ["held, any", "a hold goes on in another stream", "if (scene.moved) {", "if (scene.moved && scene.now < 0) {"],
    [
      "held, renew",
      "nobody asks whether it is still the same stream",
      "now - phase.checkedAt >= rules.ttl / 2",
      "now - phase.checkedAt >= rules.ttl * 1e9",
    ],
    [
      "held, seen",
      "a look older than our own write is believed",
      "if (revision < phase.revision && !fresh) return look(scene, phase, true);",
      "",
    ],
    [
      "held, conflict",
      "a refusal is taken for a loss",
      'return look(scene, phase);\n    case "failed":',
      'return finish(scene, { kind: "lost", why: "superseded", error: null });\n    case "failed":',
    ],
    [
      "held, conflict",
      "a write in flight is taken for a loss",
      'if (event.current === null) return go(scene.memory, phase, { act: "pause", why: "contention" });',
      'if (event.current === null) return finish(scene, { kind: "lost", why: "superseded", error: null });',
    ],
    [
      "held, unknown",
      "a renewal of unknown outcome is taken for a loss",
      'case "unknown":',
      'case "unknown":\n      return finish(scene, { kind: "lost", why: "superseded", error: event.error });\n    case "tick":',
    ],
  ),
  ...edits(
    "lease_leaving.ts",
    [
      "leaving, write answered",
      "a write that lands during the release is left standing",
      'if (event.on === "applied") return undo(scene, { ...phase, target: event.revision, stake: "stands" });',
      'if (event.on === "applied") return finish(scene, phase.end);',
    ],
    [
      "leaving, conflict",
      "a renewal that landed in doubt is left standing",
      'return phase.stake === "doubt" ? look(scene, { ...phase, refused: true }) : finish(scene, phase.end);',
      "return finish(scene, phase.end);",
    ],
    [
      "leaving, seen",
      "a look older than our own write ends the release",
      "if (event.sighting.revision < known(scene, phase) && !event.fresh) return look(scene, phase, true);",
      "",
    ],
    [
      "leaving, unknown",
      "a removal of unknown outcome is taken for done",
      'case "unknown":\n      return again(scene, phase, event);',
      'case "unknown":\n      return finish(scene, phase.end);',
    ],
    [
      "leaving, unknown",
      "a removal is tried for ever",
      "if (scene.now < phase.until) return",
      "if (scene.now >= 0) return",
    ],
  ),
  ...edits(
    "lease_state.ts",
    [
      "idle, start",
      "an answer to the last hold is taken for one to the next",
      "return phase.busy === null ? seek(scene, event.since) : go(memory, phase);",
      "return seek(scene, event.since);",
    ],
    [
      "any, answer",
      "an answer does not end the request in flight before the next decision",
      "const busy = isAnswer(event) ? null : phase.busy;",
      "const busy = phase.busy;",
    ],
  ),
  ...edits("lease_state.ts", [
    "any, answer",
    "answers lead to requests without a pause",
    "burst.requests <= LONGEST_BURST",
    "burst.requests <= Infinity",
  ]),
  ...edits("footing.ts", [
    "any, write",
    "a revision of one stream is sent into another that is known",
    'if (request.act !== "read" && isOther(terms.epoch, epoch)) {',
    'if (request.act !== "read" && isOther(terms.epoch, epoch) && epoch === "none") {',
  ]),
  ...edits(
    "keeper.ts",
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
  ...edits("patience.ts", [
    "V4",
    "a signal's listener stays",
    "if (!callbacks.delete(own) || callbacks.size > 0) return;",
    "if (callbacks.has(own)) return;",
  ]),
];
