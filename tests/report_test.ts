import { assertEquals, assertStringIncludes } from "@std/assert";
import { candidateOf } from "../src/candidate.ts";
import { ConnectionError } from "../src/errors.ts";
import type { LockEvent } from "../src/events.ts";
import type { Effect, Ending, Held, LeaseState, Phase, Stepped } from "../src/lease_model.ts";
import { ManualClock } from "../src/manual_clock.ts";
import { systemRandom } from "../src/random.ts";
import { Reporter } from "../src/report.ts";

const ID = "0b5e8f1c-2d3a-4c5b-9e6f-a1b2c3d4e5f6";
const error = new ConnectionError("timeout", "no answer");
const RELEASED: Ending = { kind: "released", token: 7 };

const HELD: Held = {
  at: "held",
  attempt: "i.1",
  token: 7,
  revision: 7,
  validUntil: 900,
  sentAt: 0,
  doubt: null,
  trouble: null,
  since: 0,
  busy: null,
};

interface Told {
  readonly events: LockEvent[];
  readonly lines: string[];
  readonly reporter: Reporter;
}

function listening(onEvent?: (event: LockEvent) => void): Told {
  const events: LockEvent[] = [];
  const lines: string[] = [];
  const report = (level: string) => (line: unknown) => lines.push(`${level} ${line}`);
  const logger = { debug: () => {}, info: report("info"), warn: report("warn") };
  const candidate = candidateOf({ key: "a.b", id: ID, logger }, systemRandom);
  const listener = onEvent ?? ((event: LockEvent) => void events.push(event));
  return { events, lines, reporter: new Reporter(candidate, new ManualClock(), listener) };
}

function at(phase: Phase): LeaseState {
  return { memory: { epoch: "e", high: 0, sight: { revision: 0, takeable: true, until: 0 }, grants: 0 }, phase };
}

function stepped(before: LeaseState, after: LeaseState, effects: readonly Effect[]): Stepped {
  return { before, event: { on: "tick" }, after, effects };
}

const idle = (end: Ending | null) => at({ at: "idle", end, busy: null });
const leaving = at({
  at: "leaving",
  attempt: "i.1",
  target: 7,
  stake: "stands",
  until: 0,
  end: RELEASED,
  busy: "remove",
});

Deno.test("Reporter pairs a grant with one release, told when it begins", () => {
  const { events, lines, reporter } = listening();
  reporter.step(stepped(idle(null), at(HELD), []));
  reporter.step(stepped(at(HELD), leaving, []));
  reporter.step(stepped(leaving, idle(RELEASED), []));
  assertEquals(events.map(({ type }) => type), ["acquired", "released"]);
  assertEquals(lines, ['info Took "a.b"', 'info Released "a.b"']);
});

Deno.test("Reporter pairs a grant with one loss and says why", () => {
  const { events, reporter } = listening();
  reporter.step(stepped(idle(null), at(HELD), []));
  reporter.step(stepped(at(HELD), idle({ kind: "lost", why: "deadline", error: null }), []));
  assertEquals(events.at(-1), { type: "lost", why: "deadline", token: 7, age: 0, key: "a.b", id: ID });
});

Deno.test("Reporter tells a renewal with what remains", () => {
  const { events, reporter } = listening();
  reporter.step(stepped(at(HELD), at({ ...HELD, validUntil: 1200, revision: 8 }), []));
  assertEquals(events, [{ type: "renewed", remaining: 1200, token: 7, age: 0, key: "a.b", id: ID }]);
});

Deno.test("Reporter tells a failed renewal, and once that the lease is at risk", () => {
  const { events, reporter } = listening();
  const late = at({ ...HELD, sentAt: -100 });
  for (let tries = 0; tries < 2; tries++) reporter.step(stepped(late, late, [{ act: "pause", why: "trouble", error }]));
  assertEquals(events.map(({ type }) => type), ["renewal_failed", "renewal_failed"]);
  const { events: risky, reporter: other } = listening();
  const short = at({ ...HELD, validUntil: 100, sentAt: -900 });
  for (let tries = 0; tries < 2; tries++) other.step(stepped(short, short, [{ act: "pause", why: "trouble", error }]));
  assertEquals(risky.map(({ type }) => type), ["renewal_failed", "at_risk", "renewal_failed"]);
});

Deno.test("Reporter tells a release that could not be confirmed", () => {
  const { events, reporter } = listening();
  reporter.step(stepped(leaving, idle({ kind: "abandoned", error }), []));
  assertEquals(events, [{ type: "release_failed", error, key: "a.b", id: ID }]);
});

Deno.test("Reporter warns of a stranger's bytes", () => {
  const { lines, reporter } = listening();
  const seeking = at({
    at: "seeking",
    attempt: "",
    expected: 0,
    firstSentAt: null,
    doubt: false,
    since: 0,
    busy: "read",
  });
  reporter.step(stepped(seeking, idle({ kind: "refused", by: { kind: "foreign", revision: 3 } }), []));
  assertStringIncludes(lines.join(), "warn A stranger holds");
});

Deno.test("Reporter contains a listener that throws, and says so in the log", () => {
  const { lines, reporter } = listening(() => {
    throw new Error("listener");
  });
  reporter.step(stepped(idle(null), at(HELD), []));
  assertEquals(lines, ['info Took "a.b"', 'warn The event listener of "a.b" threw']);
});
