/**
 * Helpers for tests of errors.
 *
 * @module
 */

import { assertInstanceOf } from "@std/assert";
import { ConnectionError } from "@x/natslock";

/** Returns the ConnectionError that a promise rejects with. Fails if it does anything else. */
export async function connectionError(promise: Promise<unknown>): Promise<ConnectionError> {
  const error = await promise.then((value) => `resolved to ${value}`, (reason: unknown) => reason);
  assertInstanceOf(error, ConnectionError);
  return error;
}
