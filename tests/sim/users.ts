/**
 * Users: what they do with a Locker. They use every way to hold the lock, work longer than their lease, and give up
 * waits.
 *
 * @module
 */

import { type Lease, LeaseLostError, LeaseReleasedError, type Locker, NatslockError } from "../../mod.ts";
import type { Hold } from "./ledger.ts";
import type { Belief } from "./belief.ts";
import type { Ground, Node } from "./node.ts";
import type { Resource } from "./resource.ts";
import { TTL } from "./server.ts";

/** Town: the environment of the users. */
export interface Town extends Ground {
  readonly resource: Resource;
  /** True while faults happen. */
  readonly troubled: boolean;
  /** True when all users must stop. */
  readonly over: boolean;
}

/** The reason of a wait that its user gave up. */
const GIVEN_UP = new Error("given up");

/** Uses one node until the run is over. */
export async function live(node: Node, town: Town): Promise<void> {
  const { chance } = town;
  const ways = [rounds, waits, tries, runs, leads, looks];
  const habits = [chance.pick(ways), chance.pick(ways)];
  while (!town.over) {
    const way = town.troubled ? chance.pick(habits) : serene;
    town.note(node.name, () => `user: ${way.name}`);
    try {
      await way(node, node.locker, town);
    } catch (error) {
      town.note(node.name, () => `user: ${error}`);
      if (!(error instanceof NatslockError) && error !== GIVEN_UP) {
        town.oracle.blame(`S6: ${node.name} gets ${(error as Error)?.stack ?? error}`);
      }
      await node.sleep(50);
    }
  }
}

/**
 * Calls `acquireLead()` in a loop and believes its answer for as long as the documentation says. Then it stops calling,
 * and the lease expires.
 */
async function rounds(node: Node, locker: Locker, town: Town): Promise<void> {
  const { chance } = town;
  const looking = chance.happens(0.5) || node.mixed;
  for (let left = chance.between(1, 8); left > 0 && town.troubled; left--) {
    const called = node.clock.now();
    const leads = await locker.acquireLead().catch((error) => {
      node.believe(null);
      throw error;
    });
    const until = called + 0.9 * node.ttl;
    const { hold } = node;
    const believes = () => looking ? locker.token === hold?.token : node.clock.now() < until;
    node.believe(leads && hold !== null ? { hold, passive: false, believes } : null);
    if (leads && hold !== null) act(town, hold, believes);
    await node.sleep(chance.between(10, node.ttl / 2));
    if (leads && chance.happens(0.2)) {
      node.believe(null);
      await locker.releaseLead();
    }
  }
}

/** Waits for the lock, possibly only for a short time. */
async function waits(node: Node, locker: Locker, town: Town): Promise<void> {
  const { chance } = town;
  const patience = new CountedSignal();
  if (town.weather.hit("wait aborted")) node.runtime.later(chance.between(0, TTL), () => patience.abort());
  const timeout = chance.happens(0.5) ? chance.between(0, 2 * TTL) : Infinity;
  try {
    const lease = await locker.acquire({ signal: patience.signal, timeout });
    await work(node, lease, town);
    await lease.release();
  } finally {
    if (patience.listeners > 0) town.oracle.blame(`V4: ${patience.listeners} listeners were left on a user's signal`);
  }
}

async function tries(node: Node, locker: Locker, town: Town): Promise<void> {
  const lease = await locker.tryAcquire();
  if (lease === null) return await node.sleep(town.chance.between(10, TTL / 2));
  await work(node, lease, town);
  await lease[Symbol.asyncDispose]();
}

async function runs(node: Node, locker: Locker, town: Town): Promise<void> {
  const timeout = town.chance.between(1, 2 * TTL);
  await locker.run((lease) => work(node, lease, town), { timeout });
}

async function leads(node: Node, locker: Locker, town: Town): Promise<void> {
  const stop = new AbortController();
  node.runtime.later(town.chance.between(100, 3 * TTL), () => stop.abort(GIVEN_UP));
  await locker.lead((lease) => work(node, lease, town), { signal: stop.signal });
}

