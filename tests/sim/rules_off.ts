/**
 * Mutations of the lease rules L1 to L12 and of some invariants.
 *
 * @module
 */

import { edits, type Mutation } from "./mutation.ts";

export const RULES_OFF: readonly Mutation[] = [
  ...edits(
    "lease/seeking.ts",
    [
      "L1",
      "a granted lease is counted from the answer to its write",
      "validity(sentAt, context.rules)",
      "validity(context.now, context.rules)",
    ],
    [
      "L11",
      "another holder's lease is considered over by the wall clock of its host",
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
      "a renewed lease is counted from the answer to its renewal",
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
      "a renewal expects the revision that was seen last",
      "const { revision: expected, attempt, token, since } = phase;",
      "const { attempt, token, since } = phase; const expected = memory.high;",
    ],
    [
      "L6",
      "any record under the key is accepted as the holder's own",
      'keyState.kind !== "held" || keyState.record.attempt !== phase.attempt',
      'keyState.kind !== "held"',
    ],
    [
      "L6",
      "a renewal of unknown outcome is counted from the read that finds it",
      "validity(phase.doubt ?? -Infinity, context.rules)",
      "validity(context.now, context.rules)",
    ],
    [
      "L9",
      "a lease whose record is gone is silently acquired again",
      'const why = keyState.kind === "vacant" ? "removed" : "superseded";',
      'if (keyState.kind === "vacant") return write(context, { ...phase, revision }); const why = "superseded";',
    ],
    [
      "L10",
      "the token changes with each renewal",
      "{ ...phase, revision, validUntil: validity(",
      "{ ...phase, token: revision, revision, validUntil: validity(",
    ],
  ),
  ...edits(
    "lease/leaving.ts",
    [
      "L7",
      "a write in doubt that may still be stored is not fenced off",
      "mayBeExpected && revision === phase.target",
      "mayBeExpected && revision < 0",
    ],
    [
      "L7",
      "a grant in doubt on the record of an earlier process with its id is not fenced off",
      'const mayBeExpected = keyState.kind === "vacant" || hasOwnId;',
      'const mayBeExpected = keyState.kind === "vacant";',
    ],
    [
      "L8",
      "a release does not wait for the renewal in flight",
      "if (leaving.busy !== null) return stepTo(context.memory, leaving);",
      "",
    ],
    [
      "L8",
      "a release removes any record",
      'const ours = hasOwnId && (phase.of === "id" || isOurs(keyState.record.attempt, context.rules));',
      'const ours = keyState.kind === "held";',
    ],
  ),
  ...edits(
    "base/clock.ts",
    ["L2", "time asleep is not counted", "if (gained > SLEEP_THRESHOLD) this.#elapsed += gained;", ""],
    [
      "L2",
      "time asleep is counted only if one clock reading finds more than 250 ms",
      "if (gained > SLEEP_THRESHOLD) this.#elapsed += gained;\n    if (gained > SLEEP_THRESHOLD || gained < 0) ",
      "if (gained > 250) this.#elapsed += gained;\n    ",
    ],
  ),
  ...edits("lease/steps.ts", ["L3", "no margin", "sentAt + ttl - margin", "sentAt + ttl"]),
  ...edits("lease/key_context.ts", [
    "L4",
    "a lease with its own TTL is considered as long as the bucket's TTL",
    "leaseLength(ttl, seen, this.store.name)",
    "leaseLength(null, seen, this.store.name)",
  ]),
  ...edits(
    "lease/keeper.ts",
    ["L5", "the end of a lease has no timer", 'due.push([phase.validUntil, { on: "tick" }]);', ""],
    ["L5", "a query of the lease does not check the clock", "!isHeld(this.#state, this.#context.clock.now())", "false"],
  ),
  ...edits(
    "locker/key_watcher.ts",
    ["L12", "the key is not read again when no changes are pushed", "else this.#deliver(null);\n    });", "});"],
    [
      "S10",
      "a change older than the expiry of the key is reported as new",
      "if (keyState.revision > 0) this.#revision = keyState.revision;",
      "this.#revision = keyState.revision;",
    ],
  ),
];
