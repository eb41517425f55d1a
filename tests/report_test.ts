import { assertEquals, assertFalse, assertMatch, assertStrictEquals } from "@std/assert";
import { type Candidate, candidateOf } from "../src/candidate.ts";
import { ConnectionError } from "../src/errors.ts";
import type { Ending, Held, Idle, LeaseState, Leaving, News, Phase, Seeking } from "../src/lease_model.ts";
import { systemRandom } from "../src/random.ts";
import type { LeaseRecord } from "../src/record.ts";
import { report } from "../src/report.ts";

interface Line {
  readonly level: "debug" | "info" | "warn";
  readonly text: string;
  readonly about: Record<string, unknown>;
  readonly rest: readonly unknown[];
}

const ID = "0b5e8f1c-2d3a-4c5b-9e6f-a1b2c3d4e5f6";
const SECRET = "s3cr3t";
/** Everything that a logger could let slip. */
const TROUBLE = new ConnectionError("denied", `Cannot write: user:${SECRET}@host`, { cause: new Error(SECRET) });

function logged(phase: Phase, news: News): Line[] {
  const lines: Line[] = [];
  const at = (level: Line["level"]) => (text: unknown, about: unknown, ...rest: unknown[]) =>
    lines.push({ level, text: text as string, about: about as Record<string, unknown>, rest });
  const logger = { debug: at("debug"), info: at("info"), warn: at("warn") };
  const options = { key: "a.b", id: ID, name: "worker-3", meta: { password: SECRET }, logger };
  const candidate: Candidate = candidateOf(options, systemRandom);
  const sight = { revision: 0, takeable: true, until: 0 };
  const state: LeaseState = { memory: { epoch: "e", high: 0, sight, grants: 0 }, phase };
  report(candidate, news, state);
  return lines;
}

function ended(end: Ending | null): Line[] {
  const phase: Idle = { at: "idle", end, busy: null };
  return logged(phase, "ended");
}

const HELD: Held = {
  at: "held",
  attempt: "n.1",
  token: 41,
  revision: 44,
  validUntil: 1,
  sentAt: 0,
  doubt: null,
  since: 0,
  busy: null,
};
const RECORD: LeaseRecord = { holder: ID, attempt: "n.2", token: 1, name: "", since: 0, ttl: 1, meta: { s: SECRET } };

Deno.test("report() writes a grant at info, with token and revision", () => {
  const about = { key: "a.b", id: ID, token: 41, revision: 44 };
  assertEquals(logged(HELD, "granted"), [{ level: "info", text: 'Took "a.b"', about, rest: [] }]);
});

Deno.test("report() writes a renewal at debug, with token and revision", () => {
  const about = { key: "a.b", id: ID, token: 41, revision: 44 };
  assertEquals(logged(HELD, "renewed"), [{ level: "debug", text: 'Renewed "a.b"', about, rest: [] }]);
});

interface Case {
  readonly what: string;
  readonly end: Ending;
  readonly level: Line["level"];
  readonly text: RegExp;
  /** What stands beside key and id. */
  readonly fields: Record<string, unknown>;
}

const CASES: readonly Case[] = [
  {
    what: "a release",
    end: { kind: "released", token: 41 },
    level: "info",
    text: /^Released "a\.b"/,
    fields: { token: 41 },
  },
  {
    what: "a loss",
    end: { kind: "lost", why: "deadline", error: TROUBLE },
    level: "warn",
    text: /^Lost "a\.b"/,
    fields: { why: "deadline", cause: TROUBLE },
  },
  {
    what: "a loss without an error",
    end: { kind: "lost", why: "superseded", error: null },
    level: "warn",
    text: /^Lost "a\.b"/,
    fields: { why: "superseded", cause: null },
  },
  {
    what: "a release that could not be confirmed",
    end: { kind: "abandoned", error: TROUBLE },
    level: "warn",
    text: /^Could not release "a\.b".*runs out/,
    fields: { cause: TROUBLE },
  },
  {
    what: "another holder",
    end: { kind: "refused", by: { kind: "held", revision: 7, record: RECORD } },
    level: "debug",
    text: /^Another holds "a\.b"/,
    fields: {},
  },
  {
    what: "a stranger's bytes",
    end: { kind: "refused", by: { kind: "foreign", revision: 7 } },
    level: "warn",
    text: /^A stranger holds "a\.b".*no UUID/,
    fields: {},
  },
  {
    what: "a grant that came too late",
    end: { kind: "withdrawn" },
    level: "debug",
    text: /^Withdrew .*"a\.b"/,
    fields: {},
  },
  {
    what: "a try that failed",
    end: { kind: "failed", error: TROUBLE },
    level: "debug",
    text: /^Could not take "a\.b"/,
    fields: { cause: TROUBLE },
  },
];

for (const { what, end, level, text, fields } of CASES) {
  Deno.test(`report() writes ${what} once, at ${level}`, () => {
    const lines = ended(end);
    assertEquals(lines.map((line) => line.level), [level]);
    assertMatch(lines[0]?.text ?? "", text);
  });

  Deno.test(`report() writes ${what} with key and id beside it, and nothing more than belongs to it`, () => {
    const [line] = ended(end);
    assertEquals([line?.about, line?.rest], [{ key: "a.b", id: ID, ...fields }, []]);
  });

  Deno.test(`report() writes ${what} without what an error says, save in the field cause`, () => {
    for (const { text, about: { cause: _, ...shown } } of ended(end)) {
      assertFalse(`${text} ${JSON.stringify(shown)}`.includes(SECRET));
    }
  });
}

Deno.test("report() hands on the very error as cause, not a text made of it", () => {
  const [line] = ended({ kind: "failed", error: TROUBLE });
  assertStrictEquals(line?.about.cause, TROUBLE);
});

const SEEKING: Seeking = {
  at: "seeking",
  attempt: "n.1",
  expected: 0,
  firstSentAt: null,
  doubt: false,
  since: 0,
  busy: "write",
};
const LEAVING: Leaving = {
  at: "leaving",
  attempt: "n.1",
  target: 44,
  stake: "stands",
  until: 1,
  end: { kind: "released", token: 41 },
  busy: "remove",
};

for (const phase of [SEEKING, LEAVING]) {
  Deno.test(`report() writes nothing while ${phase.at}`, () => {
    assertEquals(logged(phase, "ended"), []);
  });
}

Deno.test("report() writes nothing of a release where nothing was held", () => {
  assertEquals(ended({ kind: "released", token: null }), []);
});

Deno.test("report() writes nothing before the first end", () => {
  assertEquals(ended(null), []);
});
