/**
 * The machine and the process of one candidate: clocks, timers, and their faults.
 *
 * @module
 */

import type { TimeSources } from "../../src/base/clock.ts";
import type { Chance } from "./chance.ts";
import type { Timeline } from "./timeline.ts";

/** The wall clock at the start of a run: milliseconds since the Unix epoch. */
const START = 1_800_000_000_000;

/** Longest time that timers need to notice a sleep, in ms: a quarter of the longest wait of a holder. */
const WAKING = 520;

interface Timer {
  readonly due: number;
  readonly callback: () => void;
  /** Cancels the planned event of this timer. */
  unplan(): void;
}

/** Time and timers for the shipped `SystemClock`. */
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

  /** `rates`: milliseconds of the monotonic and the wall clock per millisecond of true time. */
  constructor(timeline: Timeline, chance: Chance, rates: { readonly monotonic: number; readonly wall: number }) {
    this.#timeline = timeline;
    this.#chance = chance;
    this.#rate = rates.monotonic;
    this.#wallRate = rates.wall;
  }

  /** True if its code can run: it is not paused, suspended or dead. */
  get runs(): boolean {
    return !this.#dead && this.#timeline.now >= this.#stoppedUntil;
  }

  /** True if it runs and none of its timers is late. False for a while after a sleep, of which no timer knows. */
  get prompt(): boolean {
    const asleep = this.#frozenFrom !== Infinity || this.#timeline.now < this.#awakeFrom;
    if (!this.runs || this.#grain > 0 || asleep) return false;
    const now = this.#monotonic;
    for (const { due } of this.#timers) if (due <= now) return false;
    return true;
  }

  /** True after it was killed. */
  get dead(): boolean {
    return this.#dead;
  }

  /** Number of waiting timers; 0 if nothing was left behind. */
  get pending(): number {
    return this.#timers.size;
  }

  monotonic(): number {
    if (this.runs) this.#lookedAt = this.#timeline.now;
    return this.#monotonic;
  }

  /** Whole milliseconds, like `Date.now()`. */
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

  /** Runs a callback as soon as the process can run, for example for a received message. */
  deliver(callback: () => void): void {
    if (this.#dead) return;
    if (this.#timeline.now < this.#stoppedUntil) this.#backlog.push(callback);
    else callback();
  }

  /** Stops the process for a while: SIGSTOP, a blocked event loop, or a debugger. Its clocks continue. */
  pause(ms: number): void {
    this.#stoppedUntil = Math.max(this.#stoppedUntil, this.#timeline.now + ms);
    this.#timeline.at(this.#stoppedUntil, () => this.#resume());
  }

  /**
   * Lets the machine sleep: the monotonic clock stops, the wall clock continues. A sleep and a wall clock set back do
   * not happen between the same two readings of the clock, because no process could distinguish that from no sleep.
   */
  suspend(ms: number): void {
    if (!this.runs || this.#setBackAt >= this.#lookedAt) return;
    this.#frozenFrom = this.#timeline.now;
    this.pause(ms);
  }

  /** Sets the wall clock forward or back. */
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

  /** Kills the process (SIGKILL). */
  kill(): void {
    this.#dead = true;
    this.#timers.clear();
    this.#backlog = [];
  }

  /**
   * The time of the monotonic clock. Also for readers outside of the machine: only readings of its own process tell it
   * of a sleep.
   */
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
    // The backlog is delivered in random order. Each piece is its own turn of the event loop.
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
    // Rounding may make the timer slightly early. After a sleep, it is early by the length of the sleep.
    if (timer.due - this.#monotonic > 1e-6) return this.#timers.has(timer) ? this.#arm(timer) : undefined;
    if (this.#timers.delete(timer)) timer.callback();
  }
}
