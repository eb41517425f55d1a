import { assertEquals, assertStringIncludes } from "@std/assert";
import { Locker } from "@x/natslock";
import { candidateOf } from "../../src/lease/candidate.ts";
import { ConnectionError } from "../../src/base/errors.ts";
import type { LockEvent } from "../../src/lease/events.ts";
import { NO_BURST } from "../../src/lease/model.ts";
import type { Effect, Ending, Held, LeaseEvent, LeaseState, Phase, Transition } from "../../src/lease/model.ts";
import { ManualClock } from "../../src/memory/manual_clock.ts";
import { MemoryStore } from "../../src/memory/memory_store.ts";
import { systemRandom } from "../../src/base/random.ts";
import { Reporter } from "../../src/locker/reporter.ts";

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
  checkedAt: 0,
  doubt: null,
  trouble: null,
  since: 0,
  busy: null,
};

interface Told {
  readonly events: LockEvent[];
  /** Log lines above debug level. */
  readonly lines: string[];
  /** Log lines at debug level, and trace lines. */
  readonly details: unknown[][];
  readonly steps: unknown[][];
  readonly reporter: Reporter;
  readonly onEvent: (event: LockEvent) => unknown;
}

function listening(listener?: (event: LockEvent) => unknown): Told {
  const events: LockEvent[] = [];
  const lines: string[] = [];
  const [details, steps] = [[] as unknown[][], [] as unknown[][]];
  const at = (level: string) => (line: unknown) => lines.push(`${level} ${line}`);
  const logger = { debug: (...data: unknown[]) => details.push(data), info: at("info"), warn: at("warn") };
  const candidate = candidateOf({ key: "a.b", id: ID, logger }, systemRandom);
  const onEvent = listener ?? ((event: LockEvent) => void events.push(event));
  const trace = (...data: unknown[]) => void steps.push(data);
  const reporter = new Reporter(candidate, new ManualClock(), { onEvent, trace });
  return { events, lines, details, steps, reporter, onEvent };
}

function at(phase: Phase): LeaseState {
  return {
    memory: {
      epoch: "e",
      high: 0,
      lastSeen: { revision: 0, takeable: true, until: 0 },
      grants: 0,
      suspect: false,
      checkedAt: 0,
      burst: NO_BURST,
    },
    phase,
  };
}

/** Returns a step from one state to another. Its event matters only to the trace. */
function stepped(before: LeaseState, after: LeaseState, ...effects: Effect[]): Transition {
  return { before, event: { on: "tick" }, after, effects };
}

const idle = (end: Ending | null) => at({ at: "idle", end, busy: null });
const leaving = at({
  at: "leaving",
  of: "machine",
  target: 7,
  refused: false,
  stake: "stored",
  until: 0,
  end: RELEASED,
  busy: "remove",
});

Deno.test("Reporter pairs a grant with one release, reported when the release begins", () => {
  const { events, lines, reporter } = listening();
  reporter.step(stepped(idle(null), at(HELD)));
  reporter.step(stepped(at(HELD), leaving));
  reporter.step(stepped(leaving, idle(RELEASED)));
  assertEquals(events.map(({ type }) => type), ["acquired", "released"]);
  assertEquals(lines, ['info Took "a.b"', 'info Released "a.b"']);
});

Deno.test("Reporter pairs a grant with one loss and says why", () => {
  const { events, reporter } = listening();
  reporter.step(stepped(idle(null), at(HELD)));
  reporter.step(stepped(at(HELD), idle({ kind: "lost", why: "deadline", error: null })));
  assertEquals(events.at(-1), { type: "lost", why: "deadline", token: 7, age: 0, key: "a.b", id: ID });
});

Deno.test("Reporter reports a renewal with the remaining time", () => {
  const { events, reporter } = listening();
  reporter.step(stepped(at(HELD), at({ ...HELD, validUntil: 1200, revision: 8 })));
  assertEquals(events, [{ type: "renewed", remaining: 1200, token: 7, age: 0, key: "a.b", id: ID }]);
});

Deno.test("Reporter reports a failed renewal, and once that the lease is at risk", () => {
  const { events, reporter } = listening();
  const late = at({ ...HELD, sentAt: -100 });
  for (let tries = 0; tries < 2; tries++) reporter.step(stepped(late, late, { act: "pause", why: "trouble", error }));
  assertEquals(events.map(({ type }) => type), ["renewal_failed", "renewal_failed"]);
  const { events: risky, reporter: other } = listening();
  const short = at({ ...HELD, validUntil: 100, sentAt: -900 });
  other.step(stepped(idle(null), short));
  risky.length = 0;
  for (let tries = 0; tries < 2; tries++) other.step(stepped(short, short, { act: "pause", why: "trouble", error }));
  assertEquals(risky.map(({ type }) => type), ["renewal_failed", "at_risk", "renewal_failed"]);
});

