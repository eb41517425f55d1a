/**
 * The machine and process of one candidate: its clocks, its timers, and what can befall them.
 *
 * @module
 */

import type { TimeSources } from "../../src/base/clock.ts";
import type { Chance } from "./chance.ts";
import type { Timeline } from "./timeline.ts";

/** The wall clock at the start of a run: milliseconds since the Unix epoch. */
const START = 1_800_000_000_000;

/** The longest that timers may take to notice a sleep, in ms: a quarter of the longest wait of a holder. */
const WAKING = 520;

interface Timer {
  readonly due: number;
  readonly callback: () => void;
  /** Takes back what the timeline has planned for it. */
  unplan(): void;
}

/** What the shipped `SystemClock` reads time from and sets timers on. */
export class Runtime implements TimeSources {
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #rate: number;
  readonly #wallRate: number;
  readonly #timers = new Set<Timer>();
  #backlog: (() => void)[] = [];
  #stoppedUntil = 0;
  #frozenFrom = Infinity;
  #frozen = 0;
  #awakeFrom = 0;
  #lookedAt = 0;
  #setBackAt = -1;
  #wallOffset = 0;
  #grain = 0;
  #dead = false;

  /** `rates`: milliseconds of its monotonic and its wall clock to one of true time. */
  constructor(timeline: Timeline, chance: Chance, rates: { readonly monotonic: number; readonly wall: number }) {
    this.#timeline = timeline;
    this.#chance = chance;
    this.#rate = rates.monotonic;
    this.#wallRate = rates.wall;
  }

  /** True unless paused, suspended or dead: its code can run. */
  get runs(): boolean {
    return !this.#dead && this.#timeline.now >= this.#stoppedUntil;
  }

  /** True if it runs and no timer of it is late; not at once after a sleep, of which no timer knows. */
  get prompt(): boolean {
    const asleep = this.#frozenFrom !== Infinity || this.#timeline.now < this.#awakeFrom;
    if (!this.runs || this.#grain > 0 || asleep) return false;
    const now = this.#monotonic;
    for (const { due } of this.#timers) if (due <= now) return false;
    return true;
  }

  /** True once it was killed. */
  get dead(): boolean {
    return this.#dead;
  }

  /** Timers that are waiting: 0 when nothing was left behind. */
  get pending(): number {
    return this.#timers.size;
  }

  monotonic(): number {
    if (this.runs) this.#lookedAt = this.#timeline.now;
    return this.#monotonic;
  }

  /** Whole milliseconds, as `Date.now()`. */
  wall(): number {
    return Math.floor(START + this.#timeline.now * this.#wallRate + this.#wallOffset);
  }

  later(delay: number, callback: () => void): () => void {
    const timer: Timer = { due: this.#monotonic + Math.max(0, delay), callback, unplan: () => {} };
    this.#timers.add(timer);
    this.#arm(timer);
    return () => {
      timer.unplan();
      this.#timers.delete(timer);
    };
  }

  /** Runs something as soon as the process can: a message came in. */
  deliver(callback: () => void): void {
    if (this.#dead) return;
    if (this.#timeline.now < this.#stoppedUntil) this.#backlog.push(callback);
    else callback();
  }

  /** The process does not run for a while: SIGSTOP, a blocked event loop, a debugger. Its clocks go on. */
  pause(ms: number): void {
    this.#stoppedUntil = Math.max(this.#stoppedUntil, this.#timeline.now + ms);
    this.#timeline.at(this.#stoppedUntil, () => this.#resume());
  }

  /**
   * The machine sleeps: the monotonic clock stands still, the wall clock does not. Between two looks at the clock not
   * both this and a wall clock set back: nothing could tell that from no sleep at all.
   */
  suspend(ms: number): void {
    if (!this.runs || this.#setBackAt >= this.#lookedAt) return;
    this.#frozenFrom = this.#timeline.now;
    this.pause(ms);
  }

  /** Somebody sets the wall clock. */
  stepWall(ms: number): void {
    if (ms < 0 && (this.#frozenFrom !== Infinity || this.#awakeFrom > this.#lookedAt)) return;
    if (ms < 0) this.#setBackAt = this.#timeline.now;
    this.#wallOffset += ms;
  }

  /** Timers fire only at multiples of this many milliseconds, as in a hidden tab; 0 = on time. */
  throttle(grain: number): void {
    this.#grain = grain;
    for (const timer of grain === 0 ? this.#timers : []) this.#arm(timer);
  }

  /** kill -9. */
  kill(): void {
    this.#dead = true;
    this.#timers.clear();
    this.#backlog = [];
  }

  /** What the clock shows, also to who is no part of the machine: only its own process's looks tell it of a sleep. */
  get #monotonic(): number {
    return (Math.min(this.#timeline.now, this.#frozenFrom) - this.#frozen) * this.#rate;
  }

  #resume(): void {
    const { now } = this.#timeline;
    if (now < this.#stoppedUntil || this.#dead) return;
    if (this.#frozenFrom !== Infinity) {
      this.#frozen += now - this.#frozenFrom;
      this.#frozenFrom = Infinity;
      this.#awakeFrom = now + WAKING;
    }
    for (const timer of this.#timers) this.#arm(timer);
    // What piled up comes in any order, each piece a turn of the event loop of its own.
    for (const left = this.#backlog; left.length > 0;) {
      const [next] = left.splice(this.#chance.between(0, left.length), 1);
      if (next) this.#timeline.at(now, next);
    }
    this.#backlog = [];
  }

  #arm(timer: Timer): void {
    const { now } = this.#timeline;
    if (this.#frozenFrom !== Infinity) return;
    const exact = now + Math.max(0, timer.due - this.#monotonic) / this.#rate;
    const time = this.#grain > 0 ? Math.ceil(exact / this.#grain) * this.#grain : exact;
    timer.unplan();
    timer.unplan = this.#timeline.at(time, () => this.deliver(() => this.#fire(timer)));
  }

  #fire(timer: Timer): void {
    // Rounding may leave it a hair early; after a sleep it is early by as much as the machine slept.
    if (timer.due - this.#monotonic > 1e-6) return this.#timers.has(timer) ? this.#arm(timer) : undefined;
    if (this.#timers.delete(timer)) timer.callback();
  }
}
