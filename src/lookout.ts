/**
 * Knows when a key is worth another look: by what is pushed, and by its own clock.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import type { Sighting } from "./record.ts";
import type { Hint, LeaseStore } from "./store.ts";

/** Where a lookout stands. */
export interface Post {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly key: string;
  /** Lease length in milliseconds of a holder that does not say its own. */
  readonly ttl: number;
}

/** Pause before a record that should have run out is looked at again, in ms; doubles up to its lease length. */
const FIRST_RECHECK = 50;

/**
 * Watches one key until it is stopped.
 *
 * Expiry is not announced, so each record that is seen starts a clock of its lease length, counted from when it was
 * first seen here (L11). No host's time is compared with another's.
 */
export class Lookout {
  readonly #post: Post;
  readonly #unwatch: () => void;
  #cancelTimer = () => {};
  #timerAt = Infinity;
  #revision = -1;
  #expiresAt = Infinity;
  #recheck = FIRST_RECHECK;
  #news: Sighting | "look" | null = null;
  #wake: (() => void) | null = null;

  /** Begins to watch. */
  constructor(post: Post) {
    this.#post = post;
    this.#unwatch = post.store.watch(post.key, (hint) => this.#hear(hint));
  }

  /** Takes in what a look of its owner showed; what was pushed meanwhile is newer. */
  saw(sighting: Sighting): void {
    const { clock } = this.#post;
    if (this.#news !== null && this.#news !== "look") {
      if (this.#news.revision > sighting.revision) return;
      this.#news = null;
    }
    if (sighting.revision !== this.#revision || sighting.kind === "vacant") return this.#note(sighting);
    // It should have run out and stands: the server is late, or it never expires.
    if (clock.now() < this.#expiresAt) return;
    this.#expiresAt = clock.now() + this.#recheck;
    this.#recheck = Math.min(2 * this.#recheck, this.#lengthOf(sighting));
    this.#arm();
  }

  /** The newest change, or `"look"` when only a look can tell. Rejects with the signal's reason. */
  async next(signal: AbortSignal): Promise<Sighting | "look"> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#news !== null) break;
      await this.#woken(signal);
    }
    const news = this.#news;
    this.#news = null;
    return news;
  }

  /** Ends the watch. */
  stop(): void {
    this.#unwatch();
    this.#cancelTimer();
  }

  #hear(hint: Hint): void {
    if (hint.kind === "gap") {
      this.#tell("look");
    } else if (hint.sighting.revision > this.#revision) {
      this.#note(hint.sighting);
      this.#tell(hint.sighting);
    }
  }

  #note(sighting: Sighting): void {
    // A key at 0 ran out: what was pushed before that may still come late.
    if (sighting.revision > 0) this.#revision = sighting.revision;
    this.#recheck = FIRST_RECHECK;
    // What is vacant is looked at again, too: a push can be lost without anybody noticing (L12).
    this.#expiresAt = this.#post.clock.now() + this.#lengthOf(sighting);
    this.#arm();
  }

  #lengthOf(sighting: Sighting): number {
    return (sighting.kind === "held" ? sighting.record.ttl : null) ?? this.#post.ttl;
  }

  /** A timer that fires too early for what was seen since is set anew then, not at each push: there are many. */
  #arm(): void {
    if (this.#timerAt <= this.#expiresAt) return;
    this.#cancelTimer();
    const { clock } = this.#post;
    this.#timerAt = this.#expiresAt;
    this.#cancelTimer = clock.after(this.#expiresAt - clock.now(), () => {
      this.#timerAt = Infinity;
      if (clock.now() < this.#expiresAt) this.#arm();
      else this.#tell("look");
    });
  }

  #tell(news: Sighting | "look"): void {
    if (this.#news !== "look") this.#news = news;
    this.#wake?.();
  }

  #woken(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#wake = null;
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener("abort", wake, { once: true });
    });
  }
}
