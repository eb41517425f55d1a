/**
 * Lock managers on virtual time that count their requests, for tests of costs and of times.
 *
 * @module
 */

import { LockManager } from "../../src/locks/lock_manager.ts";
import { ManualClock } from "../../src/memory/manual_clock.ts";
import type { StoreRequest } from "../../src/memory/memory_link.ts";
import { MemoryStore } from "../../src/memory/memory_store.ts";
import type { LockEvent, TimingOptions } from "@x/natslock";
import { SEED } from "../helpers/seed.ts";
import { Chance } from "../sim/chance.ts";

/** Lease length of the sessions in ms. */
export const TTL = 3000;

/** Times of the lock managers of a fleet in ms. Default of `ttl`: {@linkcode TTL}. */
export interface FleetOptions {
  readonly ttl?: number;
  readonly maxHold?: number;
  readonly timing?: TimingOptions;
}

/** One process: a lock manager with its own link to the bucket. */
export interface Member {
  readonly locks: LockManager;
  /** Requests sent, as `kind key`. */
  readonly sent: string[];
  readonly events: LockEvent[];
  /** Called with each event. */
  hear: (event: LockEvent) => void;
  /** For how many milliseconds the answer to a request, given as `kind key`, stays away. Infinity: it is lost. */
  delayOf: (request: string) => number;
  /** How many writes the replica lacks that answers its scans. */
  behind: number;
  /** True to carry out nothing that it sends: the process is dead, or cut off. */
  isCut: boolean;
}

/** Processes on one bucket, and their common clock. */
export class Fleet {
  readonly clock = new ManualClock();
  readonly store = new MemoryStore(this.clock, { ttl: 86_400_000 });
  readonly members: Member[] = [];
  /** Pauses are jittered: with random ones a test would pass or fail by luck. */
  readonly random = new Chance(SEED);

  constructor(size: number, options: FleetOptions = {}) {
    for (let index = 0; index < size; index++) this.members.push(this.#join(index, options));
  }

  /** Lets time pass until the promise settles. */
  async until<T>(promise: Promise<T>, longest = 60_000): Promise<T> {
    let isSettled = false;
    promise.then(() => isSettled = true, () => isSettled = true);
    for (let passed = 0; !isSettled && passed < longest; passed += 5) await this.clock.advance(5);
    if (!isSettled) throw new Error(`Nothing happened within ${longest} ms`);
    return await promise;
  }

  /** Lets time pass in small steps, so that all that follows from a request happens soon after it. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 5) await this.clock.advance(5);
  }

  /** Forgets the requests that were counted. */
  reset(): void {
    for (const { sent } of this.members) sent.length = 0;
  }

  /** Number of requests since the last reset. */
  get sent(): number {
    return this.members.reduce((sum, { sent }) => sum + sent.length, 0);
  }

  /** Closes all that are not cut off. */
  async close(): Promise<void> {
    await this.until(Promise.all(this.members.map(({ locks }) => locks.close())));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #join(index: number, options: FleetOptions): Member {
    const [sent, events]: [string[], LockEvent[]] = [[], []];
    const intercept = async <Outcome>(request: StoreRequest<Outcome>): Promise<Outcome> => {
      const name = `${request.kind} ${request.key}`;
      sent.push(name);
      const outcome = member.isCut ? null : request.perform();
      const delay = outcome === null ? Infinity : member.delayOf(name);
      const pause = delay === Infinity ? request.within : delay;
      if (pause > 0) await new Promise<void>((resolve) => this.clock.after(pause, resolve));
      return outcome === null || delay === Infinity ? request.timeout() : outcome;
    };
    const push = (_: unknown, deliver: () => void) => queueMicrotask(() => member.isCut || deliver());
    const store = this.store.link({ intercept, push, replica: () => member.behind });
    const about = { name: `process ${index}`, ttl: TTL, ...options };
    const onEvent = (event: LockEvent) => {
      events.push(event);
      member.hear(event);
    };
    const locks = new LockManager({ store, clock: this.clock, random: this.random, ...about, onEvent });
    const member: Member = { locks, sent, events, hear: () => {}, delayOf: () => 0, behind: 0, isCut: false };
    return member;
  }
}

/** Returns a fleet and its first two processes; of one process, the same twice. */
export function fleetOf(
  size: number,
  options: FleetOptions = {},
): [fleet: Fleet, first: Member, second: Member] {
  const fleet = new Fleet(size, options);
  const [first, second = first] = fleet.members;
  if (!first || !second) throw new Error("A fleet needs a process");
  return [fleet, first, second];
}
