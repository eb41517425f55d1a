/** Fuzz tests of the record format: foreign messages, names and metas, and messages with hostile headers. */

import { assert, assertEquals } from "@std/assert";
import { headers as natsHeaders } from "@nats-io/nats-core";
import fc from "fast-check";
import { candidateOf, type CandidateOptions } from "../../src/lease/candidate.ts";
import { BadParameterError } from "../../src/base/errors.ts";
import { leadershipOf } from "../../src/lease/leadership.ts";
import { systemRandom } from "../../src/base/random.ts";
import { decodeRecord, encodeHeaders, type KeyState, type LeaseRecord } from "../../src/store/record.ts";
import { SEED } from "../helpers/seed.ts";
import { headerOf, OWN_ID, type WireRecord, wireRecord } from "../helpers/wire.ts";

const RUNS = { numRuns: 10_000, seed: SEED };
const LONGEST = 15_000;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The kind of a message, derived from the wire format alone. */
function kindOf(record: WireRecord): KeyState["kind"] {
  const isRemoval = ["DEL", "PURGE"].includes(headerOf(record, "KV-Operation") ?? "") ||
    ["MaxAge", "Purge", "Remove"].includes(headerOf(record, "Nats-Marker-Reason") ?? "");
  if (record.value.length === 0 || isRemoval) return "vacant";
  return UUID.test(new TextDecoder("latin1").decode(record.value).toLowerCase()) ? "held" : "foreign";
}

function decode(record: WireRecord, revision: number): KeyState {
  const header = (name: string) => {
    if (record.mangled !== null) throw new Error("Cannot parse the headers");
    return headerOf(record, name);
  };
  return decodeRecord({ revision, value: record.value, header, longest: LONGEST });
}

const isWhole = (value: number | null, least: number, most: number): boolean =>
  value === null || (Number.isSafeInteger(value) && value >= least && value <= most);

function requireSound({ holder, token, name, since, ttl, meta }: LeaseRecord, revision: number): void {
  assert(UUID.test(holder), holder);
  assert(isWhole(token, 1, revision), `token ${token}`);
  assert(isWhole(since, 0, Number.MAX_SAFE_INTEGER), `since ${since}`);
  assert(isWhole(ttl, 100, LONGEST), `ttl ${ttl}`);
  assert(new TextEncoder().encode(name).length <= 128 && !/\p{Cc}/u.test(name), `name ${JSON.stringify(name)}`);
  assertEquals(Object.getPrototypeOf(meta), Object.prototype);
  assert(JSON.stringify(meta).length <= 1_024);
}

Deno.test("decodeRecord() finds the right kind of 10,000 generated messages and returns only valid fields", () => {
  const kinds = { vacant: 0, held: 0, foreign: 0 };
  const revisions = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(wireRecord, revisions, (record, revision) => {
      const keyState = decode(record, revision);
      kinds[keyState.kind]++;
      assertEquals([keyState.kind, keyState.revision], [kindOf(record), revision]);
      if (keyState.kind === "held") requireSound(keyState.record, revision);
      const leader = leadershipOf(keyState, LONGEST);
      assert(leader === null || (leader.token >= 1 && leader.token <= revision && leader.ttl <= LONGEST));
    }),
    RUNS,
  );
  // If the generator made only one kind, the test would prove nothing about the others.
  assert(Math.min(...Object.values(kinds)) > RUNS.numRuns / 20, JSON.stringify(kinds));
});

/** A record as it arrives: the NATS client must accept each header, and headers are sent as UTF-8. */
function sent(record: LeaseRecord): WireRecord {
  const head = natsHeaders();
  for (const [name, value] of encodeHeaders(record)) head.set(name, value);
  const travelled = (text: string) => new TextDecoder().decode(new TextEncoder().encode(text));
  const headers = [...head].map(([name, [value = ""]]): [string, string] => [name, travelled(value)]);
  return { value: new TextEncoder().encode(record.holder), headers, mangled: null };
}

