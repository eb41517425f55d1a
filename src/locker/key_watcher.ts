/** Knows when a key is worth another look: by what is pushed, and by its own clock. */

import { NatslockError } from "../base/errors.ts";
import { asNatslockError, type KeyContext } from "../lease/key_context.ts";
import { wait } from "../base/wait.ts";
import type { KeyState } from "../store/record.ts";
import type { Hint } from "../store/store.ts";

/** What it asks of a candidate's key. */
type Place = Pick<KeyContext, "store" | "clock" | "key" | "settings" | "load">;

/** What its owner is told: a change, that only a look can tell (`null`), or that nothing will be told. */
type News = KeyState | null | NatslockError;

/** Pause before a record that should have run out is looked at again, in ms; doubles up to its lease length. */
const FIRST_RECHECK = 50;

/** A record that a look found, and not a push, may be old: it is asked for its age after so many ms. */
const AGE_DELAY = 250;

/** So many news are told without a pause between them, and so many in each `retryEvery`: a herd of waiters needs them. */
const LONGEST_BURST = 4;
const MOST_NEWS = 64;

/** A gap is rare, and counts as so many. */
const PER_GAP = 16;

/**
 * Watches one key until it is disposed of.
 *
 * Expiry is not announced, so each record that is seen starts a clock of its lease length, counted from when it was
 * first seen here (L11), less the age that the store gives it by its own clock. No host's time is compared with
 * another's; a wrong age makes a look come too early, which is repeated, or late.
 */
export class KeyWatcher {
  readonly #context: Place;
  readonly #down: (error: NatslockError) => void;
  readonly #unwatch: () => void;
  #cancelTimer = () => {};
  #cancelAging = () => {};
  #timerAt = Infinity;
  #revision = -1;
  #expiresAt = Infinity;
  #recheck = FIRST_RECHECK;
  /** True from a reconnect on until its owner was told of it: the bucket may be another one. */
  #isShaken = false;
  /** What its owner has not heard of yet: `null` = look. */
  #news: News | undefined;
  #wake: ((news: News) => void) | null = null;
  /** News that may be told without a pause, at `#countedAt`. */
  #credit = LONGEST_BURST;
  #countedAt: number;

  /** Begins to watch; `down` is called when the connection is lost. The candidate's settings have to be known. */
  constructor(context: Place, down: (error: NatslockError) => void) {
    this.#context = context;
    this.#down = down;
    this.#countedAt = context.clock.now();
    try {
      this.#unwatch = context.store.watch(context.key, (hint) => this.#hear(hint));
    } catch (cause) {
      throw asNatslockError(cause, `watch key "${context.key}"`);
    }
  }

  /** Takes in what a look of its owner showed; what was pushed meanwhile is newer. */
  saw(keyState: KeyState): void {
    if (this.#news instanceof NatslockError) return;
    if (this.#news) {
      if (this.#news.revision > keyState.revision) return;
      this.#news = undefined;
    }
    if (keyState.revision !== this.#revision || keyState.kind === "vacant") {
      this.#note(keyState);
      if (keyState.kind !== "vacant") this.#askAge(keyState);
      return;
    }
    // It should have run out and stands: the server is late, or it never expires.
    if (this.#context.clock.now() < this.#expiresAt) return;
    this.#lookIn(this.#recheck);
    this.#recheck = Math.min(2 * this.#recheck, this.#lengthOf(keyState));
  }

  /**
   * The newest change, or `null` when only a look can tell; some time later if many came at once. Rejects with the
   * signal's reason, and with the refusal if the key may not be watched.
   */
  async next(signal: AbortSignal): Promise<KeyState | null> {
    signal.throwIfAborted();
    await this.#breathe(signal);
    const kept = this.#news;
    this.#news = undefined;
    const news = kept !== undefined ? kept : await wait<News>(signal, (wake) => {
      this.#wake = wake;
      return () => this.#wake = null;
    });
    if (news instanceof NatslockError) throw news;
    if (this.#isShaken) {
      this.#isShaken = false;
      this.#credit -= PER_GAP;
      this.#context.load({ fresh: true }).catch(() => {});
    }
    return news;
  }

  /** Ends the watch. */
  [Symbol.dispose](): void {
    this.#unwatch();
    this.#cancelTimer();
    this.#cancelAging();
  }

  /** Whoever floods the key with changes makes nobody look without pause. */
  async #breathe(signal: AbortSignal): Promise<void> {
    const { clock, settings: { retryEvery } } = this.#context;
    const gained = (clock.now() - this.#countedAt) * MOST_NEWS / retryEvery;
    this.#credit = Math.min(LONGEST_BURST, this.#credit + gained) - 1;
    this.#countedAt = clock.now();
    if (this.#credit >= 0) return;
    await wait<void>(signal, (done) => clock.after(-this.#credit * retryEvery / MOST_NEWS, done));
  }

  #hear(hint: Hint): void {
    if (hint.kind === "denied") return this.#tell(hint.error);
    if (hint.kind === "down") return this.#down(hint.error);
    if (hint.kind === "gap") {
      this.#isShaken = true;
      return this.#tell(null);
    }
    if (hint.keyState.revision <= this.#revision) return;
    this.#note(hint.keyState);
    this.#tell(hint.keyState);
  }

  /** What is vacant is looked at again, too: a push can be lost without anybody noticing (L12). */
  #note(keyState: KeyState): void {
    this.#cancelAging();
    // A key at 0 ran out: what was pushed before that may still come late.
    if (keyState.revision > 0) this.#revision = keyState.revision;
    this.#recheck = FIRST_RECHECK;
    this.#lookIn(this.#lengthOf(keyState));
  }

  /** A holder that lives renews soon, which is pushed: only who still stands after a while is asked for its age. */
  #askAge({ revision }: KeyState): void {
    const { clock, store, key, settings: { requestTimeout: timeout } } = this.#context;
    let wanted = true;
    const ask = async () => {
      const outcome = await store.read(key, { timeout, aged: true });
      if (!wanted || outcome.kind === "failed") return;
      const { keyState, age = NaN } = outcome;
      if (keyState.revision !== revision) this.#tell(null);
      else if (age > 0) this.#lookBy(clock.now() + this.#lengthOf(keyState) - age);
    };
    const cancel = clock.after(AGE_DELAY, () => void ask().catch(() => {}));
    this.#cancelAging = () => {
      wanted = false;
      cancel();
    };
  }

  /** What a holder says of its lease makes nobody look without pause. */
  #lengthOf(keyState: KeyState): number {
    const { ttl, retryEvery } = this.#context.settings;
    return Math.max(retryEvery, (keyState.kind === "held" ? keyState.record.ttl : null) ?? ttl);
  }

  #lookIn(ms: number): void {
    this.#expiresAt = this.#context.clock.now() + ms;
    this.#arm();
  }

  #lookBy(time: number): void {
    this.#expiresAt = Math.min(this.#expiresAt, time);
    this.#arm();
  }

  /** A timer that fires too early for what was seen since is set anew then, not at each push: there are many. */
  #arm(): void {
    if (this.#timerAt <= this.#expiresAt) return;
    const { clock } = this.#context;
    this.#cancelTimer();
    this.#timerAt = this.#expiresAt;
    this.#cancelTimer = clock.after(Math.max(0, this.#expiresAt - clock.now()), () => {
      this.#timerAt = Infinity;
      if (clock.now() < this.#expiresAt) this.#arm();
      else this.#tell(null);
    });
  }

  #tell(news: News): void {
    if (this.#wake !== null) this.#wake(news);
    else if (this.#news !== null || news instanceof NatslockError) this.#news = news;
  }
}
