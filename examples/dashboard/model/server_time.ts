/** What time it is at the server, which the page is never told: it is worked out from when the server stored what. */

/** How long what was heard stays in force, in milliseconds: clocks drift, and another server may lead tomorrow. */
const MEMORY = 60_000;
/** The server removes a record up to this long after its time, in milliseconds. */
export const EXPIRY_LAG = 350;
/** A difference between the browser's clock and the server's that is worth a word, in milliseconds. */
const WORTH_A_WORD = 2000;

interface Heard {
  readonly local: number;
  readonly ahead: number;
}

/**
 * The server's clock, seen through what it stores. `local` is a clock of the page that never goes back; all times are
 * milliseconds, those of the server since the Unix epoch.
 *
 * A change that is pushed was stored a moment ago, so the freshest of them gives the time to within the way it took.
 * Until one comes, the browser's clock is believed, but only between two bounds: no record is from the future, and
 * none that is still there has run out.
 */
export class ServerTime {
  #pushed: readonly Heard[] = [];
  #notBefore = -Infinity;
  #notAfter = Infinity;
  readonly #browser: number;

  /** `wall` is what the browser's clock says at `local`. */
  constructor(wall: number, local: number) {
    this.#browser = wall - local;
  }

  /** A change stored at `at` was pushed and arrived at `local`. */
  pushed(at: number, local: number): void {
    const ahead = at - local;
    // What lags behind an earlier one had a longer way and says nothing new.
    const kept = this.#pushed.filter((heard) => heard.ahead > ahead && local - heard.local < MEMORY);
    this.#pushed = [...kept, { local, ahead }];
  }

  /** A record stored at `at` that is good until `end` was found at `local`. */
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
