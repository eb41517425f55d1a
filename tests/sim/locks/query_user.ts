/**
 * Queries, and what their snapshots must show (Q9).
 *
 * @module
 */

import { NatslockError } from "../../../src/base/errors.ts";
import type { Lock } from "../../../src/locks/lock.ts";
import type { LockSnapshot } from "../../../src/locks/query.ts";
import type { Ask } from "./ask.ts";
import type { LocksNode } from "./locks_node.ts";
import type { LocksTown } from "./locks_users.ts";
import { SESSION_TTL } from "./climate.ts";
import { keepingOut, type Placed } from "./truth.ts";

/**
 * How long after a renewal was stored its session is valid for certain, in ms: not if it was sent long before. The
 * tickets of a session that is over need not be shown.
 */
const CERTAIN = 0.6 * SESSION_TTL;

/** Takes a snapshot and checks it. */
export async function query(node: LocksNode, town: LocksTown): Promise<void> {
  const { manager } = node;
  const own = [...node.asks].filter((ask) => ask.manager === manager && ask.wish.names.length === 1);
  const { era } = town.server;
  const held = town.judge.heldBy(manager);
  try {
    const snapshot = await manager.query();
    const isComparable = node.manager === manager && town.server.era === era;
    const wrong = misordered(snapshot) ??
      (isComparable ? missing(snapshot, own, town) ?? unheld(snapshot, held, town) : null);
    if (wrong !== null) town.judge.blame(`Q9: ${node.name} queries, and ${wrong}`);
    town.judge.count("query");
  } catch (error) {
    if (!(error instanceof NatslockError)) {
      town.judge.blame(`Q9: ${node.name} gets ${(error as Error)?.stack ?? error}`);
    }
  }
}

/** The requests of each lock are in the order of their places. */
function misordered({ held, pending }: LockSnapshot): string | null {
  const queues = new Map<string, number[]>();
  for (const list of [held, pending]) {
    queues.clear();
    for (const { name, token } of list) {
      const before = queues.get(name) ?? [];
      queues.set(name, [...before, token]);
      if (before.some((each) => each >= token)) return `token ${token} is not in the order of its queue`;
    }
  }
  return null;
}

/** A lock that the manager held before, and still holds, is shown as held, unless it was stolen. */
function unheld({ held }: LockSnapshot, locks: readonly Lock[], { judge: { truth } }: LocksTown): string | null {
  const tokens = new Set(held.map(({ token }) => token));
  const stands = ({ token }: Lock): boolean => {
    const placed = truth.at(token);
    return placed !== undefined && truth.stands(placed);
  };
  const wrong = locks.find((lock) => lock.held && !tokens.has(lock.token) && stands(lock));
  return wrong === undefined ? null : `its own lock with token ${wrong.token} is not shown as held`;
}

/** A request that was made before and goes on is shown, if it still has the same ticket. */
function missing({ held, pending }: LockSnapshot, own: readonly Ask[], town: LocksTown): string | null {
  const { judge, timeline: { now } } = town;
  const isSure = ({ session }: Placed) => now < (judge.truth.sessions.get(session)?.wroteAt ?? 0) + CERTAIN;
  const shown = new Set([...held, ...pending].map(({ token }) => token));
  for (const ask of own) {
    if (ask.ended || ask.leaves || ask.givenUp || ask.tickets !== 1) continue;
    const [name = ""] = ask.wish.names;
    const placed = judge.truth.queue(name).filter((each) => each.ask === ask && isSure(each));
    if (placed.length > 0 && !placed.some(({ place }) => shown.has(place))) {
      return `request ${ask.id} with ticket ${placed[0]?.place} is missing`;
    }
  }
  for (const { name, token, mode, limit, weight } of held) {
    const others = judge.truth.queue(name).filter((each) => each.place < token && shown.has(each.place));
    const claim = { exclusive: mode === "exclusive", limit: limit ?? Infinity, weight };
    if (keepingOut(claim, others).length > 0) return `token ${token} is held although others stand before it`;
  }
  return null;
}
