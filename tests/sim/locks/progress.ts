/**
 * Progress after the faults: who has room in its queue holds soon, and nothing is left in a queue (Q5, Q6).
 *
 * @module
 */

import type { Place } from "../server.ts";
import { SESSION_TTL } from "./climate.ts";
import type { LocksJudge } from "./judge.ts";
import type { LocksServer } from "./locks_server.ts";
import { keepingOut, type Placed } from "./truth.ts";

/** Time in ms between two looks at all queues. */
const EVERY = 20;

/** Longest time in ms until a request with room holds: a push, a look of several pages, and a release before. */
const WAKING = 300;

/** Longest time in ms until a dead session is buried after its record is gone, and its tickets are removed. */
const BURYING = 1300;

/** Longest time in ms until a process looks again although nothing was pushed. */
const ROUND = 1.05 * SESSION_TTL + 300;

/** What is expected of a ticket: that it holds, or that it is removed. */
interface Due {
  readonly of: Placed;
  readonly since: number;
  readonly within: number;
  readonly rule: string;
}

/** Watches all queues after the end of the faults. */
export class Progress {
  readonly #place: Place;
  readonly #judge: LocksJudge;
  readonly #server: LocksServer;
  #due = new Map<string, Due>();
  #from = 0;

  constructor(place: Place, judge: LocksJudge, server: LocksServer) {
    this.#place = place;
    this.#judge = judge;
    this.#server = server;
  }

  /** Faults have ended. What was missed before is noticed one round later. */
  begin(): void {
    const { timeline } = this.#place;
    this.#from = timeline.now + ROUND;
    const next = () => {
      this.#look();
      timeline.after(EVERY, next);
    };
    next();
  }

  #look(): void {
    const { truth } = this.#judge;
    const { now } = this.#place.timeline;
    const due = new Map<string, Due>();
    for (const name of truth.names) {
      const queue = truth.queue(name);
      const living = queue.filter(({ session }) => truth.lives(session));
      for (const placed of living) {
        const rule = this.#expectation(placed, { queue, living });
        if (rule === null) continue;
        const id = `${rule} ${placed.place}`;
        const within = this.#within(placed, rule);
        const known = this.#due.get(id) ?? { of: placed, since: now, within, rule };
        due.set(id, known);
        const late = now - Math.max(known.since, this.#from) - known.within;
        if (late > 0) {
          this.#judge.blame(`${rule}: ticket ${placed.place} of ${placed.node?.name} for ${now - known.since} ms`);
        }
      }
    }
    this.#due = due;
  }

  #within(_: Placed, rule: string): number {
    const round = this.#server.losesPushes ? ROUND : 0;
    if (rule === ORPHAN) return 2 * ROUND;
    return round + (rule === BURIED ? BURYING : WAKING);
  }

  /** Returns what has to happen to a stored ticket of a living session; `null` if nothing has to. */
  #expectation(
    placed: Placed,
    { queue, living }: { queue: readonly Placed[]; living: readonly Placed[] },
  ): string | null {
    const { node, name, place, ask } = placed;
    if (node === null || node.runtime.dead) return null;
    const before = (list: readonly Placed[]) => list.filter((each) => each.place < place);
    const several = [...node.asks].find((each) => each.wish.names.length > 1 && each.wish.names.includes(name));
    const active = ask?.ended === false ? ask : several;
    if (active === undefined) return ORPHAN;
    if (!active.waits || active.wish.names.length > 1) return null;
    if (keepingOut(placed.claim, before(living)).length > 0) return null;
    return keepingOut(placed.claim, before(queue)).length > 0 ? BURIED : HOLDS;
  }
}

const HOLDS = "Q6: a request with room does not hold";
const BURIED = "Q6: a request waits behind tickets of dead sessions";
const ORPHAN = "Q5: a ticket that no request knows stands";
