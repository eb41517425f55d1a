/**
 * Those who only watch: each term in order, and the newest in the end (S10).
 *
 * @module
 */

import { NatslockError } from "../../mod.ts";
import type { Node } from "./node.ts";
import type { Town } from "./users.ts";

/** One who follows the lock on a node's Locker. */
export class Follower {
  readonly node: Node;
  /** Token seen last; `null` = vacant, `undefined` = nothing yet. */
  last: number | null | undefined = undefined;
  /** False once it ended, which it may only with the Locker or the connection. */
  following = true;

  constructor(node: Node) {
    this.node = node;
  }
}

/** Follows who leads until the Locker is closed; then the next Locker of the node. */
export function follow(node: Node, town: Town): Follower {
  const follower = new Follower(node);
  const run = async () => {
    let highest = 0;
    for await (const leader of node.locker.observe()) {
      follower.last = leader?.token ?? null;
      // After a disaster revisions may begin anew, and Leadership does not say in which epoch it stands.
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
