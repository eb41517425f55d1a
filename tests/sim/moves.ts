/**
 * All moves that can happen in the small world of the exhaustive search.
 *
 * @module
 */

import type { LeaseEvent, LeaseRules } from "../../src/lease/model.ts";
import { isHeld, step } from "../../src/lease/state.ts";
import { givenUp, isRequest, type Message, messageOf, movedOn, type Standing } from "./network.ts";
import { eventOf, isAnswer, type Prompt, saidOf, sightingOf, spent } from "./prompts.ts";
import { Steps } from "./steps.ts";
import { type Bounds, type Client, EPOCH, idOf, isOver, misstep, nameOf, type World } from "./world.ts";

/** Replacements for shipped parts, for tests of the search itself. */
export interface Parts {
  /** Default: the shipped function. */
  readonly machine?: typeof step;
  /** Whether the server compares the revision that a write expects. Default: true. */
  readonly compares?: boolean;
}

/** One move. `at` is the index of a client, or of a message in the network. */
export interface Move {
  readonly kind: "deliver" | "receive" | "expire" | "time" | Prompt;
  readonly at: number;
}

/** The rules of the small world. */
export class Moves {
  readonly #bounds: Bounds;
  readonly #step: typeof step;
  readonly #compares: boolean;
  readonly #rules: readonly LeaseRules[];
  /** The steps of the machine so far. */
  readonly steps = new Steps();

  /** Creates the rules for these bounds. */
  constructor(bounds: Bounds, parts: Parts = {}) {
    this.#bounds = bounds;
    this.#step = parts.machine ?? step;
    this.#compares = parts.compares ?? true;
    const { ttl, margin, markerTtl } = bounds;
    this.#rules = bounds.budgets.map((_, at) => ({ id: idOf(at), instance: nameOf(at), ttl, margin, markerTtl }));
  }

  /** Returns every move that can happen next. */
  from(world: World): Move[] {
    const { net, standing, now, clients } = world;
    const moves: Move[] = [];
    for (let at = 0; at < net.length; at++) {
      const { awaited, expected } = net[at] as Message;
      // A message that nobody waits for and that would be refused changes nothing, so its delivery is not a move.
      if (awaited || expected === (standing?.revision ?? 0)) moves.push({ kind: "deliver", at });
    }
    for (let at = 0; at < clients.length; at++) this.#ofClient(world, at, moves);
    if (standing !== null && now >= standing.goneFrom) moves.push({ kind: "expire", at: 0 });
    moves.push({ kind: "time", at: 0 });
    return moves;
  }

  #ofClient({ clients, net, now }: World, at: number, moves: Move[]): void {
    const client = clients[at] as Client;
    if (isOver(client)) return;
    const { state, waits, inbox, paused, left } = client;
    const { phase } = state;
    const holds = isHeld(state, now);
    if (inbox !== null) moves.push({ kind: "receive", at });
    if (waits === null && phase.at === "idle" && left.starts > 0) moves.push({ kind: "start", at });
    if (waits === null && paused) moves.push({ kind: "retry", at });
    if (waits === null && holds && left.renewals > 0) moves.push({ kind: "renew", at });
    if (phase.at === "held" && !holds) moves.push({ kind: "tick", at });
    if (left.leaves > 0 && phase.at !== "leaving") moves.push({ kind: "leave", at });
    if (left.hints > 0) moves.push({ kind: "hint", at });
    if (waits === null || left.retries === 0) return;
    moves.push({ kind: "timeout", at });
    if (waits === "read" || !net.some(({ client, awaited }) => client === at && awaited)) return;
    moves.push({ kind: "refusal", at }, { kind: "clash", at });
  }

  /** Returns the world after a move. */
  after(world: World, { kind, at }: Move): World {
    switch (kind) {
      case "time":
        return { ...world, now: world.now + 1 };
      case "expire":
        return { ...world, standing: null, net: movedOn(world.net, 0) };
      case "deliver":
        return this.#deliver(world, at);
      case "receive":
        return this.#post(world, at, (world.clients[at] as Client).inbox as LeaseEvent);
      default:
        return this.#post(spent(world, at, kind), at, eventOf(kind, world, at));
    }
  }

  /** Performs one step of a client's machine, and the effects that it asks for. */
  #post(world: World, index: number, event: LeaseEvent): World {
    const before = world.clients[index] as Client;
    const { state, effects } = this.#step(before.state, event, world.now, this.#rules[index] as LeaseRules);
    this.steps.count(before.state.phase.at, event.on, state.phase.at);
    const answers = isAnswer(event);
    const requests = effects.filter(isRequest);
    const [request] = requests;
    const rests = before.paused && !answers && state.phase.at === before.state.phase.at;
    const client: Client = {
      state,
      waits: request?.act ?? (answers ? null : before.waits),
      inbox: answers ? null : before.inbox,
      paused: !request && (rests || effects.some(({ act }) => act === "pause")),
      left: before.left,
    };
    const revision = world.standing?.revision ?? 0;
    const old = answers ? givenUp(world.net, index, revision) : world.net;
    const net = request ? [...old, messageOf(request, index, revision)] : old;
    const after = { ...world, net, clients: world.clients.with(index, client) };
    const crowded = requests.length > (before.waits === null || answers ? 1 : 0);
    const broken = crowded ? `F1: ${nameOf(index)} has two requests in flight` : misstep(world, after, index);
    const granted = state.phase.at === "held" && before.state.phase.at !== "held" ? state.phase.token : 0;
    return { ...after, broken, highest: Math.max(world.highest, granted) };
  }

  /** The server performs a message. Its client receives the answer if it still waits for it. */
  #deliver(world: World, at: number): World {
    const message = world.net[at] as Message;
    const rest = { ...world, net: world.net.toSpliced(at, 1) };
    const { standing, clients } = world;
    const current = standing?.revision ?? 0;
    if (message.act === "read") {
      return answered(rest, message, {
        on: "seen",
        keyState: sightingOf(standing),
        ...message.fresh ? { checkedAt: Infinity } : {},
        epoch: EPOCH,
      });
    }
    if (this.#compares && current !== message.expected) {
      return answered(rest, message, { on: "conflict", current, epoch: EPOCH });
    }
    const { client, attempt, excused } = message;
    const revision = world.sequence + 1;
    const goneFrom = world.now + (attempt === null ? this.#bounds.markerTtl : this.#bounds.ttl);
    const next: Standing = { revision, client, attempt, goneFrom, excused };
    const ruined = standing !== null && standing.attempt !== null && standing.client !== client;
    const broken = ruined ? `S5: ${nameOf(client)} changed the record of another client by a ${message.act}` : null;
    const after = { ...rest, clients, sequence: revision, standing: next, net: movedOn(rest.net, revision), broken };
    return answered(after, message, { on: "applied", revision, epoch: EPOCH });
  }
}

/** Describes a move as text. */
export function named({ net }: World, { kind, at }: Move): string {
  if (kind === "time") return "time passes";
  if (kind === "expire") return "the server expires the message under the key";
  if (kind === "receive") return `${nameOf(at)} receives its answer`;
  if (kind !== "deliver") return `${nameOf(at)} ${saidOf(kind)}`;
  const { act, client } = net[at] as Message;
  return `the server performs the ${act} of ${nameOf(client)}`;
}

function answered(world: World, { client: at, awaited }: Message, inbox: LeaseEvent): World {
  if (!awaited) return world;
  return { ...world, clients: world.clients.with(at, { ...world.clients[at] as Client, inbox }) };
}
