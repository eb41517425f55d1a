/**
 * Followers, which only observe. Each must see the terms in order, and the newest one in the end (invariant S10).
 *
 * @module
 */

import { NatslockError } from "../../mod.ts";
import type { Node } from "./node.ts";
import type { Town } from "./users.ts";

/** An observer of the lock on the Locker of a node. */
export class Follower {
  readonly node: Node;
  /** Token seen last; `null` = vacant, `undefined` = nothing seen yet. */
  last: number | null | undefined = undefined;
  /** False after it ended. It may end only with the Locker or the connection. */
  following = true;

  constructor(node: Node) {
    this.node = node;
  }
}

/** Observes the leader until the Locker is closed, and then with the next Locker of the node. */
export function follow(node: Node, town: Town): Follower {
  const follower = new Follower(node);
  const run = async () => {
    let highest = 0;
    for await (const leader of node.locker.observe()) {
      follower.last = leader?.token ?? null;
      // After a disaster revisions may start again at 1, and Leadership does not name its epoch.
      const ordered = town.oracle.isWhole && !town.oracle.isMisled;
      if (leader !== null && leader.token < highest && ordered) {
        town.oracle.blame(`S10: ${node.name} sees ${leader.token} after ${highest}`);
      }
      highest = Math.max(highest, leader?.token ?? 0);
      await node.sleep(town.chance.between(0, 50));
    }
  };
  const again = async () => {
    while (!town.over) {
      try {
        await run();
      } catch (error) {
        if (!(error instanceof NatslockError)) town.oracle.blame(`S10: ${(error as Error)?.stack ?? error}`);
      }
      await node.sleep(50);
    }
    follower.following = false;
  };
  void again();
  return follower;
}
