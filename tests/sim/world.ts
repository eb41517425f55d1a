/**
 * A small world for exhaustive search: the shipped state machine of several clients, one key, a network that delays and
 * loses, a server that expires. Time goes in whole steps.
 *
 * @module
 */

import { ConnectionError } from "../../src/errors.ts";
import type { LeaseEvent, LeaseRules, LeaseState } from "../../src/lease_model.ts";
import { isHeld, step, vacantState } from "../../src/lease_state.ts";
import type { Sighting } from "../../src/record.ts";
import { given, type Message, messageOf } from "./network.ts";

/** How often a client may begin, renew, leave, and wait in vain. */
export interface Budget {
  readonly starts: number;
  readonly renewals: number;
  readonly leaves: number;
  readonly timeouts: number;
}

/** What bounds the search. Times are steps. */
export interface Bounds {
  readonly ttl: number;
  readonly margin: number;
  readonly markerTtl: number;
  /** The last step. */
  readonly until: number;
  /** One for each client. */
  readonly budgets: readonly Budget[];
}

type Step = typeof step;

/** What stands under the key; `attempt` is `null` for the mark of a release. */
interface Standing {
  readonly revision: number;
  readonly client: number;
  readonly attempt: string | null;
  readonly goneFrom: number;
}

interface Client {
  readonly state: LeaseState;
  /** Which request's answer is awaited. */
  readonly waits: Message["act"] | null;
  readonly inbox: LeaseEvent | null;
  readonly paused: boolean;
  readonly left: Budget;
}

/** One state of all of it. */
export interface World {
  readonly now: number;
  readonly sequence: number;
  readonly standing: Standing | null;
  readonly net: readonly Message[];
  readonly clients: readonly Client[];
}

const epoch = "e";
const error = new ConnectionError("timeout", "no answer");

/** The world before anything has happened. */
export function beginning(bounds: Bounds): World {
  const clients = bounds.budgets.map((left): Client => ({
    state: vacantState(epoch),
    waits: null,
    inbox: null,
    paused: false,
    left,
  }));
  return { now: 0, sequence: 0, standing: null, net: [], clients };
}

/** What is wrong with a world; `null` if nothing is. */
export function violation(world: World): string | null {
  const holders = world.clients.filter(({ state }) => isHeld(state, world.now));
  if (holders.length > 1) return "S1: two believe that they hold";
  for (const [index, { state }] of world.clients.entries()) {
    const { phase } = state;
    if (phase.at !== "held" || !isHeld(state, world.now)) continue;
    const { standing } = world;
    if (standing?.client !== index || standing.attempt !== phase.attempt) {
      return "S4: held, but its record does not stand";
    }
  }
  return null;
}

/** All that can happen next, each with a name. */
export class Explorer {
  readonly #bounds: Bounds;
  readonly #step: Step;

  /** `machine` stands in for the shipped function in a test of the search itself. */
  constructor(bounds: Bounds, machine: Step = step) {
    this.#bounds = bounds;
    this.#step = machine;
  }

