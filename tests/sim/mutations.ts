/**
 * Edits that each turn one rule off.
 *
 * @module
 */

/** One edit of one file of `src/`; `from` stands there once. */
export interface Mutation {
  /** Number of the rule in the design notes, or the row of the machine's table. */
  readonly rule: string;
  /** What is turned off. */
  readonly off: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export const MUTATIONS: readonly Mutation[] = [
  {
    rule: "L1",
    off: "a grant counts from its answer",
    file: "lease_seeking.ts",
    from: "validity(sentAt, scene.rules)",
    to: "validity(scene.now, scene.rules)",
  },
  {
    rule: "L1",
    off: "a renewal counts from its answer",
    file: "lease_held.ts",
    from: "validUntil: validity(phase.sentAt, rules)",
    to: "validUntil: validity(now, rules)",
  },
  {
    rule: "L2",
    off: "sleep is not counted",
    file: "clock.ts",
    from: "byWall - byMonotonic > SLEEP_THRESHOLD ? byWall : byMonotonic",
    to: "byMonotonic",
  },
  {
    rule: "L2",
    off: "long waits sleep on after the machine woke",
    file: "clock.ts",
    from: "Math.max(delay / NAPS, SHORTEST_NAP)",
    to: "delay",
  },
  { rule: "L3", off: "no margin", file: "lease_model.ts", from: "sentAt + ttl - margin", to: "sentAt + ttl" },
  {
    rule: "L5",
    off: "a held lease ignores the clock",
    file: "lease_held.ts",
    from: "if (scene.now >= phase.validUntil) return",
    to: 'if (event.on === "tick" && scene.now < 0) return',
  },
  {
    rule: "L6",
    off: "a renewal is put on whatever revision was seen last",
    file: "lease_held.ts",
    from: "const { revision: expected, attempt, token, since } = phase;",
    to: "const { attempt, token, since } = phase; const expected = memory.high;",
  },
  {
    rule: "L6",
    off: "another record under the key is taken for ours",
    file: "lease_held.ts",
    from: 'sighting.kind !== "held" || sighting.record.attempt !== phase.attempt',
    to: 'sighting.kind !== "held"',
  },
  {
    rule: "L6",
    off: "a renewal of unknown outcome counts from the look that finds it",
    file: "lease_held.ts",
    from: "validity(phase.doubt, scene.rules)",
    to: "validity(scene.now, scene.rules)",
  },
  {
    rule: "L7",
    off: "a grant of unknown outcome is forgotten",
    file: "lease_seeking.ts",
    from: "return look(scene, { ...phase, doubt: true });",
    to: 'return finish(scene, { kind: "released", token: null }, scene.memory.sight);',
  },
  {
    rule: "L7",
    off: "a cancelled grant of unknown outcome is not fenced off",
    file: "lease_seeking.ts",
    from: "if (!doubt && busy === null)",
    to: "if (busy === null)",
  },
  {
    rule: "L7",
    off: "a doubtful write that may land yet is not waited for",
    file: "lease_leaving.ts",
    from: 'if (phase.stake === "doubt" && revision === phase.target)',
    to: 'if (phase.stake === "doubt" && revision < 0)',
  },
  {
    rule: "L8",
    off: "a release does not wait for the renewal in flight",
    file: "lease_leaving.ts",
    from: "if (leaving.busy !== null) return go(scene.memory, leaving);",
    to: "",
  },
  {
    rule: "L8",
    off: "a release takes back whatever stands",
    file: "lease_leaving.ts",
    from: "sighting.record.holder === scene.rules.id &&",
    to: "true ||",
  },
  {
    rule: "L9",
    off: "a lease whose record is gone is silently taken again",
    file: "lease_held.ts",
    from: 'const why = sighting.kind === "vacant" ? "removed" : "superseded";',
    to: 'if (sighting.kind === "vacant") return write(scene, { ...phase, revision }); const why = "superseded";',
  },
  {
    rule: "L10",
    off: "the token moves with each renewal",
    file: "lease_held.ts",
    from: "{ ...phase, revision, validUntil: validity(",
    to: "{ ...phase, token: revision, revision, validUntil: validity(",
  },
  {
    rule: "seeking, applied",
    off: "a grant that comes too late is acted on",
    file: "lease_seeking.ts",
    from: "scene.now >= validUntil || ",
    to: "",
  },
  {
    rule: "seeking, applied",
    off: "a grant of a stream made anew is acted on",
    file: "lease_seeking.ts",
    from: " || revision <= scene.memory.high",
    to: "",
  },
  {
    rule: "seeking, start",
    off: "after a loss nobody asks whether it is the same stream",
    file: "lease_seeking.ts",
    from: "if (suspect || !takeable) return look(scene, phase, suspect);",
    to: "if (!takeable) return look(scene, phase);",
  },
  {
    rule: "seeking, conflict",
    off: "a write in flight is taken for a refusal",
    file: "lease_seeking.ts",
    from: 'if (current === null) return go(scene.memory, phase, { act: "pause", why: "contention" });',
    to: 'if (current === null) return finish(scene, { kind: "released", token: null });',
  },
  {
    rule: "seeking, seen",
    off: "a stale look is believed",
    file: "lease_seeking.ts",
    from: "if (revision > 0 && revision < memory.high && !fresh) return look(scene, phase, true);",
    to: "",
  },
  {
    rule: "seeking, seen",
    off: "what a stranger wrote is taken over",
    file: "lease_seeking.ts",
    from: 'sighting.kind === "foreign" || sighting.record.holder !== rules.id',
    to: 'sighting.kind !== "foreign" && sighting.record.holder !== rules.id',
  },
  {
    rule: "seeking, seen",
    off: "any record of our id is taken for the grant",
    file: "lease_seeking.ts",
    from: "return attempt === phase.attempt ?",
    to: "return attempt !== null ?",
  },
  {
    rule: "held, seen",
    off: "a look older than our own write is believed",
    file: "lease_held.ts",
    from: "if (revision > 0 && revision < phase.revision && !fresh) return look(scene, phase, true);",
    to: "",
  },
  {
    rule: "held, conflict",
    off: "a refusal without a number is taken for a loss",
    file: "lease_held.ts",
    from:
      'return event.current === null ? go(scene.memory, phase, { act: "pause", why: "contention" }) : look(scene, phase);',
    to: 'return finish(scene, { kind: "lost", why: "superseded", error: null });',
  },
  {
    rule: "held, hint",
    off: "a hint decides",
    file: "lease_held.ts",
    from: "return look(scene, phase);\n}\n\n/** Only a look",
    to: "return renewed(scene, phase, sighting.revision);\n}\n\n/** Only a look",
  },
  {
    rule: "held, failed",
    off: "a bucket that is gone is waited for",
    file: "lease_held.ts",
    from: 'bucket_missing: "removed", ',
    to: "",
  },
  {
    rule: "leaving, write answered",
    off: "a write that lands during the release is left standing",
    file: "lease_leaving.ts",
    from: 'if (event.on === "applied") return undo(scene, { ...phase, target: event.revision, stake: "stands" });',
    to: 'if (event.on === "applied") return finish(scene, phase.end);',
  },
  {
    rule: "leaving, conflict",
    off: "a renewal that landed in doubt is left standing",
    file: "lease_leaving.ts",
    from: 'return phase.stake === "doubt" ? look(scene, phase) : finish(scene, phase.end);',
    to: "return finish(scene, phase.end);",
  },
  {
    rule: "leaving, unknown",
    off: "a removal of unknown outcome is taken for done",
    file: "lease_leaving.ts",
    from: 'case "unknown":\n      return again(scene, phase, event.error);',
    to: 'case "unknown":\n      return finish(scene, phase.end);',
  },
  {
    rule: "leaving, unknown",
    off: "a removal is tried for ever",
    file: "lease_leaving.ts",
    from: 'if (scene.now >= phase.until) return finish(scene, { kind: "abandoned", error });',
    to: "",
  },
  {
    rule: "idle, start",
    off: "an answer to the last hold is taken for one to the next",
    file: "lease_state.ts",
    from: "return phase.busy === null ? seek(scene, event.since, phase.end) : go(memory, phase);",
    to: "return seek(scene, event.since, phase.end);",
  },
  {
    rule: "idle, answers",
    off: "an answer does not end the request in flight before the next decision",
    file: "lease_state.ts",
    from: "const busy = isAnswer(event) ? null : phase.busy;",
    to: "const busy = phase.busy;",
  },
];
