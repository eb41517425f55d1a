import { assert, assertEquals, assertStrictEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { candidateOf, type CandidateOptions, DEFAULT_KEY_NAME } from "../../src/lease/candidate.ts";
import { BadParameterError, show } from "../../src/base/errors.ts";
import { type Logger, silentLogger } from "../../src/base/logger.ts";
import { type Random, systemRandom } from "../../src/base/random.ts";
import { isUuid } from "../../src/store/record.ts";

const ID = "0b5e8f1c-2d3a-4c5b-9e6f-a1b2c3d4e5f6";
const RANDOM: Random = { next: () => 0.5, uuid: () => ID };

function refusal(options: { readonly [field in keyof CandidateOptions]: unknown }): BadParameterError {
  return assertThrows(() => candidateOf(options as CandidateOptions, RANDOM), BadParameterError);
}

Deno.test("candidateOf() fills in a default for every option that is missing", () => {
  const wanted = { key: "leader", id: ID, name: "", meta: {}, ttl: null, timing: {}, headStart: 0 };
  assertEquals(candidateOf({}, RANDOM), { ...wanted, logger: silentLogger });
});

Deno.test("candidateOf() keeps the options that are given", () => {
  const logger: Logger = { debug() {}, info() {}, warn() {} };
  const options = {
    ...{ key: "a.b", id: ID, name: "n", meta: { a: 1 }, ttl: 3_000, timing: { margin: 100 }, headStart: 500 },
    logger,
  };
  assertEquals(candidateOf(options, systemRandom), options);
});

Deno.test('DEFAULT_KEY_NAME is "leader", as in the Go package', () => {
  assertEquals(DEFAULT_KEY_NAME, "leader");
});

Deno.test("candidateOf() gives each candidate its own UUID", () => {
  const ids = Array.from({ length: 3 }, () => candidateOf({}, systemRandom).id);
  assert(ids.every(isUuid));
  assertEquals(new Set(ids).size, 3);
});

Deno.test("candidateOf() converts an id to lower case", () => {
  assertEquals(candidateOf({ id: ID.toUpperCase() }, systemRandom).id, ID);
});

Deno.test("candidateOf() copies meta, so a later change has no effect", () => {
  const meta = { zone: "a" };
  const candidate = candidateOf({ meta }, RANDOM);
  meta.zone = "b";
  assertEquals(candidate.meta, { zone: "a" });
});

Deno.test("candidateOf() keeps the same logger object, since its methods may need `this`", () => {
  assertStrictEquals(candidateOf({ logger: console }, RANDOM).logger, console);
});

for (const key of ["leader", "a", "a.b.c", "a/b=c-d_e", "A.0", "-", "=", "k".repeat(1_024)]) {
  Deno.test(`candidateOf() accepts the key ${show(key.slice(0, 9))} of ${key.length} characters`, () => {
    assertEquals(candidateOf({ key }, RANDOM).key, key);
  });
}

const BAD_KEYS = [
  "",
  ".",
  "a.",
  ".a",
  "a..b",
  "a b",
  " a",
  "a\n",
  "*",
  ">",
  "a.>",
  "a.*",
  "a*",
  "$a",
  "ä",
  "a\0",
  "k".repeat(1_025),
  7,
  null,
];

for (const key of BAD_KEYS) {
  Deno.test(`candidateOf() refuses the key ${show(key).slice(0, 12)} and names it`, () => {
    const { parameter, message } = refusal({ key });
    assertEquals(parameter, "key");
    assertStringIncludes(message, `"key"`);
    assertStringIncludes(message, `current value is ${show(key)}`);
  });
}

for (const id of ["", "me", ID.slice(1), `${ID} `, `{${ID}}`, ID.replaceAll("-", ""), 7]) {
  Deno.test(`candidateOf() refuses the id ${show(id)} and names it`, () => {
    const { parameter, message } = refusal({ id });
    assertEquals(parameter, "id");
    assertStringIncludes(message, `"id"`);
    assertStringIncludes(message, `current value is ${show(id)}`);
  });
}

const BAD_LOGGERS: readonly (readonly [string, unknown])[] = [
  ["null", null],
  ["a function", () => {}],
  ["text", "console"],
  ["an object without warn", { debug() {}, info() {} }],
  ["an object whose info is not a function", { debug() {}, info: true, warn() {} }],
];

for (const [what, logger] of BAD_LOGGERS) {
  Deno.test(`candidateOf() refuses ${what} as a logger`, () => {
    const { parameter, message } = refusal({ logger });
    assertEquals(parameter, "logger");
    for (const word of ["logger", "debug", "info", "warn"]) assertStringIncludes(message, word);
  });
}

for (const [ttl, kept] of [[1_000, 1_000], [1_500, 1_000], [60_000.5, 60_000]] as const) {
  Deno.test(`candidateOf() cuts a ttl of ${ttl} to ${kept}`, () => {
    assertEquals(candidateOf({ ttl }, RANDOM).ttl, kept);
  });
}

for (const ttl of [999, 0, -1, NaN, Infinity, "3000", null]) {
  Deno.test(`candidateOf() refuses ${typeof ttl === "string" ? `"${ttl}"` : ttl} as a ttl and names it`, () => {
    const { parameter, message } = refusal({ ttl });
    assertEquals(parameter, "ttl");
    assertStringIncludes(message, `"ttl"`);
    assertStringIncludes(message, `current value is ${show(ttl)}`);
  });
}

Deno.test("candidateOf() checks its times against its own ttl", () => {
  assertEquals(refusal({ ttl: 3_000, timing: { renewEvery: 2_900 } }).parameter, "timing");
});

Deno.test("candidateOf() checks its times against the ttl in whole seconds, as the server counts it", () => {
  // The times fit into 1,999 ms, but not into the 1,000 ms that the server counts.
  assertEquals(refusal({ ttl: 1_999, timing: { renewEvery: 900 } }).parameter, "timing");
});

for (const [field, value] of [["name", "a\nb"], ["meta", []]] as const) {
  Deno.test(`candidateOf() refuses a bad ${field} and names it`, () => {
    const { parameter, message } = refusal({ [field]: value });
    assertEquals(parameter, field);
    assertStringIncludes(message, `"${field}"`);
  });
}
