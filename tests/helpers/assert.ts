/**
 * Replaces `@std/assert` where JSR cannot be reached. To use the real package, change one line of deno.json:
 * `"@std/assert": "./tests/helpers/assert.ts"` becomes `"@std/assert": "jsr:@std/assert@^1"`.
 *
 * @module
 */
import nodeAssert from "node:assert/strict";
import { inspect, isDeepStrictEqual } from "node:util";

import { type AnyConstructor, AssertionError, refuse, suffix } from "./assert_errors.ts";

export { AssertionError, assertRejects, assertThrows } from "./assert_errors.ts";

/** Always fails. */
export function fail(msg?: string): never {
  refuse("Failed assertion", msg);
}

/** Fails because code was reached that must never run. */
export function unreachable(msg?: string): never {
  refuse("Unreachable", msg);
}

/** Passes if `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Passes if `expr` is falsy. */
export function assertFalse(expr: unknown, msg = ""): void {
  if (expr) throw new AssertionError(msg);
}

/** Passes if both values are deeply equal, including types and prototypes. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  try {
    nodeAssert.deepEqual(actual, expected);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new AssertionError(`Values are not equal${suffix(msg)}\n\n${detail}\n`, { cause });
  }
}

/** Passes if the values are not deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!isDeepStrictEqual(actual, expected)) return;
  refuse(`Expected actual: ${inspect(actual)} not to be: ${inspect(expected)}`, msg);
}

/** Passes if both are the same value according to `Object.is`. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const hint = isDeepStrictEqual(actual, expected)
    ? "Values have the same structure but are not reference-equal"
    : "Values are not strictly equal";
  throw new AssertionError(`${hint}${suffix(msg)}\n\n${inspect(actual)}\n!==\n${inspect(expected)}\n`);
}

/** Passes if the value is neither `null` nor `undefined`. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    refuse(`Expected actual: "${actual}" to not be null or undefined`, msg);
  }
}

/** Passes if the text matches the pattern. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) {
    refuse(`Expected actual: "${actual}" to match: "${expected}"`, msg);
  }
}

/** Passes if the text contains the other text. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) {
    refuse(`Expected actual: "${actual}" to contain: "${expected}"`, msg);
  }
}

/** Passes if every expected element is deeply equal to an element of `actual`. */
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

/** Passes if `actual` has at least the properties of `expected`, with equal values. */
export function assertObjectMatch(actual: object, expected: Record<PropertyKey, unknown>, msg?: string): void {
  const holds = Reflect.ownKeys(expected).length === 0 ||
    isSubset(actual, expected);
  if (!holds) {
    refuse(`Expected ${inspect(actual)} to match ${inspect(expected)}`, msg);
  }
}

/** Passes if the value is an instance of the class. */
export function assertInstanceOf<T>(
  actual: unknown,
  expectedType: AnyConstructor<T>,
  msg?: string,
): asserts actual is T {
  if (actual instanceof expectedType) return;
  const found = isRecord(actual) ? actual.constructor?.name ?? "Object" : typeof actual;
  refuse(`Expected object to be an instance of "${expectedType.name}" but was "${found}"`, msg);
}

/** Passes if `actual` is greater than `expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) {
    refuse(`Expect ${inspect(actual)} > ${inspect(expected)}`, msg);
  }
}

/** Passes if `actual` is greater than or equal to `expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) {
    refuse(`Expect ${inspect(actual)} >= ${inspect(expected)}`, msg);
  }
}

/** Passes if `actual` is less than `expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) {
    refuse(`Expect ${inspect(actual)} < ${inspect(expected)}`, msg);
  }
}

/** Passes if `actual` is less than or equal to `expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) {
    refuse(`Expect ${inspect(actual)} <= ${inspect(expected)}`, msg);
  }
}