const anyName = fc.oneof(
  fc.string({ unit: "binary", maxLength: 140 }),
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes)),
  fc.constantFrom("a\r\nNatslock-Token: 9", "\ud800", "x\u0085y", "\ufeffx", "x".repeat(1_000_000)),
);

const anyMeta = fc.oneof(
  fc.dictionary(fc.string({ unit: "binary", maxLength: 8 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 }),
  fc.dictionary(fc.string({ maxLength: 8 }), fc.anything(), { maxKeys: 4 }),
  fc.anything(),
);

/** The candidate, or `null` if its options were refused with a BadParameterError. */
function candidate(options: { readonly name: unknown; readonly meta: unknown }) {
  try {
    return candidateOf({ id: OWN_ID, ...options } as CandidateOptions, systemRandom);
  } catch (error) {
    if (error instanceof BadParameterError) return null;
    throw error;
  }
}

Deno.test("candidateOf() refuses each of 10,000 names and metas, or the record returns it unchanged", () => {
  let [taken, refused] = [0, 0];
  fc.assert(
    fc.property(anyName, anyMeta, (name, meta) => {
      // Checked separately: a refused name must not hide the meta, nor a refused meta the name.
      for (const options of [{ name, meta: {} }, { name: "", meta }]) {
        const given = candidate(options);
        if (given === null) {
          refused++;
          continue;
        }
        taken++;
        assertEquals(given.name, options.name);
        assert(!/\p{Cc}/u.test(given.name), `control characters in ${JSON.stringify(given.name)}`);
        assertEquals(JSON.stringify(given.meta), JSON.stringify(options.meta ?? {}));
        const record = {
          holder: OWN_ID,
          attempt: "a.1",
          token: 7,
          since: 1,
          ttl: 5_000,
          name: given.name,
          meta: given.meta,
        };
        assertEquals(decode(sent(record), 9), { kind: "held", revision: 9, record });
      }
    }),
    RUNS,
  );
  assert(Math.min(taken, refused) > RUNS.numRuns / 20, `${taken} taken, ${refused} refused`);
});

const bytesOfOwnId = new TextEncoder().encode(OWN_ID);

/** The key state of our own record with these headers. */
function withHeaders(headers: Record<string, string>, longest = LONGEST): KeyState {
  return decodeRecord({ revision: 42, value: bytesOfOwnId, header: (name) => headers[name], longest });
}

function heldWith(headers: Record<string, string>, longest = LONGEST): LeaseRecord {
  const keyState = withHeaders(headers, longest);
  assert(keyState.kind === "held");
  return keyState.record;
}

const NO_REMOVALS = [["KV-Operation", "PUT"], ["KV-Operation", "del"], ["Nats-Marker-Reason", "Other"]] as const;

for (const [name, value] of NO_REMOVALS) {
  Deno.test(`decodeRecord() reads a record with ${name}: ${value} as held, as other clients do`, () => {
    assertEquals(withHeaders({ [name]: value }), withHeaders({}));
  });
}

Deno.test("decodeRecord() reads a record whose headers throw as one without headers", () => {
  const header = () => {
    throw new Error("Cannot parse the headers");
  };
  assertEquals(decodeRecord({ revision: 42, value: bytesOfOwnId, header }), withHeaders({}));
});

for (const name of ["a\x1b[2Jb", "a\u009bb", "x".repeat(129), "\ud800"]) {
  Deno.test(`decodeRecord() drops the invalid name ${JSON.stringify(name.slice(0, 9))}`, () => {
    assertEquals(heldWith({ "Natslock-Name": name }).name, "");
  });
}

Deno.test("decodeRecord() drops a meta of more than 1,024 characters", () => {
  assertEquals(heldWith({ "Natslock-Meta": `{"a":"${"x".repeat(1_017)}"}` }).meta, {});
});

for (const [ttl, wanted] of [["0", null], ["99", null], ["100", 100], ["9000", 9_000], ["9001", null]] as const) {
  Deno.test(`decodeRecord() reads the lease length ${ttl} as ${wanted} in a bucket with 9,000 ms`, () => {
    assertEquals(heldWith({ "Natslock-Ttl": ttl }, 9_000).ttl, wanted);
  });
}
