/**
 * Users of lock managers: they request locks in every way, work under them, and give up waits.
 *
 * @module
 */

import {
  AcquireTimeoutError,
  BadParameterError,
  LeaseLostError,
  LeaseReleasedError,
  LockerClosedError,
  NatslockError,
} from "../../../src/base/errors.ts";
import type { Lock } from "../../../src/locks/lock.ts";
import type { LockManager } from "../../../src/locks/lock_manager.ts";
import type { LockOptions } from "../../../src/locks/request_options.ts";
import { type Ask, type Belief, shown } from "./ask.ts";
import { type Wish, wishOf } from "./climate.ts";
import type { LocksGround, LocksNode } from "./locks_node.ts";
import { query } from "./query_user.ts";

/** The environment of users. */
export interface LocksTown extends LocksGround {
  /** True while faults happen. */
  readonly troubled: boolean;
  /** True while those that hold keep what they hold, and nobody makes requests. */
  readonly still: boolean;
  /** True when all users must stop. */
  readonly over: boolean;
  /** Returns the number of the next request. */
  number(): number;
}

/** The reason of a wait that its user gave up. */
const GIVEN_UP = new Error("given up");

/** Longest time in ms between two looks of a working user at the signal of its lock. */
const ATTENTION = 40;

/** Uses one process until the run is over. */
export async function live(node: LocksNode, town: LocksTown): Promise<void> {
  const { chance, climate } = town;
  await node.sleep(chance.between(0, 500));
  while (!town.over) {
    if (!town.still) {
      if (chance.happens(climate.shares.query)) await query(node, town);
      else await request(node, town);
    }
    await node.sleep(chance.between(1, town.troubled ? 100 : climate.leisure));
  }
}

async function request(node: LocksNode, town: LocksTown): Promise<void> {
  const wish = wishOf(town.climate, town.chance, !town.troubled);
  const wait = new AbortController();
  const { ask, done } = node.ask(wish, town.number(), (manager, ask) => {
    const by = wish.handle ? byHandle : byCallback;
    return by(manager, optionsOf(wish, wait.signal), { ask, town });
  });
  town.note(node.name, () => `user: asks ${shown(ask)}`);
  if (wish.patience !== null) node.runtime.later(wish.patience, () => giveUp(ask, wait));
  try {
    await done;
    node.forget(ask);
  } catch (error) {
    town.note(node.name, () => `user: #${ask.id} ends with ${error}`);
    node.forget(ask);
    const wrong = wrongError(ask, error);
    if (wrong !== null) town.judge.blame(`Q5: ${wrong}`);
  }
}

function giveUp(ask: Ask, wait: AbortController): void {
  if (ask.waits) ask.givenUp = true;
  wait.abort(GIVEN_UP);
}

interface Options {
  readonly names: readonly string[];
  readonly options: LockOptions;
}

function optionsOf(wish: Wish, signal: AbortSignal): Options {
  const { names, mode, limit, weight, ifAvailable, steal, timeout, patience } = wish;
  const options: LockOptions = {
    ...{ mode, ifAvailable, steal },
    ...(limit === null ? {} : { limit, weight }),
    ...(timeout === null ? {} : { timeout }),
    ...(patience === null ? {} : { signal }),
  };
  return { names, options };
}

interface Session {
  readonly ask: Ask;
  readonly town: LocksTown;
}

/** By `request()`: the locks are released when the work ends. */
async function byCallback(manager: LockManager, { names, options }: Options, session: Session): Promise<void> {
  let beliefs: readonly Belief[] = [];
  const work = async (got: Lock | readonly Lock[] | null): Promise<void> => {
    const locks = got === null ? null : Array.isArray(got) ? got : [got as Lock];
    if (locks === null) return refused(session);
    beliefs = session.town.judge.granted(session.ask, locks);
    await hold(session, locks);
  };
  try {
    await (names.length === 1 ? manager.request(names[0] ?? "", options, work) : manager.request(names, options, work));
  } finally {
    for (const belief of beliefs) session.town.judge.ended(belief);
  }
}

/** By `acquire()`: the user releases the locks. */
async function byHandle(manager: LockManager, { names, options }: Options, session: Session): Promise<void> {
  const got = names.length === 1
    ? await manager.acquire(names[0] ?? "", options)
    : await manager.acquire(names, options);
  if (got === null) return refused(session);
  const locks = Array.isArray(got) ? got as readonly Lock[] : [got as Lock];
  const beliefs = session.town.judge.granted(session.ask, locks);
  await hold(session, locks);
  const released = Promise.allSettled(locks.map((lock) => lock.release()));
  for (const belief of beliefs) session.town.judge.ended(belief);
  for (const each of await released) if (each.status === "rejected") throw each.reason;
}

/** Works under locks: for a while, or until one of them is over, or longer than that. */
async function hold({ ask, town }: Session, locks: readonly Lock[]): Promise<void> {
  const { node } = ask;
  const { chance, climate, timeline, weather } = town;
  const until = timeline.now + (town.troubled ? climate.hold : climate.calmHold) * chance.next();
  town.note(node.name, () => `user: #${ask.id} holds ${locks.map(({ token }) => token)}`);
  while ((timeline.now < until || town.still) && !town.over && locks.every(({ signal }) => !signal.aborted)) {
    await node.sleep(chance.between(1, ATTENTION));
  }
  if (weather.hit("work overdue")) await node.sleep(chance.between(0, 500));
  for (const { signal: { aborted, reason } } of locks) {
    const typed = reason instanceof LeaseLostError || reason instanceof LeaseReleasedError;
    if (aborted && !typed) town.judge.blame(`Q5: #${ask.id} gets a lock signal with the reason ${reason}`);
  }
  ask.leaves = true;
  town.note(node.name, () => `user: #${ask.id} lets go`);
}

/** A request that tries once got nothing. */
function refused({ ask, town }: Session): void {
  town.judge.refused(ask);
  town.note(ask.node.name, () => `user: #${ask.id} gets null`);
}

/** Returns what is wrong with the error of a request; `null` if it is explained. */
function wrongError({ wish, id, givenUp }: Ask, error: unknown): string | null {
  if (error === GIVEN_UP) return givenUp ? null : `request ${id} ends as given up, but it had its lock`;
  if (error instanceof AcquireTimeoutError) return wish.timeout === null ? `request ${id} ends by a timeout` : null;
  if (error instanceof BadParameterError) return wish.limit === null ? `request ${id} gets ${error.message}` : null;
  if (error instanceof DOMException && error.name === "AbortError") return null;
  if (error instanceof LockerClosedError || error instanceof NatslockError) return null;
  return `request ${id} gets ${(error as Error)?.stack ?? error}`;
}
