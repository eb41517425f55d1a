/** Tests of the record format: encoding, decoding, and checks of names and metas. */

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { BadParameterError } from "../../src/base/errors.ts";
import {
  decodeRecord,
  encodeHeaders,
  isUuid,
  type KeyState,
  type LeaseRecord,
  type Meta,
  requireMeta,
  requireName,
} from "../../src/store/record.ts";

const ID = "0b5e8f1c-2d3a-4c5b-9e6f-a1b2c3d4e5f6";
const BARE = { attempt: null, token: null, name: "", since: null, ttl: null, meta: {} };
const FULL: LeaseRecord = {
  holder: ID,
  attempt: "4f1d.7",
  token: 41,
  name: "worker-3",
  since: 1_800_000_000_123,
  ttl: 15_000,
  meta: { host: "a", pid: 7, tags: ["x"], deep: { on: true } },
};

function decode(value: string | Uint8Array, headers: Record<string, string> = {}, revision = 42): KeyState {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return decodeRecord({ revision, value: bytes, header: (name) => headers[name] });
}

function roundTrip(record: LeaseRecord): KeyState {
  return decode(record.holder, Object.fromEntries(encodeHeaders(record)));
}

/** The record that is decoded from these headers. */
function decoded(headers: Record<string, string>): LeaseRecord {
  const keyState = decode(ID, headers);
  assert(keyState.kind === "held");
  return keyState.record;
}

function refusal(fn: () => unknown): BadParameterError {
  return assertThrows(fn, BadParameterError);
}

const TRIPS: readonly (readonly [string, LeaseRecord])[] = [
  ["with every field", FULL],
  ["with only a holder", { holder: ID, ...BARE }],
  ["with a unicode name", { ...FULL, name: "Łódź 工 🦊" }],
  ["with unicode meta", { ...FULL, meta: { "ключ": 'ž 🦊 \u2028 \u0000 \r\n "quoted"' } }],
  ["with a token equal to its revision", { ...FULL, token: 42 }],
];

for (const [what, record] of TRIPS) {
  Deno.test(`decodeRecord() returns the record that encodeHeaders() wrote, ${what}`, () => {
    assertEquals(roundTrip(record), { kind: "held", revision: 42, record });
  });
}

Deno.test("encodeHeaders() omits fields that are null or empty", () => {
  assertEquals(encodeHeaders({ holder: ID, ...BARE }), []);
});

Deno.test("encodeHeaders() uses the header names of the wire format, in order", () => {
  const names = encodeHeaders(FULL).map(([name]) => name.replace(/^Natslock-/, ""));
  assertEquals(names, ["Attempt", "Token", "Name", "Since", "Ttl", "Meta"]);
});

Deno.test("encodeHeaders() writes meta in ASCII without control characters", () => {
  const [, json = ""] = encodeHeaders({ holder: ID, ...BARE, meta: { a: "é\r\n🦊\u007f" } })[0] ?? [];
  assertEquals(json, '{"a":"\\u00e9\\r\\n\\ud83e\\udd8a\\u007f"}');
});

Deno.test("decodeRecord() reads an upper-case UUID as the same holder", () => {
  assertEquals(decode(ID.toUpperCase()), decode(ID));
});

Deno.test("decodeRecord() reads a value without headers as the record of a Go holder", () => {
  assertEquals(decode(ID), { kind: "held", revision: 42, record: { holder: ID, ...BARE } });
});

const VACANT: readonly (readonly [string, string, Record<string, string>])[] = [
  ["an empty value", "", {}],
  ["a DEL", "", { "KV-Operation": "DEL" }],
  ["a PURGE", "", { "KV-Operation": "PURGE" }],
  ["a PURGE with a value", ID, { "KV-Operation": "PURGE" }],
  ["an expiry marker", "", { "Nats-Marker-Reason": "MaxAge" }],
  ["a marker with a value", ID, { "Nats-Marker-Reason": "Remove" }],
];

for (const [what, value, headers] of VACANT) {
  Deno.test(`decodeRecord() reads ${what} as vacant at its revision`, () => {
    assertEquals(decode(value, headers, 9), { kind: "vacant", revision: 9 });
  });
}

