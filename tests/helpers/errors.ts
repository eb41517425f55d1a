/**
 * Looks into errors.
 *
 * @module
 */

import { assertInstanceOf } from "@std/assert";
import { ConnectionError } from "@x/natslock";

/** The ConnectionError that a promise rejects with. */
export async function connectionError(promise: Promise<unknown>): Promise<ConnectionError> {
  const error = await promise.then((value) => `resolved to ${value}`, (reason: unknown) => reason);
  assertInstanceOf(error, ConnectionError);
  return error;
}
