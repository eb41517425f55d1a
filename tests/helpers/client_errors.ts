/**
 * Errors as the NATS clients throw them.
 *
 * @module
 */

import { API_CODES } from "../../src/nats/nats_errors.ts";

/** An error as another copy of the client throws it: of no class that is known here. */
export function clientError(name: string, fields: Record<string, unknown> = {}): Error {
  return Object.assign(new Error(String(fields.message ?? "")), { name, ...fields });
}

/** As nats.ws throws it. */
export function natsWs(code: string, message = code): Error {
  return clientError("NatsError", { code, message });
}

/** As @nats-io/jetstream throws it. */
export function apiError(code: number, status: number, message = "said by the server"): Error {
  const name = code === API_CODES.streamNotFound ? "StreamNotFoundError" : "JetStreamApiError";
  return clientError(name, { code, status, message });
}

/** As a request throws it: the reason is the cause. */
export function requested(cause: unknown): Error {
  return clientError("RequestError", { message: "request failed", cause });
}
