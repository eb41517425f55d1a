/**
 * The lease rules of the design notes, each turned off.
 *
 * @module
 */

import { edits, type Mutation } from "./mutation.ts";

export const RULES_OFF: readonly Mutation[] = [
  ...edits(
    "lease_seeking.ts",
    ["L1", "a grant counts from its answer", "validity(sentAt, scene.rules)", "validity(scene.now, scene.rules)"],
    [
      "L11",
      "the end of another's lease is told by its host's clock",
      "sighting.record.holder !== rules.id",
      "(sighting.record.holder !== rules.id && (sighting.record.since ?? 0) + rules.ttl > phase.since)",
    ],
    [
      "L7",
      "a grant of unknown outcome is forgotten",
      "return look(scene, { ...phase, doubt: true });",
      'return finish(scene, { kind: "released", token: null }, scene.memory.sight);',
    ],
    [
      "L7",
      "a cancelled grant of unknown outcome is not fenced off",
      "if (!doubt && busy === null)",
      "if (busy === null)",
    ],
  ),
  ...edits(
    "lease_held.ts",
    [
      "L1",
      "a renewal counts from its answer",
      "{ memory, rules }: Scene, phase: Held, revision: number): Step {",
      "{ memory, now, rules }: Scene, phase: Held, revision: number): Step {\n  phase = { ...phase, sentAt: now };",
    ],
    ["L5", "a held lease ignores the clock", "if (scene.now >= before.validUntil) return", "if (scene.now < 0) return"],
    [
      "L6",
      "a renewal is put on whatever revision was seen last",
      "const { revision: expected, attempt, token, since } = phase;",
      "const { attempt, token, since } = phase; const expected = memory.high;",
    ],
    [
      "L6",
      "another record under the key is taken for ours",
      'sighting.kind !== "held" || sighting.record.attempt !== phase.attempt',
      'sighting.kind !== "held"',
    ],
    [
      "L6",
      "a renewal of unknown outcome counts from the look that finds it",
      "validity(phase.doubt ?? -Infinity, scene.rules)",
      "validity(scene.now, scene.rules)",
    ],
    [
      "L9",
      "a lease whose record is gone is silently taken again",
      'const why = sighting.kind === "vacant" ? "removed" : "superseded";',
      'if (sighting.kind === "vacant") return write(scene, { ...phase, revision }); const why = "superseded";',
    ],
    [
      "L10",
      "the token moves with each renewal",
      "{ ...phase, revision, validUntil: validity(",
      "{ ...phase, token: revision, revision, validUntil: validity(",
    ],
  ),
  ...edits(
    "lease_leaving.ts",
    [
      "L7",
      "a doubtful write that may land yet is not waited for",
      "mayBePutOn && revision === phase.target",
      "mayBePutOn && revision < 0",
    ],
    [
      "L7",
      "a doubtful grant on the record of an earlier life of its id is not fenced off",
      'const mayBePutOn = sighting.kind === "vacant" || isOwnId;',
      'const mayBePutOn = sighting.kind === "vacant";',
    ],
    [
      "L8",
      "a release does not wait for the renewal in flight",
      "if (leaving.busy !== null) return go(scene.memory, leaving);",
      "",
    ],
    [
      "L8",
      "a release takes back whatever stands",
      "sighting.record.holder === scene.rules.id &&\n    (",
      "((1 as number) === 1 ||",
    ],
  ),
  ...edits(
    "clock.ts",
    ["L2", "sleep is not counted", "if (gained > SLEEP_THRESHOLD) this.#elapsed += gained;", ""],
    [
      "L2",
      "sleep counts per look, from a quarter second on",
      "if (gained > SLEEP_THRESHOLD) this.#elapsed += gained;\n    if (gained > SLEEP_THRESHOLD || gained < 0) ",
      "if (gained > 250) this.#elapsed += gained;\n    ",
    ],
  ),
  ...edits("lease_step.ts", ["L3", "no margin", "sentAt + ttl - margin", "sentAt + ttl"]),
  ...edits("footing.ts", [
    "L4",
    "a lease of its own length is claimed as long as the bucket's",
    "leaseLength(ttl, seen, this.store.name)",
    "leaseLength(null, seen, this.store.name)",
  ]),
  ...edits(
    "keeper.ts",
    ["L5", "the end of a lease has no timer", 'due.push([phase.validUntil, { on: "tick" }]);', ""],
    ["L5", "a look does not compare the clock", "!isHeld(this.#state, this.#footing.clock.now())", "false"],
  ),
  ...edits(
    "lookout.ts",
    ["L12", "nobody looks again by the clock", "else this.#tell(null);\n    });", "});"],
    [
      "S10",
      "a change from before the key ran out is news",
      "if (sighting.revision > 0) this.#revision = sighting.revision;",
      "this.#revision = sighting.revision;",
    ],
  ),
];
