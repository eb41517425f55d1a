import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { lockToken, ownFilter, queueFilter, sessionKey, sessionOf, ticketKey } from "../../src/locks/names.ts";
import { SEED } from "../helpers/seed.ts";

/** What NATS allows in a key of a KV bucket. */
const KEY_RULE = /^[-/_=.a-zA-Z0-9]+$/;
const SESSION = "0b8ad0a6-2b3a-4b5e-9f5e-6a1d5a1c9e01";

/** Any string of UTF-16 units, also with lone surrogates. */
const anyName = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 })
  .map((units) => String.fromCharCode(...units));

/** Names and their tokens: other clients have to write the same ones. The hashes are those of `sha256sum`. */
const VECTORS: readonly (readonly [what: string, name: string, token: string])[] = [
  ["the empty name", "", "="],
  ["letters, digits, hyphen and underscore", "Az09-_", "Az09-_"],
  ["a dot", "a.b", "a=002eb"],
  ["an equals sign", "=", "=003d"],
  ["wildcards", "*>", "=002a=003e"],
  ["a slash and a space", "a/b c", "a=002fb=0020c"],
  ["NUL", "\0", "=0000"],
  ["a line break", "\r\n", "=000d=000a"],
  ["an accented letter", "\u00e9", "=00e9"],
  ["a pair of surrogates", "\u{1f512}", "=d83d=dd12"],
  ["a lone high surrogate", "\ud800", "=d800"],
  ["a lone low surrogate", "\udfff", "=dfff"],
  ["the last unit", "\uffff", "=ffff"],
  ["a name of 200 characters", "a".repeat(200), "a".repeat(200)],
  ["an encoded form of 200 characters", ".".repeat(40), "=002e".repeat(40)],
  ["a name of 201 characters", "a".repeat(201), "==a92efd82109373e58f9a2056dee01e80"],
  ["an encoded form of 201 characters", `${".".repeat(40)}a`, "==fe08d6cfbcecc7c2bfe59b9687ae0458"],
];

for (const [what, name, token] of VECTORS) {
  Deno.test(`lockToken() encodes ${what}`, async () => {
    assertEquals(await lockToken(name), token);
  });
}

Deno.test("lockToken() gives different names different tokens", async () => {
  const names = new Set(fc.sample(anyName, { seed: SEED, numRuns: 5000 }));
  const pieces = ["", "a", "=", ".", "=002e", "002e", "==", "=003d", "\0", "0000", "\ud800", "\udc00"];
  for (const first of pieces) {
    for (const second of pieces) for (const third of pieces) names.add(first + second + third);
  }
  const tokens = new Set(await Promise.all([...names].map(lockToken)));
  assertEquals(tokens.size, names.size, `seed ${SEED}`);
});

Deno.test("lockToken() returns one token of at most 200 characters that may stand in a key", async () => {
  await fc.assert(
    fc.asyncProperty(anyName, async (name) => {
      const token = await lockToken(name);
      assert(token.length <= 200 && !token.includes("."), token);
      assert(KEY_RULE.test(token), token);
    }),
    { seed: SEED },
  );
});

Deno.test("lockToken() does not mistake a short name for the hash of a long one", async () => {
  const hash = await lockToken("a".repeat(201));
  assert(await lockToken(hash) !== hash);
});

Deno.test("ticketKey() returns a key that NATS accepts, and that sessionOf() reads", async () => {
  for (const [, name] of VECTORS) {
    const key = ticketKey(await lockToken(name), SESSION, 12);
    assert(KEY_RULE.test(key) && !key.endsWith("."), key);
    assertEquals(sessionOf(key), SESSION);
  }
});

Deno.test("sessionOf() finds no session in any other key", () => {
  const others = [sessionKey(SESSION), `=q.a.${SESSION}`, `=q.a.${SESSION}.x`, `=q.a.b.${SESSION}.1`, "orders", ""];
  assertEquals(others.map(sessionOf), others.map(() => ""));
});

Deno.test("queueFilter() and ownFilter() match the keys of one lock and of one session", () => {
  assertEquals(queueFilter("a"), "=q.a.>");
  assertEquals(ownFilter(SESSION), `=q.*.${SESSION}.>`);
});
