/**
 * Progress after the faults: who has room in its queue holds soon, and nothing is left in a queue (Q5, Q6).
 *
 * @module
 */

import type { Place } from "../server.ts";
import type { Ask } from "./ask.ts";
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

/**
 * Longest time in ms until a request has a ticket after its session was over, or after it was told that its ticket had
 * been removed.
 */
const QUEUEING = 600;

/** Watches all queues after the end of the faults. */
export class Progress {
  readonly #place: Place;
  readonly #judge: LocksJudge;
  readonly #server: LocksServer;
  /** Since when each thing is due. */
  #due = new Map<string, number>();
  #from = 0;

  constructor(place: Place, judge: LocksJudge, server: LocksServer) {
    this.#place = place;
    this.#judge = judge;
    this.#server = server;
  }

  /** Pushes come again. What was missed before is noticed one round later. */
  heard(): void {
    this.#from = this.#place.timeline.now + ROUND;
  }

  /** Faults have ended. */
  begin(): void {
    const { timeline } = this.#place;
    this.heard();
    const next = () => {
      this.#look();
      timeline.after(EVERY, next);
    };
    next();
  }

  #look(): void {
    const { truth, asks } = this.#judge;
    const due = new Map<string, number>();
    const queued = new Set<Ask | null>();
    for (const name of truth.names) {
      const queue = truth.queue(name);
      const living = queue.filter(({ session }) => truth.lives(session));
      for (const placed of living) {
        queued.add(placed.ask);
        const rule = this.#expectation(placed, { queue, living });
        if (rule === null) continue;
        this.#isDue(due, `${rule}: ticket ${placed.place} of ${placed.node?.name}`, this.#within(rule));
      }
    }
    // To open a session can take long: the first request for the bucket's settings may have been lost.
    const isOpen = ([id, { isStray }]: readonly [string, { isStray: boolean }]) => !isStray && truth.lives(id);
    const open = new Set([...truth.sessions].filter(isOpen).map(([, { node }]) => node));
    for (const ask of asks.values()) {
      const { node: { runtime }, wish: { names } } = ask;
      if (!ask.waits || queued.has(ask) || runtime.dead || !open.has(ask.node) || names.length > 1) continue;
      this.#isDue(due, `${TICKETLESS}: ${ask.node.name}#${ask.id}`, this.#within(TICKETLESS));
    }
    this.#due = due;
  }

  /** Notes that something is due, and blames the run if it has been due for too long. */
  #isDue(due: Map<string, number>, what: string, within: number): void {
    const { now } = this.#place.timeline;
    const since = this.#due.get(what) ?? now;
    due.set(what, since);
    if (now - Math.max(since, this.#from) > within) this.#judge.blame(`${what} for ${now - since} ms`);
  }

  #within(rule: string): number {
    const round = this.#server.losesPushes ? ROUND : 0;
    if (rule === ORPHAN) return 2 * ROUND;
    return round + ({ [BURIED]: BURYING, [TICKETLESS]: QUEUEING }[rule] ?? WAKING);
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
const TICKETLESS = "Q5: a request waits without a ticket of a living session";
const ORPHAN = "Q5: a ticket that no request knows stands";
