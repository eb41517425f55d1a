/** The interface of a Locker's logger. */

import { contain } from "./contain.ts";

/** A logger, such as `console`. Log lines may contain records that are stored under keys, but never credentials. */
export interface Logger {
  /** Logs each event of a candidate: renewals, waits, what an observer saw. */
  debug(...data: unknown[]): void;
  /** Logs changes of leadership. */
  info(...data: unknown[]): void;
  /** Logs what an operator should look at. */
  warn(...data: unknown[]): void;
}

/** The default logger. Writes nothing. */
export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {} };

/**
 * Writes one line. Ignores a logger that throws or rejects: it must not hold up a lock, and there is nowhere else to
 * report the error.
 */
export function writeLog(logger: Logger, level: keyof Logger, ...data: unknown[]): void {
  contain(() => logger[level](...data), () => {});
}
