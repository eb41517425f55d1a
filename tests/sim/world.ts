/**
 * A small world for exhaustive search: the shipped state machine of two clients, one key, a network that delays and
 * loses messages, and a server that expires records. Time advances in whole steps, without end.
 *
 * @module
 */

import type { LeaseEvent, LeaseState } from "../../src/lease/model.ts";
import { initialState, isHeld } from "../../src/lease/state.ts";
import type { Message, Standing } from "./network.ts";

/** How often a client may do each thing that enlarges the search. */
export interface Budget {
  /** Requests for a grant. */
  readonly starts: number;
  /** Renewals. */
  readonly renewals: number;
  /** Releases, and cancelled attempts. */
  readonly leaves: number;
  /** Requests without a result: no answer comes, no server responds, or another write is in flight. */
  readonly retries: number;
  /** Pushed changes of the key. */
  readonly hints: number;
}

/** Bounds of the search. Times are in steps. */
export interface Bounds {
  readonly ttl: number;
  readonly margin: number;
  readonly markerTtl: number;
  /** One budget for each client. */
  readonly budgets: readonly Budget[];
}

/** One client: its state machine, and what the keeper around the machine knows. */
export interface Client {
  readonly state: LeaseState;
  /** The kind of request whose answer the client waits for. */
  readonly waits: Message["act"] | null;
  /** The answer, if it has arrived. */
  readonly inbox: LeaseEvent | null;
  /** True while the machine waits before it tries again. */
  readonly paused: boolean;
  readonly left: Budget;
}

/** One state of the whole world. */
export interface World {
  readonly now: number;
  /** Latest revision of the bucket. */
  readonly sequence: number;
  /** Highest fencing token of all grants so far. */
  readonly highest: number;
  readonly standing: Standing | null;
  readonly net: readonly Message[];
  readonly clients: readonly Client[];
  /** The rule that the move into this world broke. */
  readonly broken: string | null;
}

/** Epoch of the only stream. */
export const EPOCH = "e";

/** A client's UUID. */
export const idOf = (client: number): string => `holder-${client}`;

/** The world at the start. */
export function beginning(bounds: Bounds): World {
  const clients = bounds.budgets.map((left): Client => (
    { state: initialState(EPOCH), waits: null, inbox: null, paused: false, left }
  ));
  return { now: 0, sequence: 0, highest: 0, standing: null, net: [], clients, broken: null };
}

/** True if the client cannot do anything more. */
export function isOver({ state, waits, left }: Client): boolean {
  return state.phase.at === "idle" && waits === null && left.starts === 0 && left.leaves === 0;
}

/** Returns the rule that a world breaks; `null` if it breaks none. */
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
    if (++holders > 1) return "S1: two clients hold at the same time";
    if (standing?.client !== index || standing.attempt !== phase.attempt) {
      return `S4: ${nameOf(index)} holds, but its record does not exist`;
    }
  }
  return null;
}

/**
 * Returns the rule that a client's move breaks: a token that does not increase, a hold without a grant, or something
 * left behind. `null` if it breaks none.
 */
export function misstep(before: World, after: World, index: number): string | null {
  const old = (before.clients[index] as Client).state;
  const { state } = after.clients[index] as Client;
  const { phase } = state;
  if (phase.at === "held" && isHeld(state, after.now) && !isHeld(old, after.now)) {
    if (old.phase.at !== "seeking") return `L9: ${nameOf(index)} holds a lease again that it had lost`;
    if (phase.token <= before.highest) return `S2: token ${phase.token} is granted after ${before.highest}`;
  }
  return phase.at === "idle" && old.phase.at !== "idle" ? leftBehind(after, index) : null;
}

/**
 * A client that was refused or has released must leave nothing that keeps others out: no record, and no write that may
 * still be stored (L7, L8). A hold that is lost as superseded or removed must have no record (L6). A record whose lease
 * expired, or whose removal could not be confirmed, expires by itself.
 */
function leftBehind({ clients, net, standing }: World, index: number): string | null {
  const { phase } = (clients[index] as Client).state;
  const end = phase.at === "idle" ? phase.end : null;
  const stands = standing?.client === index && standing.attempt !== null && !standing.excused;
  if (end?.kind === "lost" && (end.why === "superseded" || end.why === "removed")) {
    return stands ? `L6: ${nameOf(index)} has lost its lease, but its record still exists` : null;
  }
  if (end?.kind !== "released" && end?.kind !== "withdrawn" && end?.kind !== "refused") return null;
  const it = `${nameOf(index)} is ${end.kind}`;
  if (stands) return `L8: ${it}, but its record still exists`;
  const lurks = net.some(({ client, act, excused }) => client === index && act === "write" && !excused);
  return lurks ? `L7: ${it}, but a write of it may still be stored` : null;
}

/** A client's name in messages. */
export const nameOf = (client: number): string => "AB"[client] ?? `${client}`;

/** Describes a world in one line of text. */
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
