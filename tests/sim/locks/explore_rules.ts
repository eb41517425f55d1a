/**
 * Compares the rules of a queue with a naive definition, for every small queue.
 *
 * @module
 */

import { type Claim, QueueFront, UNREADABLE, type Verdict } from "../../../src/locks/queue_rules.ts";

/** The rules under test. */
export interface QueueRules {
  readonly QueueFront: typeof QueueFront;
  readonly UNREADABLE: Claim;
}

/** The shipped rules. */
export const QUEUE_RULES: QueueRules = { QueueFront, UNREADABLE };

const EXCLUSIVE: Claim = { mode: "exclusive", limit: null, weight: 1 };
const LIMITS: readonly (readonly [limit: number | null, weight: number])[] = [
  [null, 1],
  [1, 1],
  [2, 1],
  [2, 2],
  [3, 1],
  [3, 2],
];
const SHARED = LIMITS.map(([limit, weight]): Claim => ({ mode: "shared", limit, weight }));

/** The naive definition: `null` if another limit stands before. */
function hasRoom(before: readonly Claim[], own: Claim): boolean | null {
  if (own.mode === "exclusive") return before.length === 0;
  const others = before.filter(({ mode }) => mode === "shared");
  if (others.some(({ limit }) => limit !== own.limit)) return null;
  const sum = others.reduce((all, { weight }) => all + weight, own.weight);
  return others.length === before.length && (own.limit === null || sum <= own.limit);
}

/** Compares all queues of up to `length` tickets. Returns their number, and what is wrong in the first wrong one. */
export function compareRules(
  length: number,
  rules: QueueRules = QUEUE_RULES,
): { queues: number; fault: string | null } {
  let queues = 0;
  // An unreadable ticket means "exclusive" in the definition, whatever the rules make of it.
  const kinds = [EXCLUSIVE, ...SHARED, null];
  let open: (Claim | null)[][] = [[]];
  for (let before = 0; before < length; before++) {
    for (const queue of open) {
      for (const own of [EXCLUSIVE, ...SHARED]) {
        queues++;
        const wrong = compare(queue, own, rules);
        if (wrong !== null) return { queues, fault: `${wrong}: ${JSON.stringify([...queue, own])}` };
      }
    }
    open = open.flatMap((queue) => kinds.map((kind) => [...queue, kind]));
  }
  return { queues, fault: null };
}

function compare(queue: readonly (Claim | null)[], own: Claim, rules: QueueRules): string | null {
  const tickets = queue.map((claim, place) => ({ ...(claim ?? rules.UNREADABLE), place }));
  const front = new rules.QueueFront<Claim & { readonly place: number }>();
  for (const ticket of tickets) front.add(ticket);
  const verdict: Verdict<Claim & { readonly place: number }> = front.verdict(own);
  const meant = queue.map((claim) => claim ?? EXCLUSIVE);
  const room = hasRoom(meant, own);
  const kind = room === null ? "mismatch" : room ? "room" : "blocked";
  if (verdict.kind !== kind) return `"${verdict.kind}" instead of "${kind}"`;
  if (verdict.kind === "mismatch") {
    const { mode, limit } = verdict.by[0];
    return mode === "shared" && limit !== own.limit ? null : "The other ticket has no other limit";
  }
  return verdict.kind === "blocked" ? compareBlockers(verdict.by.map(({ place }) => place), meant, own) : null;
}

/** The tickets in `by` block by themselves, and without the first of them they do not: nobody is woken for nothing. */
function compareBlockers(by: readonly number[], meant: readonly Claim[], own: Claim): string | null {
  const some = (isThere: (place: number) => boolean) => hasRoom(meant.filter((_, place) => isThere(place)), own);
  for (let others = 0; others < 2 ** meant.length; others++) {
    if (some((place) => by.includes(place) || (others >> place & 1) === 1)) return "There is room while they all stand";
  }
  const isFutile = meant.some(({ mode }, place) =>
    place > (by[0] ?? 0) && !by.includes(place) && (mode === "exclusive" || own.mode === "exclusive")
  );
  if (isFutile) return "A nearer ticket blocks as well, so the end of the watched one wakes for nothing";
  return some((place) => by.slice(1).includes(place)) ? null : "More tickets are watched than needed";
}