  /** Every world that can follow. */
  *next(world: World): Generator<readonly [name: string, world: World]> {
    const { now, standing } = world;
    if (now < this.#bounds.until) yield ["time", { ...world, now: now + 1 }];
    if (standing !== null && now >= standing.goneFrom) yield ["expire", { ...world, standing: null }];
    for (const [index, message] of world.net.entries()) {
      yield [`deliver ${message.act} of ${message.client}`, this.#deliver(world, index)];
    }
    for (const index of world.clients.keys()) yield* this.#client(world, index);
  }

  *#client(world: World, index: number): Generator<readonly [string, World]> {
    const { state, waits, inbox, paused, left } = world.clients[index] as Client;
    const { at } = state.phase;
    if (inbox !== null) yield [`${index} receives`, this.#post(world, index, inbox)];
    if (waits !== null && left.timeouts > 0) {
      const on = waits === "read" ? "failed" as const : "unknown" as const;
      yield [`${index} waits in vain`, this.#post(spend(world, index, "timeouts"), index, { on, error, epoch })];
    }
    if (left.starts > 0 && waits === null && (at === "idle" || (at === "held" && !isHeld(state, world.now)))) {
      const over = this.#post(spend(world, index, "starts"), index, { on: "tick" });
      yield [`${index} starts`, this.#post(over, index, { on: "start", since: 0, epoch })];
    }
    if (left.renewals > 0 && waits === null && isHeld(state, world.now)) {
      yield [`${index} renews`, this.#post(spend(world, index, "renewals"), index, { on: "renew" })];
    }
    if (left.leaves > 0 && (at === "seeking" || at === "held")) {
      yield [`${index} leaves`, this.#post(spend(world, index, "leaves"), index, { on: "leave" })];
    }
    if (paused && waits === null) yield [`${index} tries again`, this.#post(world, index, { on: "retry" })];
  }

  /** One step of a client's machine, and what it wants done. */
  #post(world: World, index: number, event: LeaseEvent): World {
    const before = world.clients[index] as Client;
    const answered = event.on === "applied" || event.on === "conflict" || event.on === "seen" ||
      event.on === "failed" ||
      event.on === "unknown";
    const { state, effects } = this.#step(before.state, event, world.now, this.#rules(index));
    const request = effects.find((effect) =>
      effect.act === "write" || effect.act === "read" || effect.act === "remove"
    );
    const message = request ? messageOf(request, index) : null;
    const client: Client = {
      ...before,
      state,
      waits: message?.act ?? (answered ? null : before.waits),
      inbox: answered ? null : before.inbox,
      paused: message === null && (effects.some(({ act }) => act === "pause") || (before.paused && !answered)),
    };
    // What is under way without anybody waiting matters only if it may still be written.
    const old = answered ? world.net.flatMap((sent) => given(sent, index)) : world.net;
    const net = message ? [...old, message] : old;
    return { ...world, net, clients: world.clients.with(index, client) };
  }

  /** The server carries a message out; its answer waits with the client, if that still waits for it. */
  #deliver(world: World, at: number): World {
    const message = world.net[at] as Message;
    const rest = { ...world, net: world.net.toSpliced(at, 1) };
    const [after, inbox] = this.#carryOut(rest, message);
    const client = after.clients[message.client] as Client;
    if (!message.awaited) return after;
    return { ...after, clients: after.clients.with(message.client, { ...client, inbox }) };
  }

  #carryOut(world: World, message: Message): [World, LeaseEvent] {
    const { standing, now } = world;
    const revision = standing?.revision ?? 0;
    if (message.act === "read") {
      return [world, { on: "seen", sighting: sightingOf(standing), fresh: message.fresh, epoch }];
    }
    if (revision !== message.expected) return [world, { on: "conflict", current: revision, epoch }];
    const { ttl, markerTtl } = this.#bounds;
    const next: Standing = {
      revision: world.sequence + 1,
      client: message.client,
      attempt: message.attempt,
      goneFrom: now + (message.attempt === null ? markerTtl : ttl),
    };
    const applied: LeaseEvent = { on: "applied", revision: next.revision, epoch };
    return [{ ...world, sequence: next.revision, standing: next }, applied];
  }

  #rules(index: number): LeaseRules {
    const { ttl, margin, markerTtl } = this.#bounds;
    return { id: idOf(index), instance: `${index}`, ttl, margin, markerTtl };
  }
}

function spend(world: World, index: number, what: keyof Client["left"]): World {
  const client = world.clients[index] as Client;
  const left = { ...client.left, [what]: client.left[what] - 1 };
  return { ...world, clients: world.clients.with(index, { ...client, left }) };
}

function sightingOf(standing: Standing | null): Sighting {
  if (standing === null) return { kind: "vacant", revision: 0 };
  const { revision, client, attempt } = standing;
  if (attempt === null) return { kind: "vacant", revision };
  const record = { holder: idOf(client), attempt, token: null, name: "", since: null, ttl: null, meta: {} };
  return { kind: "held", revision, record };
}

const idOf = (index: number): string => `holder-${index}`;
