/** The one source of time. */

/** Time as leases need it; injected so that a test can move it by hand. All values are milliseconds. */
export interface Clock {
  /** Time since an arbitrary start. Never goes back; counts the time that the machine was asleep. */
  now(): number;
  /** Time since the Unix epoch by the wall clock: for people and logs, never for a decision. */
  wall(): number;
  /** Calls back once, not before `delay` has passed on {@linkcode Clock.now}. Returns a function that cancels it. */
  after(delay: number, callback: () => void): () => void;
}

/** Where {@linkcode SystemClock} reads from. */
export interface TimeSources {
  /** Milliseconds that never go back but may stand still while the machine sleeps. */
  monotonic(): number;
  /** Milliseconds since the Unix epoch; may jump. */
  wall(): number;
  /** Calls back once after about `delay` ms, as `setTimeout` does: early or late. Returns a function that cancels it. */
  later(delay: number, callback: () => void): () => void;
}

/**
 * How much sleep {@linkcode SystemClock} may leave uncounted in all, in milliseconds. More than 2, since each of its two
 * sources may show whole milliseconds only. `leaseTiming` keeps every margin above it.
 */
export const SLEEP_THRESHOLD = 5;

/** Longer delays would make `setTimeout` fire at once. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/**
 * A wait is cut into as many naps, none shorter than this in milliseconds. Chromium lets longer chains of timers in
 * hidden pages run once a minute only.
 */
const NAPS = 4;
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
 * The clock of the runtime, made to count sleep (L2).
 *
 * `performance.now()` stands still while a Linux machine sleeps and `Date.now()` does not. So the lead of the wall over
 * the monotonic clock grows by each sleep, and what it gains over its least value counts once that is more than
 * {@linkcode SLEEP_THRESHOLD}; then it is compared with the new lead. However many sleeps there are, and however short,
 * no more than that stays uncounted in all.
 *
 * - The wall is set forward, or the process stops between the two reads: counts as sleep. The clock runs ahead, and a
 *   lease ends early, never late.
 * - The wall is set back: counts nothing, and the lead is compared with the lower one from the next look on. Where the
 *   machine sleeps before that look, too, the two cancel out and nothing can tell them apart.
 * - NTP slews the wall by up to 500 ppm: counts as some sleep, within the rate of any clock.
 * - A browser shows multiples of more than 2 ms against fingerprinting: counts as sleep, at most as long as what passed.
 */
export class SystemClock implements Clock {
  readonly #sources: TimeSources;
  #elapsed = 0;
  #monotonic: number;
  /** The wall's lead over the monotonic clock, up to which all is counted. */
  #lead: number;

  /** Starts at 0. */
  constructor(sources: TimeSources = runtimeSources) {
    this.#sources = sources;
    this.#monotonic = sources.monotonic();
    this.#lead = sources.wall() - this.#monotonic;
  }

  /** Milliseconds since this clock was made, sleep included. */
  now(): number {
    // In this order a sleep between the two reads counts at once.
    const monotonic = this.#sources.monotonic();
    const lead = this.#sources.wall() - monotonic;
    this.#elapsed += Math.max(0, monotonic - this.#monotonic);
    this.#monotonic = monotonic;
    const gained = lead - this.#lead;
    if (gained > SLEEP_THRESHOLD) this.#elapsed += gained;
    if (gained > SLEEP_THRESHOLD || gained < 0) this.#lead = lead;
    return this.#elapsed;
  }

  /** Milliseconds since the Unix epoch. */
  wall(): number {
    return this.#sources.wall();
  }

  /**
   * Calls back once when `delay` ms have passed; late after a sleep or a busy loop, never early.
   *
   * Timers stand still while the machine sleeps. So it waits in naps, and after waking is late by one nap at the most.
   */
  after(delay: number, callback: () => void): () => void {
    const due = this.now() + delay;
    const nap = Math.min(Math.max(delay / NAPS, SHORTEST_NAP), LONGEST_TIMEOUT);
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
