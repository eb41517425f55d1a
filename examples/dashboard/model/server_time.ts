/** Estimates the server's time from the times at which the server stored records. The server never sends its time. */

/** How long a push counts, in milliseconds: clocks drift, and another server may become the stream leader. */
const MEMORY = 60_000;
/** The server removes a record up to this long after it expired, in milliseconds. */
export const EXPIRY_LAG = 350;
/** The smallest difference between the browser's clock and the server's that is reported, in milliseconds. */
const WORTH_A_WORD = 2000;

interface Heard {
  readonly local: number;
  readonly ahead: number;
}

/**
 * The server's clock, estimated from what it stores. `local` is a clock of the page that never goes back. All times are
 * milliseconds; those of the server count from the Unix epoch.
 *
 * A pushed change was stored a moment ago. So the push with the shortest delay gives the server's time, wrong only by
 * that delay. Until the first push, the browser's clock counts, but only within two bounds: no record is from the
 * future, and no record that is still there has expired.
 */
export class ServerTime {
  #pushed: readonly Heard[] = [];
  #notBefore = -Infinity;
  #notAfter = Infinity;
  readonly #browser: number;

  /** `wall` is the time of the browser's clock at `local`. */
  constructor(wall: number, local: number) {
    this.#browser = wall - local;
  }

  /** A change stored at `at` was pushed and arrived at `local`. */
  pushed(at: number, local: number): void {
    const ahead = at - local;
    // A push with a longer delay than an earlier one adds no information.
    const kept = this.#pushed.filter((heard) => heard.ahead > ahead && local - heard.local < MEMORY);
    this.#pushed = [...kept, { local, ahead }];
  }

  /** A read at `local` found a record that was stored at `at` and is valid until `end`. */
  found(at: number, end: number | null, local: number): void {
    this.#notBefore = Math.max(this.#notBefore, at - local);
    if (end !== null) this.#notAfter = Math.min(this.#notAfter, end + EXPIRY_LAG - local);
  }

  /** The server's time at `local`. */
  now(local: number): number {
    return local + this.#ahead;
  }

  /** How far the browser's clock is ahead of the server's; negative if it is behind, 0 if the difference is small. */
  skew(wall: number, local: number): number {
    const skew = wall - this.now(local);
    return Math.abs(skew) < WORTH_A_WORD ? 0 : skew;
  }

  get #ahead(): number {
    const [best] = this.#pushed;
    if (best) return best.ahead;
    return Math.max(this.#notBefore, Math.min(this.#notAfter, this.#browser));
  }
}
