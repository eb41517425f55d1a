/** Knows when a key is worth another look: by what is pushed, and by its own clock. */

import type { Clock } from "./clock.ts";
import { NatslockError } from "./errors.ts";
import type { Footing } from "./footing.ts";
import { wait } from "./patience.ts";
import type { Sighting } from "./record.ts";
import type { Hint } from "./store.ts";

/** What its owner is told: a change, that only a look can tell (`null`), or that nothing will be told. */
type News = Sighting | null | NatslockError;

/** Pause before a record that should have run out is looked at again, in ms; doubles up to its lease length. */
const FIRST_RECHECK = 50;

/**
 * Watches one key until it is disposed of.
 *
 * Expiry is not announced, so each record that is seen starts a clock of its lease length, counted from when it was
 * first seen here (L11). No host's time is compared with another's.
 */
export class Lookout {
  readonly #clock: Clock;
  readonly #ttl: number;
  readonly #unwatch: () => void;
  #cancelTimer = () => {};
  #timerAt = Infinity;
  #revision = -1;
  #expiresAt = Infinity;
  #recheck = FIRST_RECHECK;
  /** What its owner has not heard of yet: `null` = look. */
  #news: News | undefined;
  #wake: ((news: News) => void) | null = null;

  /** Begins to watch. `ttl` is the lease length in milliseconds of a holder that does not say its own. */
  constructor({ store, clock, key }: Pick<Footing, "store" | "clock" | "key">, ttl: number) {
    this.#clock = clock;
    this.#ttl = ttl;
    this.#unwatch = store.watch(key, (hint) => this.#hear(hint));
  }

  /** Takes in what a look of its owner showed; what was pushed meanwhile is newer. */
  saw(sighting: Sighting): void {
    if (this.#news instanceof NatslockError) return;
    if (this.#news) {
      if (this.#news.revision > sighting.revision) return;
      this.#news = undefined;
    }
    if (sighting.revision !== this.#revision || sighting.kind === "vacant") return this.#note(sighting);
    // It should have run out and stands: the server is late, or it never expires.
    if (this.#clock.now() < this.#expiresAt) return;
    this.#lookIn(this.#recheck);
    this.#recheck = Math.min(2 * this.#recheck, this.#lengthOf(sighting));
  }

  /**
   * The newest change, or `null` when only a look can tell. Rejects with the signal's reason, and with the refusal if
   * the key may not be watched.
   */
  async next(signal: AbortSignal): Promise<Sighting | null> {
    signal.throwIfAborted();
    const kept = this.#news;
    this.#news = undefined;
    const news = kept !== undefined ? kept : await wait<News>(signal, (wake) => {
      this.#wake = wake;
      return () => this.#wake = null;
    });
    if (news instanceof NatslockError) throw news;
    return news;
  }

  /** Ends the watch. */
  [Symbol.dispose](): void {
    this.#unwatch();
    this.#cancelTimer();
  }

  #hear(hint: Hint): void {
    if (hint.kind === "denied") return this.#tell(hint.error);
    if (hint.kind === "down") return;
    if (hint.kind === "gap") return this.#tell(null);
    if (hint.sighting.revision <= this.#revision) return;
    this.#note(hint.sighting);
    this.#tell(hint.sighting);
  }

  /** What is vacant is looked at again, too: a push can be lost without anybody noticing (L12). */
  #note(sighting: Sighting): void {
    // A key at 0 ran out: what was pushed before that may still come late.
    if (sighting.revision > 0) this.#revision = sighting.revision;
    this.#recheck = FIRST_RECHECK;
    this.#lookIn(this.#lengthOf(sighting));
  }

  #lengthOf(sighting: Sighting): number {
    return (sighting.kind === "held" ? sighting.record.ttl : null) ?? this.#ttl;
  }

  #lookIn(ms: number): void {
    this.#expiresAt = this.#clock.now() + ms;
    this.#arm();
  }

  /** A timer that fires too early for what was seen since is set anew then, not at each push: there are many. */
  #arm(): void {
    if (this.#timerAt <= this.#expiresAt) return;
    this.#cancelTimer();
    this.#timerAt = this.#expiresAt;
    this.#cancelTimer = this.#clock.after(this.#expiresAt - this.#clock.now(), () => {
      this.#timerAt = Infinity;
      if (this.#clock.now() < this.#expiresAt) this.#arm();
      else this.#tell(null);
    });
  }

  #tell(news: News): void {
    if (this.#wake !== null) this.#wake(news);
    else if (this.#news !== null || news instanceof NatslockError) this.#news = news;
  }
}
