/**
 * The servers of a run with lock managers: one bucket with queues, its leader, and their faults.
 *
 * @module
 */

import type { StoreRequest } from "../../../src/memory/memory_link.ts";
import type { KeyState } from "../../../src/store/record.ts";
import { Leader } from "../leader.ts";
import { type CarriedOut, LAG, type Place, type Station, type Told } from "../server.ts";
import type { TicketStore } from "../../../src/store/ticket_store.ts";
import { SESSION_TTL } from "./climate.ts";
import { TicketBucket } from "./ticket_bucket.ts";

/** Most writes that a replica may lack. */
const BEHIND = 64;

/** Fewer writes than this are lacking at a replica that is behind without a fault. */
const FEW = 5;

/** How long the bucket keeps anything, in ms. */
const LONGEST = 86_400_000;

/** Most changes that are repeated by pushes. */
const REPEATED = 40;

interface Change extends Told {
  readonly key: string;
  readonly at: number;
}

/** The bucket and its leader. */
export class LocksServer implements Station<TicketStore> {
  readonly store: TicketBucket;
  readonly replicas: 1 | 3;
  /** True while no change is pushed to anybody. */
  losesPushes = false;
  /** How often the bucket was deleted. */
  era = 0;
  /** When the bucket was created; Infinity while there is none. */
  madeAt = 0;
  /** Called when the bucket is deleted. */
  onGone = (): void => {};
  /** Called when all writes above a revision are lost. */
  onLost = (_: number): void => {};
  readonly #place: Place;
  readonly #leader: Leader;
  #history: Change[] = [];
  #highest = 0;
  #deletedUntil = 0;
  #made = 1;

  /** `behind`: share of scans that a replica answers which lacks a few writes. */
  constructor(place: Place, behind: number) {
    const { chance, weather } = place;
    this.#place = place;
    this.replicas = chance.happens(0.5) ? 3 : 1;
    this.#leader = new Leader(place);
    const lag = () => weather.hit("late expiry") ? chance.between(1, LAG) : 0;
    this.store = new TicketBucket(this.#leader.clock, { ttl: LONGEST, replicas: this.replicas, lag }, {
      changed: (key, keyState) => this.#changed(key, keyState),
      replica: () => {
        if (weather.hit("stale read")) return chance.between(1, BEHIND + 1);
        return chance.happens(behind) ? chance.between(1, FEW) : 0;
      },
    });
  }

  get answers(): boolean {
    return this.#leader.answers;
  }

  /** Identity of the stream, as the store names it. */
  get epoch(): string {
    return `memory-${this.#made}`;
  }

  carryOut<Outcome>(request: StoreRequest<Outcome>, way: Pick<CarriedOut, "sentAt" | "copy">): [Outcome, CarriedOut] {
    const before = this.store.look(request.key);
    const highest = this.#highest;
    const outcome = request.perform();
    return [outcome, { before, after: this.store.look(request.key), applied: this.#highest !== highest, ...way }];
  }

  stale(key: string): KeyState | null {
    const { timeline, chance } = this.#place;
    const then = timeline.now - chance.between(1, 2 * SESSION_TTL);
    const old = this.#history.findLast((change) => change.key === key && change.at <= then);
    const isGone = old === undefined || (key.startsWith("=s.") && old.at + SESSION_TTL <= timeline.now);
    const keyState: KeyState = isGone ? { kind: "vacant", revision: 0 } : old.keyState;
    return keyState.revision === this.store.look(key).revision ? null : keyState;
  }

  past(): Told | null {
    return this.#history.length === 0 ? null : this.#place.chance.pick(this.#history.slice(-REPEATED));
  }

  /** The stream has no leader for a while. */
  loseLeader(ms: number): void {
    this.#leader.lose(ms);
  }

  changeLeader(): void {
    this.#leader.change();
  }

  /** Deletes the bucket for a while. */
  deleteBucket(ms: number): void {
    this.#gone();
    this.madeAt = Infinity;
    this.store.store.deleteBucket();
    this.#deletedUntil = this.#place.timeline.now + ms;
    this.#place.timeline.at(this.#deletedUntil, () => {
      if (this.#deletedUntil > 0 && this.#place.timeline.now >= this.#deletedUntil) this.recreate();
    });
  }

  /** Creates the bucket again, empty. */
  recreate(): void {
    this.#gone();
    this.#deletedUntil = 0;
    this.madeAt = this.#place.timeline.now;
    this.#made++;
    this.store.store.recreateBucket();
  }

  /** The servers lose the newest writes, which they had acknowledged. */
  loseWrites(count: number): void {
    this.#highest = Math.max(0, this.#highest - count);
    this.store.store.rollBack(this.#highest);
    this.#history = this.#history.filter(({ keyState }) => keyState.revision <= this.#highest);
    this.onLost(this.#highest);
  }

  /** Ends all faults of the servers. */
  heal(): void {
    this.#leader.heal();
    if (this.#deletedUntil > 0) this.recreate();
  }

  #gone(): void {
    this.era++;
    this.#history = [];
    this.#highest = 0;
    this.onGone();
  }

  #changed(key: string, keyState: KeyState): void {
    this.#highest = keyState.revision;
    this.#history.push({ key, keyState, at: this.#place.timeline.now });
  }
}
