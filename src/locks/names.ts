/** The keys of sessions and tickets, and how the name of a lock becomes a part of them. */

/** Longest encoded name in a key, in characters. A longer one is replaced by its hash. */
const LONGEST_TOKEN = 200;

/** Length of the hash in a key, in hexadecimal digits. */
const HASH_DIGITS = 32;

/** Keys that begin with this character belong to sessions and queues. */
export const RESERVED = "=";

/**
 * Returns the name of a lock as one token of a key: letters, digits, `-` and `_` stand for themselves, every other
 * UTF-16 unit becomes `=` and four hexadecimal digits. The empty name is `=`. A token of more than 200 characters is
 * replaced by `==` and the first 32 hexadecimal digits of its SHA-256 hash.
 */
export async function lockToken(name: string): Promise<string> {
  const encoded = name.replace(/[^-\w]/g, (unit) => `=${hex(unit.charCodeAt(0), 4)}`) || "=";
  if (encoded.length <= LONGEST_TOKEN) return encoded;
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(encoded));
  return `==${[...new Uint8Array(hash)].map((byte) => hex(byte, 2)).join("").slice(0, HASH_DIGITS)}`;
}

/** Returns the key of a session. */
export const sessionKey = (session: string): string => `=s.${session}`;

/** Filter of the keys of all sessions. */
export const ALL_SESSIONS = "=s.>";

/** Filter of the keys of all tickets. */
export const ALL_TICKETS = "=q.>";

/** Returns the key of a ticket. `token` is the encoded name of the lock. */
export const ticketKey = (token: string, session: string, slot: number): string => `=q.${token}.${session}.${slot}`;

/** Returns the filter of the keys of all tickets of a lock. */
export const queueFilter = (token: string): string => `=q.${token}.>`;

/** Returns the filter of the keys of all tickets of a session. */
export const ownFilter = (session: string): string => `=q.*.${session}.>`;

/** Returns the encoded name of the lock in the key of a ticket; empty if the key is not that of a ticket. */
export const tokenOf = (key: string): string => /^=q\.([^.]+)\./.exec(key)?.[1] ?? "";

/** Returns the session in the key of a ticket; empty if the key is not that of a ticket. */
export const sessionOf = (key: string): string => /^=q\.[^.]+\.([^.]+)\.\d+$/.exec(key)?.[1] ?? "";

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
