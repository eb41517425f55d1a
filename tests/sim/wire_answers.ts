/**
 * Messages of the wire worlds that the simulated server did not send: errors, old states and refusals.
 *
 * @module
 */

import { errors, NoRespondersError, RequestError } from "@nats-io/nats-core";
import type { ConnectionError, NatslockError } from "../../src/base/errors.ts";
import { encodeHeaders, type KeyState, type LeaseRecord } from "../../src/store/record.ts";
import type { Answers } from "./access.ts";
import { API_ERRORS, type ApiError, wrongSequence } from "./jetstream/api_errors.ts";
import { base64, type Headers, storedHeaders } from "./jetstream/headers.ts";
import type { WireMessage } from "./jetstream/jetstream.ts";

const encoder = new TextEncoder();

/** What a client publishes to store this. */
export function contentOf(content: LeaseRecord | "mark" | "foreign"): { headers: Headers; data: Uint8Array } {
  if (content === "mark") return { headers: [["KV-Operation", "PURGE"]], data: new Uint8Array() };
  if (content === "foreign") return { headers: [], data: encoder.encode("not a UUID") };
  return { headers: encodeHeaders(content), data: encoder.encode(content.holder) };
}

/** The client's error for a failed request. */
export function clientError(error: NatslockError, subject: string): Error {
  const { why } = error as ConnectionError;
  if (why === "closed") return new errors.ClosedConnectionError();
  if (why === "denied") {
    const message = `Permissions Violation for Publish to "${subject}"`;
    const cause = new errors.PermissionViolationError(message, "publish", subject);
    return new RequestError(message, { cause });
  }
  return noResponders(subject);
}

/** The client's error where nobody serves a subject. */
export function noResponders(subject: string): Error {
  const cause = new NoRespondersError(subject);
  return new RequestError(cause.message, { cause });
}

/** Answers to a request on this subject. */
export function answersTo(subject: string, stream: string): Answers<WireMessage> {
  return {
    seen: (keyState) => subject.includes(".DIRECT.") ? direct(keyState) : stored(keyState),
    conflict: (current) => {
      const error: ApiError = current === null ? API_ERRORS.inFlight : wrongSequence(current);
      return json({ error, stream, seq: 0 });
    },
  };
}

function stored(keyState: KeyState): WireMessage {
  const { revision: seq } = keyState;
  if (seq === 0) return json({ error: API_ERRORS.noMessage });
  const { headers, data } = bodyOf(keyState);
  const time = new Date(0).toISOString();
  return json({ message: { seq, time, hdrs: storedHeaders(headers), data: base64(data) } });
}

function direct(keyState: KeyState): WireMessage {
  const empty = { subject: "", headers: [], data: new Uint8Array() };
  if (keyState.revision === 0) return { ...empty, code: 404, description: "Message Not Found" };
  const { headers, data } = bodyOf(keyState);
  const about: Headers = [["Nats-Sequence", String(keyState.revision)], ["Nats-Time-Stamp", new Date(0).toISOString()]];
  return { ...empty, headers: [...headers, ...about], data };
}

/** Headers and value of a state that was pushed or stored at some time. */
export function bodyOf(keyState: KeyState): { headers: Headers; data: Uint8Array } {
  return contentOf(keyState.kind === "held" ? keyState.record : keyState.kind === "vacant" ? "mark" : "foreign");
}

function json(value: object): WireMessage {
  return { subject: "", headers: [], data: encoder.encode(JSON.stringify(value)) };
}
