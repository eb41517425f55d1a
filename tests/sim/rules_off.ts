/**
 * The lease rules of the design notes, each turned off.
 *
 * @module
 */

import { edits, type Mutation } from "./mutation.ts";

export const RULES_OFF: readonly Mutation[] = [
  ...edits(
    "lease/seeking.ts",
    ["L1", "a grant counts from its answer", "validity(sentAt, context.rules)", "validity(context.now, context.rules)"],
    [
      "L11",
      "the end of another's lease is told by its host's clock",
      "keyState.record.holder !== rules.id",
      "(keyState.record.holder !== rules.id && (keyState.record.since ?? 0) + rules.ttl > phase.since)",
    ],
    [
      "L7",
      "a grant of unknown outcome is forgotten",
      "return look(context, { ...phase, doubt: true });",
      'return finish(context, { kind: "released", token: null }, context.memory.lastSeen);',
    ],
    [
      "L7",
      "a cancelled grant of unknown outcome is not fenced off",
      "if (!doubt && busy === null)",
      "if (busy === null)",
    ],
  ),
  ...edits(
    "lease/held.ts",
    [
      "L1",
      "a renewal counts from its answer",
      "{ memory, rules }: StepContext, phase: Held, revision: number): Step {",
      "{ memory, now, rules }: StepContext, phase: Held, revision: number): Step {\n  phase = { ...phase, sentAt: now };",
    ],
    [
      "L5",
      "a held lease ignores the clock",
      "if (context.now >= before.validUntil) return",
      "if (context.now < 0) return",
    ],
    [
      "L6",
      "a renewal is put on whatever revision was seen last",
      "const { revision: expected, attempt, token, since } = phase;",
      "const { attempt, token, since } = phase; const expected = memory.high;",
    ],
    [
      "L6",
      "another record under the key is taken for ours",
      'keyState.kind !== "held" || keyState.record.attempt !== phase.attempt',
      'keyState.kind !== "held"',
    ],
    [
      "L6",
      "a renewal of unknown outcome counts from the look that finds it",
      "validity(phase.doubt ?? -Infinity, context.rules)",
      "validity(context.now, context.rules)",
    ],
    [
      "L9",
      "a lease whose record is gone is silently taken again",
      'const why = keyState.kind === "vacant" ? "removed" : "superseded";',
      'if (keyState.kind === "vacant") return write(context, { ...phase, revision }); const why = "superseded";',
    ],
    [
      "L10",
      "the token moves with each renewal",
      "{ ...phase, revision, validUntil: validity(",
      "{ ...phase, token: revision, revision, validUntil: validity(",
    ],
  ),
  ...edits(
    "lease/leaving.ts",
    [
      "L7",
      "a doubtful write that may land yet is not waited for",
      'keyState.kind === "vacant" && revision === phase.target',
      'keyState.kind === "vacant" && revision < 0',
    ],
    [
      "L8",
      "a release does not wait for the renewal in flight",
      "if (leaving.busy !== null) return stepTo(context.memory, leaving);",
      "",
    ],
    [
      "L8",
      "a release takes back whatever stands",
      "keyState.record.holder === context.rules.id &&\n    (",
      "((1 as number) === 1 ||",
    ],
  ),
  ...edits(
    "base/clock.ts",
    ["L2", "sleep is not counted", "if (gained > SLEEP_THRESHOLD) this.#elapsed += gained;", ""],
    [
      "L2",
      "sleep counts per look, from a quarter second on",
      "if (gained > SLEEP_THRESHOLD) this.#elapsed += gained;\n    if (gained > SLEEP_THRESHOLD || gained < 0) ",
      "if (gained > 250) this.#elapsed += gained;\n    ",
    ],
  ),
  ...edits("lease/steps.ts", ["L3", "no margin", "sentAt + ttl - margin", "sentAt + ttl"]),
  ...edits("lease/key_context.ts", [
    "L4",
    "a lease of its own length is claimed as long as the bucket's",
    "leaseLength(ttl, seen, this.store.name)",
    "leaseLength(null, seen, this.store.name)",
  ]),
  ...edits(
    "lease/keeper.ts",
    ["L5", "the end of a lease has no timer", 'due.push([phase.validUntil, { on: "tick" }]);', ""],
    ["L5", "a look does not compare the clock", "!isHeld(this.#state, this.#context.clock.now())", "false"],
  ),
  ...edits(
    "locker/key_watcher.ts",
    ["L12", "nobody looks again by the clock", "else this.#tell(null);\n    });", "});"],
    [
      "S10",
      "a change from before the key ran out is news",
      "if (keyState.revision > 0) this.#revision = keyState.revision;",
      "this.#revision = keyState.revision;",
    ],
  ),
];
