/** Formats requests in queues and sessions, as text and as JSON. */

import { SystemClock } from "@x/natslock/internal";
import { shortly } from "./duration.ts";
import type { Request, Session } from "./requests.ts";
import { plain } from "./say.ts";
import { heldFor, holderOf, jsonOf, leftOf } from "./show.ts";

/** Returns the name of the session that made a request, or its ID if it has no name. */
export const requester = ({ holder, clientId }: Request): string => plain(holder || clientId);

/** Returns how a lock is asked for, such as `exclusive` or `shared, 2 of 5`. */
export function modeOf({ mode, limit, weight }: Request): string {
  return limit === null ? mode : `${mode}, ${weight} of ${limit}`;
}

/** Returns the time since a request was made, by the clocks of both sides. */
export function ageOf({ since }: Request): string {
  if (since === null) return "?";
  return shortly(Math.floor(Math.max(0, new SystemClock().wall() - since) / 1000) * 1000);
}

/** Formats one request as a line of JSON. */
export function requestJson(request: Request, more: object = {}): string {
  const { name: key, state, place, mode, limit, weight, clientId: holder, holder: name, token, since, meta } = request;
  const began = since === null ? null : new Date(since).toISOString();
  return JSON.stringify({ ...more, key, state, place, mode, limit, weight, holder, name, token, since: began, meta });
}

/** Formats one session as a line of JSON. */
export function sessionJson({ lock, locks, waits }: Session): string {
  const { key: _, state: __, holder: session, ...about } = JSON.parse(jsonOf(lock)) as Record<string, unknown>;
  return JSON.stringify({ session, locks, waits, ...about });
}

/** Returns the columns of a request. */
export function requestRow(request: Request, ids: boolean): string[] {
  const { name, place, state, token, clientId } = request;
  const row = [plain(name), `${place}`, state, modeOf(request), requester(request), ageOf(request)];
  return ids ? [...row, `${token}`, clientId] : row;
}

/** The titles of {@linkcode requestRow}. */
export const requestHead = (ids: boolean): string[] => [
  ...["KEY", "PLACE", "STATE", "MODE", "HOLDER", "AGE"],
  ...ids ? ["TOKEN", "ID"] : [],
];

/** Returns the columns of a session. */
export function sessionRow({ lock, locks, waits }: Session, ids: boolean): string[] {
  const { leader } = lock;
  if (leader === null) return [];
  const now = new SystemClock().wall();
  const row = [holderOf(leader), `${locks}`, `${waits}`, heldFor(leader, now), leftOf(lock)];
  return ids ? [...row, leader.holder] : row;
}

/** The titles of {@linkcode sessionRow}. */
export const sessionHead = (
  ids: boolean,
): string[] => ["SESSION", "HOLDS", "WAITS", "AGE", "LEFT", ...ids ? ["ID"] : []];
