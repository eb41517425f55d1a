/** Who held a lock from when to when. */

/**
 * How a hold ended: released; expired, as after a crash; overwritten while it was valid; removed by an admin; or in a
 * way that the page did not see.
 */
export type Ending = "released" | "expired" | "overtaken" | "removed" | "unseen";

/** One hold. Times are milliseconds since the Unix epoch by the server's clock. */
export interface Tenure {
  /** Fencing token. */
  readonly token: number;
  /** UUID of the holder. */
  readonly holder: string;
  /** Name of the holder; its UUID if it has no name. */
  readonly name: string;
  /** When it began, or when it was first seen. */
  readonly from: number;
  /** False if it began before the page saw the lock. */
  readonly sawBegin: boolean;
  /** When it ended; `null` while it lasts. */
  readonly to: number | null;
  /** How it ended; `null` while it lasts. */
  readonly ending: Ending | null;
}

/** How many tenures of a lock are kept. */
const KEPT = 60;

/** Returns the tenures with one more at the end. */
export function begun(tenures: readonly Tenure[], tenure: Tenure): readonly Tenure[] {
  return [...tenures.slice(1 - KEPT), tenure];
}

/** Returns the tenures with the last one ended, if it was still open. */
export function ended(tenures: readonly Tenure[], to: number, ending: Ending): readonly Tenure[] {
  const last = tenures.at(-1);
  if (!last || last.to !== null) return tenures;
  return [...tenures.slice(0, -1), { ...last, to: Math.max(to, last.from), ending }];
}
