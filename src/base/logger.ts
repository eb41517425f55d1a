/** Where a Locker writes its log lines. */

/** Anything shaped like `console`. Lines hold what stands under keys, never credentials. */
export interface Logger {
  /** Each thing that happens to a candidate: renewals, waits, what an observer saw. */
  debug(...data: unknown[]): void;
  /** Changes of leadership. */
  info(...data: unknown[]): void;
  /** What an operator should look at. */
  warn(...data: unknown[]): void;
}

/** Writes nothing: the default. */
export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {} };

/** Writes one line. A log that fails, at once or by a promise, must hold nothing up: there is nobody else to tell. */
export function writeLog(logger: Logger, level: keyof Logger, ...data: unknown[]): void {
  try {
    const written: unknown = logger[level](...data);
    Promise.resolve(written).catch(() => {});
  } catch {
    // As above.
  }
}
