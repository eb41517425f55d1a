/**
 * The errors that JetStream answers with.
 *
 * @module
 */

/** One error, as it stands in an answer. */
export interface ApiError {
  readonly code: number;
  readonly err_code: number;
  readonly description: string;
}

const error = (code: number, err_code: number, description: string): ApiError => ({ code, err_code, description });

/** Errors that say the same each time. */
export const API_ERRORS = {
  badRequest: error(400, 10003, "bad request"),
  noMessage: error(404, 10037, "no message found"),
  nameInUse: error(400, 10058, "stream name already in use with a different configuration"),
  streamNotFound: error(404, 10059, "stream not found"),
  consumerNotFound: error(404, 10014, "consumer not found"),
  wrongStream: error(400, 10060, "expected stream does not match"),
  rollupForbidden: error(500, 10111, "rollup not permitted"),
  inFlight: error(400, 10164, "wrong last sequence"),
  ttlInvalid: error(400, 10165, "invalid per-message TTL"),
  ttlDisabled: error(400, 10166, "per-message TTL is disabled"),
} as const satisfies Readonly<Record<string, ApiError>>;

/** The refusal of a write that expects another sequence than `last`. */
export function wrongSequence(last: number): ApiError {
  return error(400, 10071, `wrong last sequence: ${last}`);
}

/** The refusal of a rollup of a kind that does not exist. */
export function rollupInvalid(value: string): ApiError {
  return error(500, 10111, `rollup value invalid: ${JSON.stringify(value)}`);
}

/** True for an error, false for anything that was asked for. */
export function isApiError(answer: object): answer is ApiError {
  return "err_code" in answer;
}
