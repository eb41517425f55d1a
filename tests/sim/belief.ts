/**
 * Beliefs: who believes that it holds the lock, and whether that is allowed.
 *
 * @module
 */

import type { Hold, Ledger } from "./ledger.ts";
import type { Node } from "./node.ts";
import { KEY, type Server } from "./server.ts";

/** A user's belief that it holds the lock. It is checked after each event. */
export interface Belief {
  readonly hold: Hold;
  /**
   * True if `believes()` only reads a state and does not check the clock. It counts only after all due timers have
   * fired.
   */
  readonly passive: boolean;
  believes(): boolean;
}

/** The facts that beliefs are compared with. */
interface Truth {
  readonly nodes: readonly Node[];
  readonly ledger: Ledger;
  readonly server: Server;
}

/** Returns the rule that the current beliefs break; `null` if they break none. */
export function wrongBelief({ nodes, ledger, server }: Truth, now: number): string | null {
  let holder: Hold | null = null;
  for (const { beliefs, runtime } of nodes) {
    if (beliefs.size === 0 || !runtime.runs) continue;
    for (const { hold, passive, believes } of beliefs) {
      // A holder in a stream that is gone must notice it in time. After that, the next holder has another stream.
      const overdue = ledger.isOverdue(hold, server, now) && hold.node.hold === hold;
      if ((ledger.isVoid(hold) && !overdue) || (passive && !runtime.prompt) || !believes()) continue;
      const { node: { name }, token, attempt, epoch } = hold;
      if (overdue) return `S1: ${name} still holds token ${token} of ${epoch}, which is gone`;
      if (holder !== null && holder.attempt !== attempt) {
        return `S1: ${holder.node.name} and ${name} hold at the same time, tokens ${holder.token} and ${token}`;
      }
      holder = hold;
      const standing = server.store.look(KEY);
      if (standing.kind === "held" && standing.record.attempt === attempt) continue;
      return `S4: ${name} holds token ${token}, but its record does not exist`;
    }
  }
  return null;
}
