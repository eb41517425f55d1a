/**
 * What happens to the key of a slot without the ticket: late requests, removals by others, time.
 *
 * @module
 */

import type { KeyState } from "../../../src/store/record.ts";
import type { Next } from "./explore_search.ts";
import { type Message, nameOf, nonceOf, NOTHING, performed, put, type Request } from "./explore_ticket_world.ts";
import { spent, type World } from "./explore_ticket_world.ts";

/** What happens without the ticket: late requests, others, time. */
export function elsewhere(world: World): Next<World>[] {
  const { key, late, budget, asked, stolen } = world;
  const moves: Next<World>[] = late.flatMap((request, at) => {
    const without = { ...world, late: late.toSpliced(at, 1) };
    const arrives = { name: `late ${nameOf(request)} arrives`, world: performed(without, request) };
    return [arrives, { name: `late ${nameOf(request)} is lost`, world: without }];
  });
  if (key.kind === "marker" && !key.isFence) moves.push({ name: "marker expires", world: put(world, NOTHING) });
  if (key.isFence && asked === null) {
    moves.push({ name: "an hour passes", world: { ...put(world, NOTHING), late: [] } });
  }
  if (key.kind === "ticket" && budget.thefts > 0) {
    const request: Request = { act: "remove", expected: key.revision, ticket: 0, attempt: 0, isFence: false };
    const after = performed(spent(world, "thefts"), request);
    moves.push({ name: "theft", world: { ...after, stolen: [...stolen, key.revision] } });
  }
  return [...new Map(moves.map((move) => [move.name, move])).values()];
}

/** Returns what a read of the message shows. */
export function keyStateOf({ kind, revision, ticket, attempt }: Message): KeyState {
  if (kind !== "ticket") return { kind: "vacant", revision };
  const record = {
    holder: "",
    attempt: nonceOf(ticket, attempt),
    token: null,
    name: "",
    since: null,
    ttl: null,
    meta: {},
  };
  return { kind: "held", revision, record };
}
