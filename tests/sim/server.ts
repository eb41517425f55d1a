/**
 * The servers of one run: the bucket, its leader's clock, and what befalls them.
 *
 * @module
 */

import type { Clock } from "../../src/base/clock.ts";
import type { StoreRequest } from "../../src/memory/memory_link.ts";
import { MemoryStore } from "../../src/memory/memory_store.ts";
import type { KeyState } from "../../src/store/record.ts";
import type { Chance } from "./chance.ts";
import type { Weather } from "./faults.ts";
import type { Timeline } from "./timeline.ts";

/** Key of the lock. */
export const KEY = "leader";

/** Lease length of the bucket, in ms of the leader's clock. */
export const TTL = 2000;

/**
 * How much the clocks of two leaders differ at the most, and how much their rate differs from true time. With the
 * candidates' own rates (`CLIENT_RATE`) they stay within the margin of a tenth, for a lease of 1,000 ms too:
 * 900 / (1 - 0.03) < (1000 - 30) / (1 + 0.02).
 */
const LEADER_SKEW = 30;
const LEADER_RATE = 0.02;
export const CLIENT_RATE = 0.03;

/** The longest that removal of what has run out is late (nats-facts 1). */
export const LAG = 300;

/** What the world that a server stands in gives it. */
export interface Place {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly weather: Weather;
}

/** What others want to know of each request that was carried out. */
export interface CarriedOut {
  readonly before: KeyState;
  readonly after: KeyState;
  readonly applied: boolean;
  /** When it left, in true time. */
  readonly sentAt: number;
  /** True for a second copy of a request that the network made. */
  readonly copy: boolean;
}

/** The bucket with its leader. */
export class Server {
  readonly store: MemoryStore;
  readonly replicas: 1 | 3;
  /** True if expired records are replaced by markers, as in a bucket that others made: no lock is safe in it. */
  readonly markers: boolean;
  readonly #place: Place;
  readonly #rate: number;
  #skew = 0;
  #epoch = 1;
  #madeAt = 0;
  #absentUntil = 0;
  #history: { readonly at: number; readonly goneAt: number; readonly keyState: KeyState }[] = [];
  #deletedUntil = 0;

  constructor(place: Place, markers: boolean) {
    const { chance, weather, timeline } = place;
    this.#place = place;
    this.markers = markers;
    this.replicas = chance.happens(0.5) ? 3 : 1;
    this.#rate = weather.hit("skewed server") ? 1 + LEADER_RATE * (2 * chance.next() - 1) : 1;
    const clock: Clock = {
      now: () => timeline.now * this.#rate + this.#skew,
      wall: () => timeline.now,
      after: () => () => {},
    };
    const lag = () => markers ? Infinity : weather.hit("late expiry") ? chance.between(1, LAG) : 0;
    this.store = new MemoryStore(clock, { ttl: TTL, replicas: this.replicas, lag, push: (_, deliver) => deliver() });
    this.store.watch(KEY, (hint) => hint.kind === "seen" && this.#changed(hint.keyState));
  }

  /** False while nobody leads the stream. */
  get answers(): boolean {
    return this.#place.timeline.now >= this.#absentUntil;
  }

  /** When the stream was made. */
  get madeAt(): number {
    return this.#madeAt;
  }

  /** Identity of the stream, as the store names it. */
  get epoch(): string {
    return `memory-${this.#epoch}`;
  }

  /** Highest revision that was given out. */
  get highest(): number {
    return this.#history.at(-1)?.keyState.revision ?? 0;
  }

  /** Carries a request out, and tells what that changed. */
  carryOut<Outcome>(request: StoreRequest<Outcome>, way: Pick<CarriedOut, "sentAt" | "copy">): [Outcome, CarriedOut] {
    const before = this.store.look(KEY);
    const { highest } = this;
    const outcome = request.perform();
    if (before.revision === 0 && highest > 0) this.#place.weather.see("revision 0 came back");
    return [outcome, { before, after: this.store.look(KEY), applied: this.highest !== highest, ...way }];
  }

  /** What a leader that was cut off some time ago still believes to stand; `null` if that is no other. */
  stale(): KeyState | null {
    const { timeline, chance } = this.#place;
    const then = timeline.now - chance.between(1, 2 * TTL);
    const old = this.#history.findLast(({ at }) => at <= then);
    const keyState: KeyState = old && old.goneAt > timeline.now ? old.keyState : { kind: "vacant", revision: 0 };
    return keyState.revision === this.store.look(KEY).revision ? null : keyState;
  }

  /** A change from before, as a consumer that begins anew repeats it. */
  past(): KeyState | null {
    return this.#history.length === 0 ? null : this.#place.chance.pick(this.#history).keyState;
  }

  /** Nobody leads for a while; then somebody with another clock does. */
  loseLeader(ms: number): void {
    this.#absentUntil = Math.max(this.#absentUntil, this.#place.timeline.now + ms);
    this.changeLeader();
  }

  changeLeader(): void {
    this.#skew = LEADER_SKEW * (this.#place.chance.next() - 0.5);
  }

  /** Deletes the bucket for a while. */
  deleteBucket(ms: number): void {
    this.store.deleteBucket();
    this.#history = [];
    this.#deletedUntil = this.#place.timeline.now + ms;
    this.#place.timeline.at(
      this.#deletedUntil,
      () => this.#place.timeline.now >= this.#deletedUntil && this.recreate(),
    );
  }

  recreate(): void {
    this.#deletedUntil = Infinity;
    this.#epoch++;
    this.#madeAt = this.#place.timeline.now;
    this.store.recreateBucket();
    this.#history = [];
  }

  /** Servers that lost acknowledged writes. */
  rollBack(): void {
    const to = Math.max(0, this.highest - this.#place.chance.between(1, 5));
    this.store.rollBack(to);
    this.#history = this.#history.filter(({ keyState }) => keyState.revision <= to);
  }

  /** All is well again. */
  heal(): void {
    this.#absentUntil = 0;
    if (this.#deletedUntil > this.#place.timeline.now && this.#deletedUntil !== Infinity) this.recreate();
  }

  #changed(keyState: KeyState): void {
    const { timeline, chance } = this.#place;
    const ttl = keyState.kind === "held" ? keyState.record.ttl ?? TTL : TTL;
    this.#history.push({ at: timeline.now, goneAt: timeline.now + ttl, keyState });
    if (this.markers) {
      timeline.after(ttl / this.#rate + chance.between(0, 250), () => this.#expireByMarker(keyState.revision));
    }
  }

  /** The leader decides on a marker and applies it later, whatever was written in between (nats-facts 0.1). */
  #expireByMarker(revision: number): void {
    const { timeline, chance } = this.#place;
    if (this.store.look(KEY).revision !== revision || this.store.look(KEY).kind === "vacant") return;
    timeline.after(chance.between(0, 250), () => this.store.put(KEY, "mark"));
  }
}
