/** Tells when to read a key again: after pushed changes, and by its own clock. */

import { NatslockError } from "../base/errors.ts";
import { asNatslockError, type KeyContext } from "../lease/key_context.ts";
import { Throttle } from "../base/throttle.ts";
import { pause, wait } from "../base/wait.ts";
import type { KeyState } from "../store/record.ts";
import type { Hint } from "../store/store.ts";

/** The parts of a candidate's context that a watch needs. */
type WatchedKey = Pick<KeyContext, "store" | "clock" | "key" | "settings" | "load">;

/** What the owner gets: a pushed change, `null` = read the key, or the error that ended the pushes. */
type Delivery = KeyState | null | NatslockError;

/** Pause before the next read of a record that should have expired, in ms; doubles up to its lease length. */
const FIRST_RECHECK = 50;

/** A record that a read found, not a push, may be old: its age is asked for after this time, in ms. */
const AGE_DELAY = 250;

/** Most deliveries without a pause, and per `retryEvery`. A large group of waiters needs that many. */
const DELIVERIES = { burst: 4, most: 64 };

/** A gap is rare; it counts as this many deliveries. */
const GAP_COST = 16;

/**
 * Watches one key until it is disposed of.
 *
 * The server does not announce that a record expired. So each record that is seen starts a timer of its lease length.
 * The timer counts from when the record was first seen here, less its age, which the store measures by its own clock.
 * The times of two hosts are never compared. A wrong age makes the next read too early, and then it is repeated, or too
 * late.
 */
export class KeyWatcher {
  readonly #context: WatchedKey;
  readonly #down: (error: NatslockError) => void;
  readonly #unwatch: () => void;
  #cancelTimer = () => {};
  #cancelAging = () => {};
  #timerAt = Infinity;
  #revision = -1;
  #expiresAt = Infinity;
  #recheck = FIRST_RECHECK;
  /** True from a gap, as after a reconnect, until the owner gets it: the bucket may have been re-created. */
  #hasGap = false;
  /** What the owner has not got yet: `null` = read the key, `undefined` = nothing. */
  #pending: Delivery | undefined;
  #wake: ((news: Delivery) => void) | null = null;
  readonly #throttle: Throttle;

  /** Starts the watch; calls `down` when the connection is lost. The context's settings must be loaded. */
  constructor(context: WatchedKey, down: (error: NatslockError) => void) {
    this.#context = context;
    this.#down = down;
    this.#throttle = new Throttle(context.clock, DELIVERIES);
    try {
      this.#unwatch = context.store.watch(context.key, (hint) => this.#onHint(hint));
    } catch (cause) {
      throw asNatslockError(cause, `watch key "${context.key}"`);
    }
  }

  /** Notes the key state that the owner read. A change that was pushed meanwhile, with a higher revision, wins. */
  noteRead(keyState: KeyState): void {
    if (this.#pending instanceof NatslockError) return;
    if (this.#pending) {
      if (this.#pending.revision > keyState.revision) return;
      this.#pending = undefined;
    }
    if (keyState.revision !== this.#revision || keyState.kind === "vacant") {
      this.#note(keyState);
      if (keyState.kind !== "vacant") this.#askAge(keyState);
      return;
    }
    // The record should have expired, but it is still there: the server is late, or the record never expires.
    if (this.#context.clock.now() < this.#expiresAt) return;
    this.#readIn(this.#recheck);
    this.#recheck = Math.min(2 * this.#recheck, this.#lengthOf(keyState));
  }

  /**
   * Waits for the newest change, or for `null`, which means: read the key. Comes later if many came at once, so that a
   * flood of changes does not cause a flood of reads. Rejects with the signal's reason, or with the error if this client
   * has no permission to watch the key.
   */
  async next(signal: AbortSignal): Promise<KeyState | null> {
    signal.throwIfAborted();
    const { clock, settings: { retryEvery } } = this.#context;
    const ms = this.#throttle.next(retryEvery);
    if (ms > 0) await pause(clock, ms, signal);
    const kept = this.#pending;
    this.#pending = undefined;
    const news = kept !== undefined ? kept : await wait<Delivery>(signal, (wake) => {
      this.#wake = wake;
      return () => this.#wake = null;
    });
    if (news instanceof NatslockError) throw news;
    if (this.#hasGap) {
      this.#hasGap = false;
      this.#throttle.spend(GAP_COST);
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

  #onHint(hint: Hint): void {
    if (hint.kind === "denied") return this.#deliver(hint.error);
    if (hint.kind === "down") return this.#down(hint.error);
    if (hint.kind === "gap") {
      this.#hasGap = true;
      return this.#deliver(null);
    }
    if (hint.keyState.revision <= this.#revision) return;
    this.#note(hint.keyState);
    this.#deliver(hint.keyState);
  }

  /** Also sets the timer for a vacant key, because a push can be lost without a sign. */
  #note(keyState: KeyState): void {
    this.#cancelAging();
    // Revision 0: the last message expired. A push from before that may still arrive, so the known revision stays.
    if (keyState.revision > 0) this.#revision = keyState.revision;
    this.#recheck = FIRST_RECHECK;
    this.#readIn(this.#lengthOf(keyState));
  }

  /** A live holder renews soon, and that is pushed. So only a record that stays for a while is asked for its age. */
  #askAge({ revision }: KeyState): void {
    const { clock, store, key, settings: { requestTimeout: timeout } } = this.#context;
    let wanted = true;
    const ask = async () => {
      const outcome = await store.read(key, { timeout, aged: true });
      if (!wanted || outcome.kind === "failed") return;
      const { keyState, age = NaN } = outcome;
      if (keyState.revision !== revision) this.#deliver(null);
      else if (age > 0) this.#readBy(clock.now() + this.#lengthOf(keyState) - age);
    };
    const cancel = clock.after(AGE_DELAY, () => void ask().catch(() => {}));
    this.#cancelAging = () => {
      wanted = false;
      cancel();
    };
  }

  /** At least `retryEvery`, so that a short lease length in a record does not cause a flood of reads. */
  #lengthOf(keyState: KeyState): number {
    const { ttl, retryEvery } = this.#context.settings;
    return Math.max(retryEvery, (keyState.kind === "held" ? keyState.record.ttl : null) ?? ttl);
  }

  #readIn(ms: number): void {
    this.#expiresAt = this.#context.clock.now() + ms;
    this.#arm();
  }

  #readBy(time: number): void {
    this.#expiresAt = Math.min(this.#expiresAt, time);
    this.#arm();
  }

  /**
   * Each push moves the time back, and pushes are many. So the timer stays, and is set again when it fires too early.
   */
  #arm(): void {
    if (this.#timerAt <= this.#expiresAt) return;
    const { clock } = this.#context;
    this.#cancelTimer();
    this.#timerAt = this.#expiresAt;
    this.#cancelTimer = clock.after(Math.max(0, this.#expiresAt - clock.now()), () => {
      this.#timerAt = Infinity;
      if (clock.now() < this.#expiresAt) this.#arm();
      else this.#deliver(null);
    });
  }

  #deliver(news: Delivery): void {
    if (this.#wake !== null) this.#wake(news);
    else if (this.#pending !== null || news instanceof NatslockError) this.#pending = news;
  }
}
