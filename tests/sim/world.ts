/**
 * A small world for exhaustive search: the shipped state machine of two clients, one key, a network that delays and
 * loses, a server that expires. Time goes in whole steps, without end.
 *
 * @module
 */

import type { LeaseEvent, LeaseState } from "../../src/lease/model.ts";
import { initialState, isHeld } from "../../src/lease/state.ts";
import type { Message, Standing } from "./network.ts";

/** How often a client may do what costs. */
export interface Budget {
  /** Asks for a grant. */
  readonly starts: number;
  /** Asks for a renewal. */
  readonly renewals: number;
  /** Gives up what it has or wants. */
  readonly leaves: number;
  /** Goes without the answer to a request: it waits in vain, nobody takes the request, or it meets another write. */
  readonly retries: number;
  /** Is pushed what stands under the key. */
  readonly hints: number;
}

/** What bounds the search. Times are steps. */
export interface Bounds {
  readonly ttl: number;
  readonly margin: number;
  readonly markerTtl: number;
  /** One for each client. */
  readonly budgets: readonly Budget[];
}

/** One client: its machine, and what the keeper around it knows. */
export interface Client {
  readonly state: LeaseState;
  /** Which request's answer is awaited. */
  readonly waits: Message["act"] | null;
  /** The answer, if it is there. */
  readonly inbox: LeaseEvent | null;
  /** True while the machine waits to try again. */
  readonly paused: boolean;
  readonly left: Budget;
}

/** One state of all of it. */
export interface World {
  readonly now: number;
  /** CachedRequest revision given out. */
  readonly sequence: number;
  /** Highest fencing token of all grants so far. */
  readonly highest: number;
  readonly standing: Standing | null;
  readonly net: readonly Message[];
  readonly clients: readonly Client[];
  /** The rule that the move into this world broke. */
  readonly broken: string | null;
}

/** The one stream there is. */
export const EPOCH = "e";

/** A client's UUID. */
export const idOf = (client: number): string => `holder-${client}`;

/** The world before anything has happened. */
export function beginning(bounds: Bounds): World {
  const clients = bounds.budgets.map((left): Client => (
    { state: initialState(EPOCH), waits: null, inbox: null, paused: false, left }
  ));
  return { now: 0, sequence: 0, highest: 0, standing: null, net: [], clients, broken: null };
}

/** True once a client can do nothing any more. */
export function isOver({ state, waits, left }: Client): boolean {
  return state.phase.at === "idle" && waits === null && left.starts === 0 && left.leaves === 0;
}

/** What is wrong with a world; `null` if nothing is. */
export function violation(world: World): string | null {
  if (world.broken !== null) return world.broken;
  const { now, standing, clients } = world;
  let holders = 0;
  for (let index = 0; index < clients.length; index++) {
    const { state, waits, paused } = clients[index] as Client;
    const { phase } = state;
    const busy = phase.at === "seeking" || phase.at === "leaving";
    if (busy && waits === null && !paused) return `V1: ${nameOf(index)} is ${phase.at} and waits for nothing`;
    if (phase.at !== "held" || !isHeld(state, now)) continue;
    if (++holders > 1) return "S1: two believe that they hold";
    if (standing?.client !== index || standing.attempt !== phase.attempt) {
      return `S4: ${nameOf(index)} holds, but its record does not stand`;
    }
  }
  return null;
}

/** What a client's move broke: no second request in flight, no token that goes back, no hold out of nothing. */
export function misstep(before: World, after: World, index: number): string | null {
  const old = (before.clients[index] as Client).state;
  const { state } = after.clients[index] as Client;
  const { phase } = state;
  if (phase.at === "held" && isHeld(state, after.now) && !isHeld(old, after.now)) {
    if (old.phase.at !== "seeking") return `L9: ${nameOf(index)} holds again what it had lost`;
    if (phase.token <= before.highest) return `S2: token ${phase.token} is granted after ${before.highest}`;
  }
  return phase.at === "idle" && old.phase.at !== "idle" ? leftBehind(after, index) : null;
}

/**
 * Who was refused or has let go leaves nothing that bars others: no record, no write that may land (L7, L8). A hold that
 * is lost before its time has no record any more (L6). What ran out of time, or could not be confirmed, runs out.
 */
function leftBehind({ clients, net, standing }: World, index: number): string | null {
  const { phase } = (clients[index] as Client).state;
  const end = phase.at === "idle" ? phase.end : null;
  const stands = standing?.client === index && standing.attempt !== null && !standing.excused;
  if (end?.kind === "lost" && (end.why === "superseded" || end.why === "removed")) {
    return stands ? `L6: ${nameOf(index)} is told that it lost, but its record stands` : null;
  }
  if (end?.kind !== "released" && end?.kind !== "withdrawn" && end?.kind !== "refused") return null;
  const it = `${nameOf(index)} is ${end.kind}`;
  if (stands) return `L8: ${it}, but its record stands`;
  const lurks = net.some(({ client, act, excused }) => client === index && act === "write" && !excused);
  return lurks ? `L7: ${it}, but a write of it may still land` : null;
}

/** A client's name for people. */
export const nameOf = (client: number): string => "AB"[client] ?? `${client}`;

/** A world for people. */
export function shown(world: World): string {
  const { standing } = world;
  const key = standing === null
    ? "key is empty"
    : `key ${standing.revision}: ${standing.attempt ?? "released"}, expires from ${standing.goneFrom}`;
  const net = world.net.map(({ act, expected, attempt, client, awaited }) =>
    `${awaited ? "" : "unawaited "}${act} of ${nameOf(client)} on ${expected}${attempt ? ` (${attempt})` : ""}`
  );
  const clients = world.clients.map((client, index) => `${nameOf(index)} ${clientOf(client)}`);
  return [...clients, key, ...(net.length > 0 ? [`net: ${net.join(", ")}`] : [])].join(" | ");
}

function clientOf({ state: { phase }, waits, inbox, paused }: Client): string {
  const facts: string[] = [phase.at];
  if (phase.at === "held") facts.push(`${phase.token} at ${phase.revision} until ${phase.validUntil}`);
  if (phase.at === "seeking") facts.push(`on ${phase.expected}${phase.doubt ? " in doubt" : ""}`);
  if (phase.at === "leaving") facts.push(`from ${phase.target}, ${phase.stake}`);
  if (phase.at === "idle" && phase.end) facts.push(phase.end.kind);
  if (waits) facts.push(inbox ? `answer ${inbox.on} to ${waits} is there` : `awaits ${waits}`);
  if (paused) facts.push("pauses");
  return facts.join(" ");
}
