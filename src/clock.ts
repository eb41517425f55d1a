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

/** A wall clock that gains more than this on the monotonic one between two looks is taken for sleep. */
const SLEEP_THRESHOLD = 250;

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
 * `performance.now()` stands still while a Linux machine sleeps and `Date.now()` jumps. So each gap between two looks
 * counts by the monotonic clock, except that a wall gap which is more than a quarter second longer counts by the wall.
 * Per gap, not since the start: a wall clock that steps forward and back must not freeze time afterwards. With the
 * threshold, because `Date.now()` has whole milliseconds: the larger of two small differences at every look would run
 * fast.
 */
export class SystemClock implements Clock {
  readonly #sources: TimeSources;
  #elapsed = 0;
  #monotonic: number;
  #wall: number;

  /** Starts at 0. */
  constructor(sources: TimeSources = runtimeSources) {
    this.#sources = sources;
    this.#monotonic = sources.monotonic();
    this.#wall = sources.wall();
  }

  /** Milliseconds since this clock was made, sleep included. */
  now(): number {
    const monotonic = this.#sources.monotonic();
    const wall = this.#sources.wall();
    const byMonotonic = Math.max(0, monotonic - this.#monotonic);
    const byWall = wall - this.#wall;
    this.#elapsed += byWall - byMonotonic > SLEEP_THRESHOLD ? byWall : byMonotonic;
    this.#monotonic = monotonic;
    this.#wall = wall;
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
