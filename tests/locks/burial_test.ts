import { assertEquals } from "@std/assert";
import { ConnectionError } from "../../src/base/errors.ts";
import { type BurialEvent, burialStep, startBurial } from "../../src/locks/burial.ts";
import type { KeyState } from "../../src/store/record.ts";

const TIMES = { ttl: 1000, slack: 300 };
const error = new ConnectionError("timeout", "No answer");

type Row = readonly [what: string, script: readonly (readonly [now: number, event: BurialEvent])[], result: string];

/** A record whose holder says `ttl`; `null` = it does not say. */
function record(revision: number, ttl: number | null = null): KeyState {
  const about = { holder: "", attempt: null, token: null, name: "", since: null, meta: {} };
  return { kind: "held", revision, record: { ...about, ttl } };
}

const seen = (keyState: KeyState, age: number | undefined = 0): BurialEvent => ({ on: "seen", keyState, age });
const push = (keyState: KeyState): BurialEvent => ({ on: "push", keyState });
const vacant = (revision: number): KeyState => ({ kind: "vacant", revision });
const conflict = (current: number | null): BurialEvent => ({ on: "conflict", current });
const due: BurialEvent = { on: "due" };
const applied: BurialEvent = { on: "applied" };
const unknown: BurialEvent = { on: "unknown", error };
const failed: BurialEvent = { on: "failed", error };

/** Plays events. Returns the last state and its effects as a line of text. */
function play(script: Row[1]): string {
  let { state, effects } = startBurial();
  for (const [now, event] of script) ({ state, effects } = burialStep(state, event, now, TIMES));
  const place = state.at === "alive" ? `alive at ${state.revision} until ${state.due}` : state.at;
  const words = effects.map((effect) => effect.act === "pause" ? `pause ${effect.refusals}` : effect.act);
  return [place, ...words].join(" > ");
}

const ALIVE = [[0, seen(record(5))]] as const;
const BURYING = [...ALIVE, [1300, due]] as const;
const REFUSED = [...BURYING, [1310, conflict(5)]] as const;

const ROWS: readonly Row[] = [
  ["reads the key of the session first", [], "asking > read"],
  ["counts the time of a session from its record", [[0, seen(record(5), 400)]], "alive at 5 until 900"],
  ["counts from the read if the age is unknown", [[0, seen(record(5), undefined)]], "alive at 5 until 1300"],
  ["believes the lease length in the record", [[0, seen(record(5, 2000))]], "alive at 5 until 2300"],
  [
    "believes the default for a value that it cannot read",
    [[0, seen({ kind: "foreign", revision: 5 })]],
    "alive at 5 until 1300",
  ],
  ["buries a session whose record is too old", [[0, seen(record(5), 1300)]], "burying > bury"],
  ["takes a marker for the proof of death", [[0, seen(vacant(5))]], "dead"],
  ["does not take absence for a proof", [[0, seen(vacant(0))]], "burying > bury"],
  ["tries again if the read failed", [[0, failed]], "asking > pause 1"],
  ["reads again after a pause", [[0, failed], [1, due]], "asking > read"],
  ["lets a push extend the time", [...ALIVE, [500, push(record(6))]], "alive at 6 until 1800"],
  ["ignores an old push", [...ALIVE, [500, push(record(5))]], "alive at 5 until 1300"],
  [
    "lets pushes extend the time until three lease lengths after the read",
    [...ALIVE, [2500, push(record(6))]],
    "alive at 6 until 3000",
  ],
  ["reads the key after a pushed marker", [...ALIVE, [500, push(vacant(6))]], "asking > read"],
  ["buries a session whose time is up", BURYING, "burying > bury"],
  ["knows that a buried session is dead", [...BURYING, [1310, applied]], "dead"],
  ["reads the key after a refusal", REFUSED, "asking > read"],
  [
    "pauses if the server still has the record whose time is up",
    [...REFUSED, [1320, seen(record(5))]],
    "burying > pause 1",
  ],
  ["buries again after the pause", [...REFUSED, [1320, seen(record(5))], [1345, due]], "burying > bury"],
  ["finds a session alive that has renewed", [...REFUSED, [1320, seen(record(6), 20)]], "alive at 6 until 2600"],
  ["finds the marker of another", [...BURYING, [1310, conflict(6)], [1320, seen(vacant(6))]], "dead"],
  ["pauses if another write is in flight", [...BURYING, [1310, conflict(null)]], "burying > pause 1"],
  ["reads the key if the marker has no answer", [...BURYING, [1310, unknown]], "asking > read"],
  ["tries again if the marker failed", [...BURYING, [1310, failed]], "burying > pause 1"],
  ["pauses longer after each refusal", [...REFUSED, [1, seen(record(5))], [2, due], [3, conflict(5)], [
    4,
    seen(record(5)),
  ]], "burying > pause 2"],
  ["ignores pushes while it buries", [...BURYING, [1310, push(record(6))]], "burying"],
  ["never takes a death back", [[0, seen(vacant(5))], [1, push(record(6))], [2, seen(record(6))], [3, due]], "dead"],
];

for (const [what, script, result] of ROWS) {
  Deno.test(`burialStep() ${what}`, () => assertEquals(play(script), result));
}

Deno.test("burialStep() never asks while a session renews in time and its renewals are pushed", () => {
  let { state } = burialStep(startBurial().state, seen(record(1)), 0, TIMES);
  for (let revision = 2; revision < 9; revision++) {
    const now = 300 * revision;
    const step = burialStep(state, push(record(revision)), now, TIMES);
    assertEquals(step.effects, []);
    ({ state } = step);
    assertEquals(state.at === "alive" && state.due > now + 300, true, `revision ${revision}`);
  }
});