Deno.test("Reporter reports that a lease is at risk when less than half of its length is left after a failure", async () => {
  const clock = new ManualClock();
  const { events, onEvent } = listening();
  let isCut = false;
  const store = new MemoryStore(clock, {
    ttl: 900,
    intercept: (request) =>
      isCut && request.kind !== "settings"
        ? new Promise((resolve) => clock.after(request.within, () => resolve(request.timeout())))
        : Promise.resolve(request.perform()),
  });
  const locker = new Locker({ store, clock, onEvent });
  await locker.acquire();
  isCut = true;
  // The renewal is sent at 300 ms and fails at 525 ms. The read after it fails only when the lease is over, at 810 ms.
  await clock.advance(900);
  assertEquals(events.map(({ type }) => type).slice(0, 4), ["acquired", "renewal_failed", "at_risk", "lost"]);
  isCut = false;
  await Promise.all([locker.close(), clock.advance(5000)]);
});

Deno.test("Reporter reports a release that could not be confirmed", () => {
  const { events, reporter } = listening();
  reporter.step(stepped(leaving, idle({ kind: "abandoned", error })));
  assertEquals(events, [{ type: "release_failed", error, key: "a.b", id: ID }]);
});

Deno.test("Reporter warns of a foreign value", () => {
  const { lines, reporter } = listening();
  const seeking = at({
    at: "seeking",
    attempt: "",
    expected: 0,
    sentAt: null,
    doubt: false,
    since: 0,
    busy: "read",
  });
  reporter.step(stepped(seeking, idle({ kind: "refused", by: { kind: "foreign", revision: 3 } })));
  assertStringIncludes(lines.join(), "warn The value of");
});

Deno.test("Reporter contains a listener that throws, and logs the error", () => {
  const { lines, reporter } = listening(() => {
    throw new Error("listener");
  });
  reporter.step(stepped(idle(null), at(HELD)));
  assertEquals(lines, ['info Took "a.b"', 'warn The event listener of "a.b" failed']);
});

Deno.test("Reporter contains a logger that throws, and still reports events", () => {
  const events: LockEvent[] = [];
  const fail = () => {
    throw new Error("logger");
  };
  const candidate = candidateOf({ logger: { debug: fail, info: fail, warn: fail } }, systemRandom);
  const reporter = new Reporter(candidate, new ManualClock(), { onEvent: (event) => events.push(event) });
  reporter.step(stepped(idle(null), at(HELD)));
  assertEquals(events.map(({ type }) => type), ["acquired"]);
});

Deno.test("Reporter contains a logger whose promise rejects", async () => {
  const fail = () => Promise.reject(new Error("logger"));
  const candidate = candidateOf({ logger: { debug: fail, info: fail, warn: fail } }, systemRandom);
  const reporter = new Reporter(candidate, new ManualClock(), {});
  reporter.step(stepped(idle(null), at(HELD)));
  // An unhandled rejection would end this process.
  await new Promise<void>((done) => setTimeout(done));
});

Deno.test("Reporter contains a listener whose promise rejects", async () => {
  const { lines, reporter } = listening(() => Promise.reject(new Error("listener")));
  reporter.step(stepped(idle(null), at(HELD)));
  await new Promise<void>((done) => setTimeout(done));
  assertEquals(lines, ['info Took "a.b"', 'warn The event listener of "a.b" failed']);
});

Deno.test("Reporter traces each step with its event and its effects, and logs none", () => {
  const { events, lines, details, steps, reporter } = listening();
  const event: LeaseEvent = { on: "renew" };
  const effects: Effect[] = [{ act: "write", expected: 7, attempt: "i.1", since: 0, token: 7, fresh: false }];
  const after = at({ ...HELD, busy: "write" });
  reporter.step({ before: at(HELD), event, after, effects });
  assertEquals(steps, [['Step of "a.b"', { before: HELD, event, after: after.phase, effects }]]);
  assertEquals([events, lines, details], [[], [], []]);
});

Deno.test("Reporter contains a trace that throws", () => {
  const lines: string[] = [];
  const logger = { debug: () => {}, info: () => {}, warn: (line: unknown) => lines.push(String(line)) };
  const trace = () => {
    throw new Error("trace");
  };
  const reporter = new Reporter(candidateOf({ logger }, systemRandom), new ManualClock(), { trace });
  reporter.step({ before: at(HELD), event: { on: "renew" }, after: at({ ...HELD, busy: "write" }), effects: [] });
  assertEquals(lines, ['The trace of "leader" failed']);
});
