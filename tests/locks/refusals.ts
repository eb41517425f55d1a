/**
 * Assertions about requests that are refused, or that end with an error.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import type { Call } from "./call.ts";
import type { LocksLike } from "./locks_like.ts";

/** Returns what a promise rejects with. Fails if it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`Resolved to ${String(value)} instead of rejecting`);
}

/** Checks that a promise rejects with a DOMException of this name. */
export async function assertDomError(promise: Promise<unknown>, name: string): Promise<void> {
  const error = await rejection(promise);
  assertInstanceOf(error, DOMException);
  assertEquals(error.name, name);
}

/** Checks that a promise rejects with an error of the library that has this code, and returns its message. */
export async function assertCode(promise: Promise<unknown>, code: string): Promise<string> {
  const error = await rejection(promise);
  assertInstanceOf(error, Error);
  assertEquals((error as Error & { code?: unknown }).code, code, error.message);
  return error.message;
}

/** Makes a request that must be refused. Checks that it does not throw, and that no callback runs. */
export async function refused(locks: LocksLike, ...args: readonly unknown[]): Promise<unknown> {
  let calls = 0;
  const callback = () => {
    calls++;
  };
  let promise: Promise<unknown>;
  try {
    promise = locks.request(...args.map((arg) => arg === CALLBACK ? callback : arg));
  } catch (error) {
    throw new Error(`request() throws ${String(error)} instead of returning a promise`);
  }
  assert(promise instanceof Promise, "request() returns no promise");
  const error = await rejection(promise);
  assertEquals(calls, 0, "The callback ran");
  return error;
}

/** Stands for a callback in the arguments of {@linkcode refused}. */
export const CALLBACK: unique symbol = Symbol("callback");

/** Checks that a request is refused with a TypeError. */
export async function assertTypeError(locks: LocksLike, ...args: readonly unknown[]): Promise<void> {
  assertInstanceOf(await refused(locks, ...args), TypeError);
}

/** Checks that a request is refused with a NotSupportedError. */
export async function assertNotSupported(locks: LocksLike, ...args: readonly unknown[]): Promise<void> {
  await assertDomError(Promise.reject(await refused(locks, ...args)), "NotSupportedError");
}

/** Checks that a request ended with the reason of its signal, without its callback. */
export async function assertAborted(call: Call, reason: unknown): Promise<void> {
  assertStrictEquals(await rejection(call.done), reason);
  assertEquals(call.hasRun, false, "The callback ran");
}
