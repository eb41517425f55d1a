/** Where a Locker writes its log lines. */

/** Anything shaped like `console`. Lines hold what stands under keys, never credentials. */
export interface Logger {
  /** Each step of the protocol: where it stood, what happened, where it stands, what it wants done. */
  debug(...data: unknown[]): void;
  /** Changes of leadership. */
  info(...data: unknown[]): void;
  /** What an operator should look at. */
  warn(...data: unknown[]): void;
}

/** Writes nothing: the default. */
export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {} };