async function looks(node: Node, locker: Locker, town: Town): Promise<void> {
  const called = town.timeline.now;
  const leader = await locker.leader();
  town.oracle.history.looked(leader?.token ?? null, called, town.timeline.now);
  await node.sleep(town.chance.between(10, TTL / 2));
}

/** No faults happen: each user gets its turn, and a hold costs no requests besides renewals (V5). */
async function serene(node: Node, locker: Locker, town: Town): Promise<void> {
  node.waiting = true;
  const lease = await locker.acquire().finally(() => node.waiting = false);
  const belief = believe(node, lease, town);
  const [before, since] = [node.requests, town.timeline.now];
  await node.sleep(town.chance.between(20, TTL / 3));
  const requests = node.requests - before;
  // One request may be under way to a user that looks late. After a conflict, as after a disaster, the key is read, and
  // what may be left of the write is removed.
  if (requests > 3 + (town.timeline.now - since) / (node.ttl / 3) && !node.mixed) {
    town.oracle.blame(`V5: ${node.name} sends ${requests} requests in one hold`);
  }
  if (belief) node.beliefs.delete(belief);
  await lease.release();
  await node.sleep(town.chance.between(0, 100));
}

/** Works under a lease: for a while, until the lease is lost, or longer than the lease. */
async function work(node: Node, lease: Lease, town: Town): Promise<void> {
  const { chance, weather } = town;
  const belief = believe(node, lease, town);
  const until = town.timeline.now + 2 * TTL * chance.next();
  while (!lease.signal.aborted && town.timeline.now < until && town.troubled) {
    await node.sleep(chance.between(10, TTL / 4));
    if (belief) act(town, belief.hold, () => lease.held);
  }
  if (belief && weather.hit("work overdue")) {
    await node.sleep(chance.between(0, TTL));
    // The stream of this hold may be gone. Its token cannot be compared with tokens of the new stream.
    if (!town.oracle.ledger.isVoid(belief.hold)) town.resource.write(belief.hold.era, belief.hold.token);
  }
  if (belief) node.beliefs.delete(belief);
  const typed = lease.signal.reason instanceof LeaseLostError || lease.signal.reason instanceof LeaseReleasedError;
  if (lease.signal.aborted && !typed) {
    town.oracle.blame(`S7: ${node.name} gets a lease signal with the reason ${lease.signal.reason}`);
  }
}

/** From now on, the oracle checks whether this lease is believed to be held. */
function believe(node: Node, lease: Lease, town: Town): Belief | null {
  const { hold } = node;
  if (hold === null || lease.token !== hold.token) {
    // The lease ended before its user got to see it.
    if (!lease.signal.aborted) {
      town.oracle.blame(`S3: ${node.name} gets a lease with token ${lease.token} instead of ${hold?.token}`);
    }
    return null;
  }
  const passive = town.chance.happens(0.5);
  const belief = { hold, passive, believes: passive ? () => !lease.signal.aborted : () => lease.held };
  node.beliefs.add(belief);
  return belief;
}

/** Writes to the protected resource. A holder's write must never be refused (S2). */
function act(town: Town, hold: Hold, holds: () => boolean): void {
  if (!holds() || town.oracle.ledger.isVoid(hold)) return;
  if (!town.resource.write(hold.era, hold.token)) {
    town.oracle.blame(`S2: the holder's write with token ${hold.token} is refused`);
  }
}

/** A signal that counts its listeners. */
class CountedSignal {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #listeners = new Set<unknown>();

  constructor() {
    const { signal } = this.#controller;
    this.signal = signal;
    const add = signal.addEventListener.bind(signal) as EventTarget["addEventListener"];
    const remove = signal.removeEventListener.bind(signal) as EventTarget["removeEventListener"];
    signal.addEventListener = (type: string, listener: EventListener, options?: AddEventListenerOptions) => {
      this.#listeners.add(listener);
      add(type, listener, options);
    };
    signal.removeEventListener = (type: string, listener: EventListener) => {
      this.#listeners.delete(listener);
      remove(type, listener);
    };
  }

  /** Number of listeners. */
  get listeners(): number {
    return this.signal.aborted ? 0 : this.#listeners.size;
  }

  abort(): void {
    this.#controller.abort(GIVEN_UP);
  }
}
