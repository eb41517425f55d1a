/**
 * The servers of one run: the bucket, the clock of its leader, and their faults.
 *
 * @module
 */

import type { StoreRequest } from "../../src/memory/memory_link.ts";
import type { KeyState } from "../../src/store/record.ts";
import type { LeaseStore } from "../../src/store/store.ts";
import type { Access, Line, SimBucket } from "./access.ts";
import type { Chance } from "./chance.ts";
import type { Weather } from "./faults.ts";
import { Leader } from "./leader.ts";
import { MemoryBucket } from "./memory_access.ts";
import type { Timeline } from "./timeline.ts";
import { WireBucket, type WireBucketOptions } from "./wire_bucket.ts";

/** Key of the lock. */
export const KEY = "leader";

/** TTL of the bucket, in ms of the leader's clock. */
export const TTL = 2000;

/** Longest time in ms by which the server removes an expired message late. */
export const LAG = 300;

/** What a server needs of the run. */
export interface Place {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly weather: Weather;
}

/** Describes a performed request. */
export interface CarriedOut {
  readonly before: KeyState;
  readonly after: KeyState;
  readonly applied: boolean;
  /** When it was sent, in true time. */
  readonly sentAt: number;
  /** True for a duplicate that the network made. */
  readonly copy: boolean;
}

/** A state of a key that was true at some time. */
export interface Told {
  readonly keyState: KeyState;
  /** The key; absent if the server has only one. */
  readonly key?: string;
}

/** What a link needs of the servers. */
export interface Station<Store extends LeaseStore = LeaseStore> {
  /** False while the stream has no leader. */
  readonly answers: boolean;
  readonly replicas: 1 | 3;
  readonly store: { look(key: string): KeyState; access(line: Line): Access<Store> };
  /** Performs a request and reports what it changed. */
  carryOut<Outcome>(request: StoreRequest<Outcome>, way: Pick<CarriedOut, "sentAt" | "copy">): [Outcome, CarriedOut];
  /** What a former leader that was cut off some time ago would still answer; `null` if that is the current state. */
  stale(key: string): KeyState | null;
  /** An earlier change, as a re-created consumer repeats it. */
  past(): Told | null;
}

/** Wall clock of the server at the start, in milliseconds since the Unix epoch. */
const START = 1_800_000_000_000;

/** How a server is made. */
export interface ServerOptions {
  /** True if expired records are replaced by markers. */
  readonly markers: boolean;
  /** Settings of a bucket on a simulated JetStream; `null` for a bucket in memory. */
  readonly wire: Pick<WireBucketOptions, "republishes" | "rollups" | "chance"> | null;
}

/** The bucket and its leader. */
export class Server implements Station {
  readonly store: SimBucket;
  readonly replicas: 1 | 3;
  /**
   * True if expiry markers replace expired records, which is possible in a bucket that the library did not create. No
   * lock is safe in it.
   */
  readonly markers: boolean;
  /** True while no change is pushed to anybody. */
  losesPushes = false;
  /** True for a bucket that does not republish its changes. */
  readonly pushesByConsumer: boolean;
  readonly #place: Place;
  readonly #leader: Leader;
  #madeAt = 0;
  #history: { readonly at: number; readonly goneAt: number; readonly keyState: KeyState }[] = [];
  #deletedUntil = 0;

  constructor(place: Place, { markers, wire }: ServerOptions) {
    const { chance, weather, timeline } = place;
    this.#place = place;
    this.markers = markers;
    this.pushesByConsumer = wire?.republishes === false;
    this.replicas = chance.happens(0.5) ? 3 : 1;
    this.#leader = new Leader(place);
    const { clock } = this.#leader;
    const lag = () => markers ? Infinity : weather.hit("late expiry") ? chance.between(1, LAG) : 0;
    const changed = (keyState: KeyState) => this.#changed(keyState);
    const { replicas } = this;
    const later = (ms: number, callback: () => void) => timeline.after(ms, callback);
    this.store = wire === null ? new MemoryBucket(clock, { ttl: TTL, replicas, lag }, KEY, changed) : new WireBucket(
      { ...wire, clock: { ...clock, wall: () => START + clock.now(), lag }, replicas, ttl: TTL, later },
      KEY,
      changed,
    );
  }

