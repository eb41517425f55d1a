/**
 * Where a Locker writes its log lines.
 *
 * @module
 */

/** Anything shaped like `console`. Lines hold keys, ids and revisions, never credentials. */
export interface Logger {
  /** Steps of the protocol. */
  debug(...data: unknown[]): void;
  /** Changes of leadership. */
  info(...data: unknown[]): void;
  /** What an operator should look at. */
  warn(...data: unknown[]): void;
}

/** Writes nothing: the default. */
export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {} };
