/**
 * Stands in for `@std/assert` where JSR cannot be reached. Where JSR is at hand, change one line
 * of deno.json: `"@std/assert": "./tests/helpers/assert.ts"` becomes
 * `"@std/assert": "jsr:@std/assert@^1"`.
 *
 * @module
 */
import nodeAssert from "node:assert/strict";
import { inspect, isDeepStrictEqual } from "node:util";

import { type AnyConstructor, AssertionError, refuse, suffix } from "./assert_errors.ts";

export { AssertionError, assertRejects, assertThrows } from "./assert_errors.ts";

/** Fails at once. */
export function fail(msg?: string): never {
  refuse("Failed assertion", msg);
}

/** Fails because a line was reached which never should be. */
export function unreachable(msg?: string): never {
  refuse("Unreachable", msg);
}

/** Holds when `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Holds when `expr` is falsy. */
export function assertFalse(expr: unknown, msg = ""): void {
  if (expr) throw new AssertionError(msg);
}

/** Holds when both values are deeply equal, types and prototypes included. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  try {
    nodeAssert.deepEqual(actual, expected);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new AssertionError(`Values are not equal${suffix(msg)}\n\n${detail}\n`, { cause });
  }
}

/** Holds when the values differ deeply. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!isDeepStrictEqual(actual, expected)) return;
  refuse(`Expected actual: ${inspect(actual)} not to be: ${inspect(expected)}`, msg);
}

/** Holds when both are the same value by `Object.is`. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const hint = isDeepStrictEqual(actual, expected)
    ? "Values have the same structure but are not reference-equal"
    : "Values are not strictly equal";
  throw new AssertionError(`${hint}${suffix(msg)}\n\n${inspect(actual)}\n!==\n${inspect(expected)}\n`);
}

/** Holds when the value is neither `null` nor `undefined`. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    refuse(`Expected actual: "${actual}" to not be null or undefined`, msg);
  }
}

/** Holds when the text matches the pattern. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) {
    refuse(`Expected actual: "${actual}" to match: "${expected}"`, msg);
  }
}

/** Holds when the text contains the other text. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) {
    refuse(`Expected actual: "${actual}" to contain: "${expected}"`, msg);
  }
}

/** Holds when every expected element is deeply equal to one of `actual`. */
export function assertArrayIncludes<T>(actual: ArrayLike<T>, expected: ArrayLike<T>, msg?: string): void {
  const present = Array.from(actual);
  const missing = Array.from(expected).filter((e) => !present.some((a) => isDeepStrictEqual(a, e)));
  if (missing.length === 0) return;
  const what = `Expected actual: "${inspect(actual)}" to include: "${inspect(expected)}"`;
  throw new AssertionError(`${what}${suffix(msg)}\nmissing: ${inspect(missing)}`);
}

function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSubset(actual: unknown, expected: unknown): boolean {
  if (Array.isArray(actual) && Array.isArray(expected)) {
    return expected.length === actual.length &&
      expected.every((e, i) => isSubset(actual[i], e));
  }
  if (!isRecord(actual) || !isRecord(expected)) {
    return isDeepStrictEqual(actual, expected);
  }
  if (Reflect.ownKeys(expected).length === 0) {
    return isDeepStrictEqual(actual, expected);
  }
  return Reflect.ownKeys(expected).every((k) => k in actual && isSubset(actual[k], expected[k]));
}

/** Holds when `actual` has at least the properties of `expected`, with equal values. */
export function assertObjectMatch(actual: object, expected: Record<PropertyKey, unknown>, msg?: string): void {
  const holds = Reflect.ownKeys(expected).length === 0 ||
    isSubset(actual, expected);
  if (!holds) {
    refuse(`Expected ${inspect(actual)} to match ${inspect(expected)}`, msg);
  }
}

/** Holds when the value is an instance of the class. */
export function assertInstanceOf<T>(
  actual: unknown,
  expectedType: AnyConstructor<T>,
  msg?: string,
): asserts actual is T {
  if (actual instanceof expectedType) return;
  const found = isRecord(actual) ? actual.constructor?.name ?? "Object" : typeof actual;
  refuse(`Expected object to be an instance of "${expectedType.name}" but was "${found}"`, msg);
}

/** Holds when `actual` is greater than `expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) {
    refuse(`Expect ${inspect(actual)} > ${inspect(expected)}`, msg);
  }
}

/** Holds when `actual` is not less than `expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) {
    refuse(`Expect ${inspect(actual)} >= ${inspect(expected)}`, msg);
  }
}

/** Holds when `actual` is less than `expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) {
    refuse(`Expect ${inspect(actual)} < ${inspect(expected)}`, msg);
  }
}

/** Holds when `actual` is not greater than `expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) {
    refuse(`Expect ${inspect(actual)} <= ${inspect(expected)}`, msg);
  }
}
