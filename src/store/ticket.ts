/** The ticket that a request writes into the queue of a lock, and its encoding as a message. */

import { wholeNumber } from "./record.ts";

/** How a lock is held: `exclusive` alone, `shared` together with other shared holders. */
export type LockMode = "exclusive" | "shared";

/** One request in the queue of a lock. It is written once and never changed, so its revision is its place. */
export interface Ticket {
  /** UUID of the session that the ticket belongs to, in lower case. The ticket stands as long as the session lives. */
  readonly session: string;
  /** Nonce of the write. */
  readonly attempt: string;
  /** Name of the lock, any string. */
  readonly lock: string;
  /** How the lock is requested. */
  readonly mode: LockMode;
  /** The most weight that may hold a shared lock at once; `null` = no limit. Always `null` in an exclusive ticket. */
  readonly limit: number | null;
  /** How much of the limit the ticket takes: a whole number from 1 to `limit`. */
  readonly weight: number;
  /** When the request was made: milliseconds since the Unix epoch by its own clock, for people. `null` if unknown. */
  readonly since: number | null;
}

const HEADERS = {
  attempt: "Natslock-Attempt",
  mode: "Natslock-Mode",
  limit: "Natslock-Limit",
  weight: "Natslock-Weight",
  lock: "Natslock-Lock",
  since: "Natslock-Since",
} as const;

/** Returns the headers of a ticket in a fixed order. The value of the message is the UUID of the session. */
export function encodeTicket(ticket: Ticket): [name: string, value: string][] {
  const texts = { ...ticket, lock: nameToJson(ticket.lock) };
  const fields = Object.keys(HEADERS) as (keyof typeof HEADERS)[];
  return fields.flatMap((field) => texts[field] === null ? [] : [[HEADERS[field], String(texts[field])]]);
}

/**
 * Decodes the headers of a ticket of this session. Returns `null` if it cannot be read: it then blocks the queue as an
 * exclusive ticket does.
 */
export function decodeTicket(session: string, header: (name: string) => string): Ticket | null {
  const [attempt, mode, lock] = [header(HEADERS.attempt), header(HEADERS.mode), nameFromJson(header(HEADERS.lock))];
  const limitText = header(HEADERS.limit);
  const limit = limitText === "" ? null : wholeNumber(limitText, 1);
  const weight = wholeNumber(header(HEADERS.weight), 1, limit ?? Number.MAX_SAFE_INTEGER);
  const isReadable = attempt !== "" && (mode === "exclusive" || mode === "shared") && lock !== null && weight !== null;
  if (!isReadable || (limitText !== "" && limit === null) || (mode === "exclusive" && limit !== null)) return null;
  return { session, attempt, lock, mode, limit, weight, since: wholeNumber(header(HEADERS.since)) };
}

/** Returns any string as JSON in printable ASCII, since it is sent in a header. */
export function nameToJson(name: string): string {
  return JSON.stringify(name).replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function nameFromJson(text: string): string | null {
  try {
    const name: unknown = JSON.parse(text);
    return typeof name === "string" ? name : null;
  } catch {
    return null;
  }
}