  /** False while the stream has no leader. */
  get answers(): boolean {
    return this.#leader.answers;
  }

  /** False while pushes are lost, or if a consumer may be lost: its heartbeats show that only after seconds. */
  get wakesByPush(): boolean {
    const { hits } = this.#place.weather;
    const isGone = hits.has("bucket re-created") || hits.has("bucket deleted");
    return !(isGone && this.pushesByConsumer) && !this.losesPushes;
  }

  /** When the stream was created. */
  get madeAt(): number {
    return this.#madeAt;
  }

  /** Identity of the stream, as the store names it. */
  get epoch(): string {
    return this.store.epoch;
  }

  /** Highest revision so far. */
  get highest(): number {
    return this.#history.at(-1)?.keyState.revision ?? 0;
  }

  /** Performs a request and reports what it changed. */
  carryOut<Outcome>(request: StoreRequest<Outcome>, way: Pick<CarriedOut, "sentAt" | "copy">): [Outcome, CarriedOut] {
    const before = this.store.look(KEY);
    const { highest } = this;
    const outcome = request.perform();
    if (before.revision === 0 && highest > 0) this.#place.weather.see("revision 0 came back");
    return [outcome, { before, after: this.store.look(KEY), applied: this.highest !== highest, ...way }];
  }

  /** What a former leader that was cut off some time ago would still answer; `null` if that is the current state. */
  stale(): KeyState | null {
    const { timeline, chance } = this.#place;
    const then = timeline.now - chance.between(1, 2 * TTL);
    const old = this.#history.findLast(({ at }) => at <= then);
    const keyState: KeyState = old && old.goneAt > timeline.now ? old.keyState : { kind: "vacant", revision: 0 };
    return keyState.revision === this.store.look(KEY).revision ? null : keyState;
  }

  /** An earlier change, as a re-created consumer repeats it. */
  past(): Told | null {
    return this.#history.length === 0 ? null : this.#place.chance.pick(this.#history);
  }

  /** The stream has no leader for a while, and then one with another clock. */
  loseLeader(ms: number): void {
    this.#leader.lose(ms);
  }

  changeLeader(): void {
    this.#leader.change();
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
    this.#madeAt = this.#place.timeline.now;
    this.store.recreateBucket();
    this.#history = [];
  }

  /** The servers lose acknowledged writes. */
  rollBack(): void {
    const to = Math.max(0, this.highest - this.#place.chance.between(1, 5));
    this.store.rollBack(to);
    this.#history = this.#history.filter(({ keyState }) => keyState.revision <= to);
  }

  /** Ends all faults of the servers. */
  heal(): void {
    this.#leader.heal();
    if (this.#deletedUntil > this.#place.timeline.now && this.#deletedUntil !== Infinity) this.recreate();
  }

  #changed(keyState: KeyState): void {
    const { timeline, chance } = this.#place;
    const ttl = keyState.kind === "held" ? keyState.record.ttl ?? TTL : TTL;
    this.#history.push({ at: timeline.now, goneAt: timeline.now + ttl, keyState });
    if (this.markers) {
      timeline.after(ttl / this.#leader.rate + chance.between(0, 250), () => this.#expireByMarker(keyState.revision));
    }
  }

  /** The leader decides to place an expiry marker and applies it later, whatever was written in between. */
  #expireByMarker(revision: number): void {
    const { timeline, chance } = this.#place;
    if (this.store.look(KEY).revision !== revision || this.store.look(KEY).kind === "vacant") return;
    timeline.after(chance.between(0, 250), () => this.store.put(KEY, "mark"));
  }
}
