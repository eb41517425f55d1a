/**
 * Errors as the NATS clients throw them.
 *
 * @module
 */

import { API_CODES } from "../../src/nats/nats_errors.ts";

/** An error as another copy of the client throws it. It has no class that the library knows. */
export function clientError(name: string, fields: Record<string, unknown> = {}): Error {
  return Object.assign(new Error(String(fields.message ?? "")), { name, ...fields });
}

/** An error as nats.ws throws it. */
export function natsWs(code: string, message = code): Error {
  return clientError("NatsError", { code, message });
}

/** An error as @nats-io/jetstream throws it. */
export function apiError(code: number, status: number, message = "said by the server"): Error {
  const name = code === API_CODES.streamNotFound ? "StreamNotFoundError" : "JetStreamApiError";
  return clientError(name, { code, status, message });
}

/** An error as a request throws it. The reason is its cause. */
export function requested(cause: unknown): Error {
  return clientError("RequestError", { message: "request failed", cause });
}
