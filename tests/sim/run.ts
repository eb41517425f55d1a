/**
 * One seed, one run: several Lockers as they ship on one bucket in memory, a network that fails, an oracle that sees all.
 *
 * @module
 */

import { Locker, NatslockError } from "@x/natslock";
import type { Clock } from "../../src/clock.ts";
import { ManualClock } from "../../src/manual_clock.ts";
import { MemoryStore, type StoreRequest } from "../../src/memory_store.ts";
import { Chance } from "./chance.ts";

/** Lease length of the bucket, in ms of true time. */
const TTL = 1000;
/** How long faults go on. */
const TROUBLED = 12 * TTL;
/** How long one step of the oracle is. */
const TICK = 5;

/** What a run ended in. */
export interface Outcome {
  readonly seed: number;
  /** What was violated, and when; `null` if nothing was. */
  readonly broken: string | null;
  readonly grants: number;
  /** How often each fault was hit. */
  readonly faults: ReadonlyMap<string, number>;
}

/** A clock that runs at another rate than true time. */
class SkewedClock implements Clock {
  readonly #base: ManualClock;
  readonly #rate: number;

  constructor(base: ManualClock, rate: number) {
    this.#base = base;
    this.#rate = rate;
  }

  now(): number {
    return this.#base.now() * this.#rate;
  }

  wall(): number {
    return this.#base.wall();
  }

  after(delay: number, callback: () => void): () => void {
    return this.#base.after(delay / this.#rate, callback);
  }
}

/** One run. */
export class Run {
  readonly #chance: Chance;
  readonly #clock = new ManualClock();
  readonly #store: MemoryStore;
  readonly #faults = new Map<string, number>();
  readonly #lockers: Locker[] = [];
  readonly #seed: number;
  readonly #faultiness: number;
  #troubled = true;
  #grants = 0;
  #last = 0;

  /** The same seed gives the same run. `early`: by how many ms the server breaks its word, to show that it is seen. */
  constructor(seed: number, early = 0) {
    this.#seed = seed;
    this.#chance = new Chance(seed);
    const chance = this.#chance;
    this.#faultiness = chance.next() * 0.4;
    this.#store = new MemoryStore(this.#clock, {
      ttl: TTL,
      replicas: chance.happens(0.5) ? 3 : 1,
      lag: () => this.#troubled ? chance.between(0, 300) - early : 0,
      intercept: (request) => this.#carry(request),
      push: (_hint, deliver) => this.#fault("push lost") || this.#clock.after(chance.between(0, 30), deliver),
    });
  }

  /** Runs it to the end. */
  async outcome(): Promise<Outcome> {
    const users = Array.from({ length: this.#chance.between(2, 6) }, () => this.#user());
    let broken: string | null = null;
    while (broken === null && this.#clock.now() < TROUBLED) {
      await this.#clock.advance(TICK);
      broken = this.#violation();
    }
    this.#troubled = false;
    const closing = Promise.all(this.#lockers.map((locker) => locker.close()));
    // The latest request arrives after two and a half lease lengths, and may be an orphan for one more.
    await this.#clock.advance(4 * TTL);
    await Promise.all([closing, ...users]);
    broken ??= await this.#deadness();
    return { seed: this.#seed, broken, grants: this.#grants, faults: this.#faults };
  }

  /** Two who believe that they hold, a hold whose record does not stand, a token that goes back. */
  #violation(): string | null {
    const holders = this.#lockers.filter(({ token }) => token !== null);
    const at = `at ${this.#clock.now()}`;
    if (holders.length > 1) return `S1 ${at}: ${holders.map(({ token }) => token)} are held at once`;
    const [holder] = holders;
    if (!holder) return null;
    const standing = this.#store.look("leader");
    const ours = standing.kind === "held" && standing.record.holder === holder.id;
    if (!ours) return `S4 ${at}: ${holder.token} is held, but its record does not stand`;
    const token = holder.token ?? 0;
    if (token < this.#last) return `S2 ${at}: ${token} after ${this.#last}`;
    if (token > this.#last) this.#grants++;
    this.#last = token;
    return null;
  }

  /** After all have left, the lock must be free for another. */
  async #deadness(): Promise<string | null> {
    const locker = new Locker({ store: this.#store, clock: this.#clock, random: this.#chance });
    let led = false;
    locker.acquireLead().then((leads) => led = leads, () => {});
    await this.#clock.advance(TTL / 2);
    await Promise.all([locker.close(), this.#clock.advance(TTL)]);
    if (!led) return "V2: nobody can lead though the faults are over";
    return this.#clock.pending > 0 || this.#store.watches > 0 ? "V4: a timer or a watch is left behind" : null;
  }

  /** One user's program: calls in a loop, or leases. */
  async #user(): Promise<void> {
    const chance = this.#chance;
    const clock = new SkewedClock(this.#clock, 1 + (chance.next() - 0.5) * 0.08);
    const locker = new Locker({ store: this.#store, clock, random: chance });
    this.#lockers.push(locker);
    const loops = chance.happens(0.5);
    while (this.#troubled) {
      try {
        await (loops ? this.#round(locker) : this.#hold(locker));
      } catch (error) {
        if (!(error instanceof NatslockError)) throw error;
        await this.#wait(50);
      }
    }
  }

  async #round(locker: Locker): Promise<void> {
    const leads = await locker.acquireLead();
    await this.#wait(this.#chance.between(10, TTL / 2));
    if (leads && this.#chance.happens(0.2)) await locker.releaseLead();
  }

  async #hold(locker: Locker): Promise<void> {
    const lease = await locker.acquire({ timeout: this.#chance.between(1, 2 * TTL) });
    await this.#wait(this.#chance.between(0, 2 * TTL));
    await lease.release();
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ms, resolve));
  }

  #fault(name: string): boolean {
    if (!this.#troubled || !this.#chance.happens(this.#faultiness)) return false;
    this.#faults.set(name, (this.#faults.get(name) ?? 0) + 1);
    return true;
  }

  /** The way to the bucket and back; the caller gives up after a quarter of the lease. */
  #carry<Answer>(request: StoreRequest<Answer>): Promise<Answer> {
    if (request.kind === "terms") return Promise.resolve(request.perform());
    return new Promise((resolve) => {
      const cancel = this.#clock.after(TTL / 4, () => resolve(request.timeout()));
      if (this.#fault("request lost")) return;
      this.#clock.after(this.#delay("request late"), () => {
        const answer = request.perform();
        if (this.#fault("request twice")) this.#clock.after(this.#delay("second late"), () => void request.perform());
        if (this.#fault("answer lost")) return;
        this.#clock.after(this.#delay("answer late"), () => {
          cancel();
          resolve(answer);
        });
      });
    });
  }

  #delay(name: string): number {
    return this.#fault(name) ? this.#chance.between(0, 2.5 * TTL) : this.#chance.between(0, 10);
  }
}
