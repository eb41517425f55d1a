/**
 * Who believes to hold, and whether that may be.
 *
 * @module
 */

import type { Hold, Ledger } from "./ledger.ts";
import type { Node } from "./node.ts";
import { KEY, type Server } from "./server.ts";

/** That somebody believes to hold; asked at each event. */
export interface Belief {
  readonly hold: Hold;
  /** True if asking changes nothing, so that it speaks only once all timers that are due have fired. */
  readonly passive: boolean;
  believes(): boolean;
}

/** What beliefs are held against. */
interface Truth {
  readonly nodes: readonly Node[];
  readonly ledger: Ledger;
  readonly server: Server;
}

/** What is wrong with what is believed now; `null` if nothing is. */
export function wrongBelief({ nodes, ledger, server }: Truth, now: number): string | null {
  let holder: Hold | null = null;
  for (const { beliefs, runtime } of nodes) {
    if (beliefs.size === 0 || !runtime.runs) continue;
    for (const { hold, passive, believes } of beliefs) {
      // Who holds in a stream that is gone notices within one lease; after that the next holder is of another.
      const overdue = ledger.isOverdue(hold, server, now) && hold.node.hold === hold;
      if ((ledger.isVoid(hold) && !overdue) || (passive && !runtime.prompt) || !believes()) continue;
      const { node: { name }, token, attempt, epoch } = hold;
      if (overdue) return `S1: ${name} still holds ${token} of ${epoch}, which is gone`;
      if (holder !== null && holder.attempt !== attempt) {
        return `S1: ${holder.node.name} and ${name} hold at once, ${holder.token} and ${token}`;
      }
      holder = hold;
      const standing = server.store.look(KEY);
      if (standing.kind === "held" && standing.record.attempt === attempt) continue;
      return `S4: ${name} holds ${token}, but its record does not stand`;
    }
  }
  return null;
}
