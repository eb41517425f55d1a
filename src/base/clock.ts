/** The library's only source of time. */

/** Time and timers. Injected, so that a test can move time by hand. All values are milliseconds. */
export interface Clock {
  /** Returns the time since an arbitrary start. It never goes back and includes the time that the machine slept. */
  now(): number;
  /** Returns the time since the Unix epoch by the wall clock. For people and logs only: it may jump. */
  wall(): number;
  /**
   * Calls `callback` once, not before `delay` has passed on {@linkcode Clock.now}. Returns a function that cancels the
   * call.
   */
  after(delay: number, callback: () => void): () => void;
}

/** The clocks and the timer that {@linkcode SystemClock} uses. All values are milliseconds. */
export interface TimeSources {
  /** Returns a time that never goes back but may stand still while the machine sleeps. */
  monotonic(): number;
  /** Returns the time since the Unix epoch; it may jump. */
  wall(): number;
  /**
   * Calls `callback` once after about `delay`, a little early or late as `setTimeout` does. Returns a function that
   * cancels the call.
   */
  later(delay: number, callback: () => void): () => void;
}

/**
 * The most sleep that {@linkcode SystemClock} leaves uncounted in total, in milliseconds. Each of the two sources
 * may be rounded to whole milliseconds, which must not count as sleep: the threshold is therefore more than 2.
 * `leaseTiming` requires every margin to be longer than the threshold.
 */
export const SLEEP_THRESHOLD = 5;

/** The longest delay that `setTimeout` accepts, in milliseconds. It fires longer ones at once. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/**
 * A wait is split into this many naps, each at least `SHORTEST_NAP` milliseconds long. In hidden pages Chromium runs
 * longer chains of timers only once a minute.
 */
const MAX_NAPS = 4;
const SHORTEST_NAP = 50;

const runtimeSources: TimeSources = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  later: (delay, callback) => {
    const timer = setTimeout(callback, delay);
    return () => clearTimeout(timer);
  },
};

/**
 * The clock of the runtime. It also counts the time that the machine sleeps.
 *
 * `performance.now()` stands still while a Linux machine sleeps, `Date.now()` does not. Each sleep therefore increases
 * the lead of the wall clock over the monotonic clock. Each read compares the lead with a reference lead. If the lead
 * exceeds the reference by more than {@linkcode SLEEP_THRESHOLD}, the whole difference counts as sleep, and the lead
 * becomes the new reference. A smaller difference leaves the reference as it is, so that short sleeps add up. However
 * many sleeps there are, and however short they are, no more than the threshold stays uncounted in total.
 *
 * - The wall clock is set forward, or the process stops between the two reads: this counts as sleep. The clock runs
 *   ahead, so a lease ends early, never late.
 * - The wall clock is set back: nothing counts, and at the next read the lower lead becomes the reference. If the
 *   machine also sleeps before that read, the two changes cancel out, cannot be told apart, and the sleep is missed.
 * - NTP slews the wall clock by up to 500 ppm: some of it counts as sleep, within the rate error of any clock.
 * - A browser rounds its clocks to more than 2 ms against fingerprinting: the steps may count as sleep. The clock then
 *   runs at most twice as fast as real time.
 */
export class SystemClock implements Clock {
  readonly #sources: TimeSources;
  #elapsed = 0;
  #monotonic: number;
  /** The reference: the lead of the wall clock over the monotonic clock up to which all sleep is counted. */
  #lead: number;

  /** Starts the clock at 0. */
  constructor(sources: TimeSources = runtimeSources) {
    this.#sources = sources;
    this.#monotonic = sources.monotonic();
    this.#lead = sources.wall() - this.#monotonic;
  }

  /** Returns the milliseconds since this clock was created, including sleep. */
  now(): number {
    // The monotonic clock is read first: a sleep between the two reads then counts at once.
    const monotonic = this.#sources.monotonic();
    const lead = this.#sources.wall() - monotonic;
    this.#elapsed += Math.max(0, monotonic - this.#monotonic);
    this.#monotonic = monotonic;
    const gained = lead - this.#lead;
    if (gained > SLEEP_THRESHOLD) this.#elapsed += gained;
    if (gained > SLEEP_THRESHOLD || gained < 0) this.#lead = lead;
    return this.#elapsed;
  }

  /** Returns the milliseconds since the Unix epoch. */
  wall(): number {
    return this.#sources.wall();
  }

  /**
   * Calls `callback` once when `delay` ms have passed. The call is never early, but late after a sleep or a busy loop.
   * Returns a function that cancels the call.
   *
   * Timers of the runtime stand still while the machine sleeps. The wait is therefore split into naps of a quarter of
   * `delay`, at least 50 ms. After a sleep the call is at most one nap late.
   */
  after(delay: number, callback: () => void): () => void {
    const due = this.now() + delay;
    const nap = Math.min(Math.max(delay / MAX_NAPS, SHORTEST_NAP), LONGEST_TIMEOUT);
    let cancel = () => {};
    const wait = (left: number) => {
      cancel = this.#sources.later(Math.max(0, Math.ceil(Math.min(left, nap))), () => {
        const rest = due - this.now();
        if (rest > 0) wait(rest);
        else callback();
      });
    };
    wait(delay);
    return () => cancel();
  }
}