const FOREIGN: readonly (readonly [string, string | Uint8Array])[] = [
  ["text", "leader"],
  ["a space", " "],
  ["a UUID without hyphens", ID.replaceAll("-", "")],
  ["a UUID with a line break", `${ID}\n`],
  ["a UUID with a leading space", ` ${ID}`],
  ["a UUID in braces", `{${ID}}`],
  ["a UUID with a letter that is not a hexadecimal digit", `g${ID.slice(1)}`],
  ["the 16 bytes of a UUID", new Uint8Array(16).fill(7)],
  ["bytes that are not UTF-8", new Uint8Array([0xff, 0xfe, 0x80])],
];

for (const [what, value] of FOREIGN) {
  Deno.test(`decodeRecord() reads ${what} as foreign`, () => {
    assertEquals(decode(value, {}, 9), { kind: "foreign", revision: 9 });
  });
}

for (const token of ["9007199254740992", "-1", "0", "43", "1.5", "1e1", "0x1", " 7", "", "x", "9".repeat(400)]) {
  Deno.test(`decodeRecord() ignores the token ${JSON.stringify(token.slice(0, 20))} at revision 42`, () => {
    assertEquals(decoded({ "Natslock-Token": token }).token, null);
  });
}

for (const time of ["yesterday", "-5", "1.5", "9007199254740992"]) {
  Deno.test(`decodeRecord() ignores the time ${time}, which is not a safe whole number`, () => {
    const { since, ttl } = decoded({ "Natslock-Since": time, "Natslock-Ttl": time });
    assertEquals([since, ttl], [null, null]);
  });
}

for (const json of ["{", "null", "7", '"text"', "[1]", "undefined", "[".repeat(50_000)]) {
  Deno.test(`decodeRecord() reads the meta ${json.slice(0, 9)} as empty`, () => {
    assertEquals(decoded({ "Natslock-Meta": json }).meta, {});
  });
}

for (const [text, wanted] of [[ID, true], [ID.toUpperCase(), true], ["", false], [`${ID}0`, false]] as const) {
  Deno.test(`isUuid(${JSON.stringify(text)}) is ${wanted}`, () => {
    assertEquals(isUuid(text), wanted);
  });
}

const CYCLIC: Record<string, unknown> = {};
CYCLIC.self = CYCLIC;

const BAD_META: readonly (readonly [string, unknown])[] = [
  ["an array", [1]],
  ["null", null],
  ["text", "{}"],
  ["a cyclic object", CYCLIC],
  ["a BigInt inside", { n: 1n }],
  ["more than 1,024 bytes", { a: "x".repeat(1_017) }],
];

for (const [what, meta] of BAD_META) {
  Deno.test(`requireMeta() refuses ${what}`, () => {
    assertEquals(refusal(() => requireMeta(meta as Meta)).parameter, "meta");
  });
}

Deno.test("requireMeta() states the size of a meta that is too long", () => {
  assertStringIncludes(refusal(() => requireMeta({ a: "x".repeat(1_017) })).message, "size is 1025");
});

Deno.test("requireMeta() accepts 1,024 bytes", () => {
  const meta = { a: "x".repeat(1_016) };
  assertEquals(requireMeta(meta), meta);
});

Deno.test("requireMeta() returns a copy that later changes do not affect", () => {
  const meta = { list: [1], deep: { on: true } };
  const copy = requireMeta(meta);
  meta.list.push(2);
  meta.deep.on = false;
  assertEquals(copy, { list: [1], deep: { on: true } });
});

for (const name of ["", "worker 3", "Łódź 🦊", "x".repeat(128)]) {
  Deno.test(`requireName() accepts ${JSON.stringify(name.slice(0, 9))} of ${name.length} characters`, () => {
    assertEquals(requireName(name), name);
  });
}

for (
  const name of [
    " a",
    "a ",
    "a\nb",
    "a\0",
    "a\r\nNatslock-Token: 9",
    "\x7f",
    "\x85",
    "\ud800",
    "x".repeat(129),
    "é".repeat(65),
    7,
    null,
  ]
) {
  Deno.test(`requireName() refuses ${JSON.stringify(name)?.slice(0, 12)} and names the field`, () => {
    const { parameter, message } = refusal(() => requireName(name as string));
    assertEquals(parameter, "name");
    assertStringIncludes(message, `"name"`);
  });
}
