import {
  assert,
  assertArrayIncludes,
  assertEquals,
  AssertionError,
  assertNotEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";

Deno.test("assert narrows the type of its argument", () => {
  const found: string | undefined = ["a"].at(0);
  assert(found);
  assertEquals(found.length, 1);
});

Deno.test("assert refuses a falsy value with the caller's message", () => {
  assertThrows(() => assert(0, "zero it is"), AssertionError, "zero it is");
});

Deno.test("assertEquals compares deeply", () => {
  assertEquals({ a: [1, new Map([["k", 2]])] }, { a: [1, new Map([["k", 2]])] });
});

Deno.test("assertEquals refuses a missing property", () => {
  assertThrows(
    () => assertEquals<Record<string, unknown>>({ a: 1 }, { a: 1, b: 2 }),
    AssertionError,
    "Values are not equal",
  );
});

Deno.test("assertNotEquals refuses equal structures", () => {
  assertThrows(() => assertNotEquals([1], [1]), AssertionError);
});

Deno.test("assertStrictEquals distinguishes equal structures from the same object", () => {
  assertThrows(() => assertStrictEquals({}, {}), AssertionError, "not reference-equal");
});

Deno.test("assertObjectMatch ignores properties that are not expected", () => {
  assertObjectMatch({ a: { b: 1, c: 2 }, d: 3 }, { a: { b: 1 } });
});

Deno.test("assertObjectMatch refuses a differing nested property", () => {
  assertThrows(() => assertObjectMatch({ a: { b: 1 } }, { a: { b: 2 } }), AssertionError);
});

Deno.test("assertArrayIncludes lists the missing elements", () => {
  assertThrows(() => assertArrayIncludes([1, 2], [2, 3]), AssertionError, "missing: [ 3 ]");
});

Deno.test("assertThrows returns the error that it caught", () => {
  const boom = new TypeError("boom");
  const caught = assertThrows(() => {
    throw boom;
  }, TypeError);
  assertStrictEquals(caught, boom);
});

Deno.test("assertThrows refuses a function that returns", () => {
  assertThrows(() => assertThrows(() => 1), AssertionError, "Expected function to throw");
});

Deno.test("assertThrows refuses an error of another class", () => {
  const inner = (): never => {
    throw new TypeError("boom");
  };
  assertThrows(
    () => assertThrows(inner, RangeError),
    AssertionError,
    'instance of "RangeError", but was "TypeError"',
  );
});

Deno.test("assertRejects returns the error of the promise", async () => {
  const boom = new RangeError("far out");
  const caught = await assertRejects(() => Promise.reject(boom), RangeError, "far");
  assertStrictEquals(caught, boom);
});

Deno.test("assertRejects refuses a message without the text", async () => {
  await assertRejects(
    () => assertRejects(() => Promise.reject(new Error("a")), Error, "b"),
    AssertionError,
    'include "b", but got "a"',
  );
});

Deno.test("assertRejects refuses a promise that resolves", async () => {
  await assertRejects(
    () => assertRejects(() => Promise.resolve()),
    AssertionError,
    "Expected function to reject",
  );
});
