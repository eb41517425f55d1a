/**
 * The model of the ticket search: every order in which requests, answers, users and others can act on one slot.
 *
 * A request can be answered, stored without an answer, arrive late or twice, get lost, collide or fail. The user can
 * leave at any time. Others can remove what is stored. A marker can expire at any time; the one that stays for an hour
 * expires only when no late request is under way.
 *
 * @module
 */

import { ConnectionError } from "../../../src/base/errors.ts";
import { startTicket, ticketStep } from "../../../src/locks/ticket.ts";
import type { TicketEvent, TicketStep } from "../../../src/locks/ticket_model.ts";
import type { Model, Next } from "./explore_search.ts";
import { ticketFault } from "./explore_ticket_rules.ts";
import { elsewhere, keyStateOf } from "./explore_ticket_elsewhere.ts";
import { type Budget, type Message, nameOf, nonceOf, NOTHING, performed } from "./explore_ticket_world.ts";
import { type Request, spent, withLate, type World } from "./explore_ticket_world.ts";

/** The machine under test. */
export interface TicketMachine {
  readonly startTicket: typeof startTicket;
  readonly ticketStep: typeof ticketStep;
}

/** The shipped machine. */
export const TICKET_MACHINE: TicketMachine = { startTicket, ticketStep };

/** An error that waiting may cure, and one that it does not. */
export const TROUBLE = new ConnectionError("timeout", "No answer");

/** An error that waiting does not cure, after a request that may have been sent even so. */
const HOPELESS = new ConnectionError("refused", "Too long");
export const DENIED = new ConnectionError("denied", "No right");

/** Nothing happens beside one ticket and its user. */
export const NO_BUDGET: Budget = {
  tickets: 1,
  silences: 0,
  doubles: 0,
  collisions: 0,
  failures: 0,
  refusals: 0,
  thefts: 0,
  staleReads: 0,
};

/** Creates the model of a search. */
export function ticketModel(budget: Partial<Budget>, machine: TicketMachine = TICKET_MACHINE): Model<World> {
  const moves = new TicketMoves(machine);
  const beginning: World = {
    key: NOTHING,
    past: [],
    last: 0,
    ticket: 0,
    state: { at: "gone", end: { why: "left", marker: null, error: null } },
    asked: null,
    isPausing: false,
    late: [],
    stolen: [],
    excused: [],
    row: 0,
    hasLeft: false,
    budget: { ...NO_BUDGET, ...budget },
    fault: null,
  };
  return {
    beginnings: moves.tickets(beginning).map(({ world }) => world),
    movesFrom: moves.from,
    faultOf: ticketFault,
  };
}

/** What can happen in a world. */
class TicketMoves {
  readonly #machine: TicketMachine;

  constructor(machine: TicketMachine) {
    this.#machine = machine;
  }

  readonly from = (world: World): Next<World>[] => {
    if (world.fault !== null) return [];
    return [...this.#answers(world), ...this.#user(world), ...this.tickets(world), ...elsewhere(world)];
  };

  /** The next ticket on the slot. Its session may know the marker of the one before, or have forgotten it. */
  tickets(world: World): Next<World>[] {
    const { state, budget, ticket } = world;
    if (state.at !== "gone" || state.end.why === "fenced" || budget.tickets === 0) return [];
    const known = state.end.why === "left" ? state.end.marker : null;
    return [...new Set([0, known ?? 0])].map((expected) => ({
      name: `new ticket on ${expected}`,
      world: this.#took(
        spent({ ...world, ticket: ticket + 1, hasLeft: false, row: 0 }, "tickets"),
        this.#machine.startTicket(expected, 0),
      ),
    }));
  }

  #answers(world: World): Next<World>[] {
    const { asked, isPausing, budget } = world;
    if (isPausing) return [this.#event("pause ends", { ...world, isPausing: false }, { on: "retry" })];
    if (asked === null) return [];
    const idle = { ...world, asked: null };
    const moves = asked.act === "read" ? this.#reads(idle) : this.#writes(idle, requestOf(world, asked));
    if (budget.failures > 0) {
      moves.push(this.#event("fails", spent(idle, "failures"), { on: "failed", error: TROUBLE }));
    }
    if (budget.refusals > 0) {
      moves.push(this.#event("denied", spent(idle, "refusals"), { on: "failed", error: DENIED }));
    }
    if (asked.act === "read" || budget.doubles === 0) return moves;
    const request = requestOf(world, asked);
    const excused = request.act === "write"
      ? [...world.excused, nonceOf(request.ticket, request.attempt)]
      : world.excused;
    const doubled = { ...withLate(spent(world, "doubles"), request), excused };
    return [...moves, { name: `double of ${nameOf(request)}`, world: doubled }];
  }

  #reads(idle: World): Next<World>[] {
    const { key, past, budget } = idle;
    const moves = [this.#seen("read", idle, key)];
    if (budget.staleReads === 0) return moves;
    const old = past.map((message) =>
      this.#seen(`stale read of ${message.revision}`, spent(idle, "staleReads"), message)
    );
    const unique = new Map(old.map((move) => [move.name, move]));
    return [...moves, ...unique.values()];
  }

  #seen(name: string, idle: World, message: Message): Next<World> {
    const { state, ticket } = idle;
    const isOwn = message.kind === "ticket" && "attempt" in state && message.ticket === ticket &&
      message.attempt === state.attempt;
    return this.#event(name, idle, { on: "seen", keyState: keyStateOf(message), isOwn });
  }

  #writes(idle: World, request: Request): Next<World>[] {
    const { budget, key } = idle;
    const name = nameOf(request);
    const after = performed(idle, request);
    const answer: TicketEvent = after === idle
      ? { on: "conflict", current: key.revision }
      : { on: "applied", revision: after.last };
    const moves = [this.#event(`${name}: ${answer.on}`, after, answer)];
    if (budget.collisions > 0) {
      const event = { on: "conflict", current: null } as const;
      moves.push(this.#event(`${name}: in flight`, spent(idle, "collisions"), event));
    }
    if (budget.silences === 0) return moves;
    const stored = { ...spent(after, "silences"), row: 0 };
    const delayed = { ...withLate(spent(idle, "silences"), request), row: 0 };
    for (const error of request.act === "write" ? [TROUBLE, HOPELESS] : [TROUBLE]) {
      const silent = { on: "unknown", error } as const;
      moves.push(this.#event(`${name}: ${answer.on} without answer, ${error.why}`, stored, silent));
      moves.push(this.#event(`${name}: delayed, ${error.why}`, delayed, silent));
    }
    return moves;
  }

  #user(world: World): Next<World>[] {
    const { state, hasLeft, stolen } = world;
    const moves: Next<World>[] = [];
    if (state.at === "gone") return moves;
    if (!hasLeft) moves.push(this.#event("user leaves", { ...world, hasLeft: true }, { on: "leave" }));
    if (state.at === "queued") moves.push(this.#event("granted", world, { on: "granted" }));
    const isStolen = "place" in state && stolen.includes(state.place);
    if (isStolen) moves.push(this.#event("hears of the theft", world, { on: "removed" }));
    return moves;
  }

  #event(name: string, world: World, event: TicketEvent): Next<World> {
    try {
      return { name, world: this.#took(world, this.#machine.ticketStep(world.state, event, 0)) };
    } catch (error) {
      return { name, world: { ...world, fault: `The machine throws on "${event.on}": ${error}` } };
    }
  }

  /** Takes the decision of the machine over into the world. */
  #took(world: World, { state, effects }: TicketStep): World {
    let { asked, isPausing, row, fault } = world;
    for (const effect of effects) {
      if (asked !== null || isPausing) fault = "A second request or pause begins while one is under way";
      if (effect.act === "pause") isPausing = true;
      else asked = effect;
      row = effect.act === "pause" ? 0 : row + 1;
    }
    // The request of a ticket that does not wait for its answer can still arrive.
    const late = state.at === "gone" && asked !== null && asked.act !== "read"
      ? withLate(world, requestOf(world, asked)).late
      : world.late;
    if (state.at === "gone") [asked, isPausing] = [null, false];
    const hasFailed = state.at === "gone" && state.end.error !== null;
    const excused = hasFailed ? [...world.excused, `${world.ticket}`] : world.excused;
    return { ...world, late, excused, state, asked, isPausing, row: asked === null ? 0 : row, fault };
  }
}

function requestOf({ ticket }: World, asked: NonNullable<World["asked"]>): Request {
  if (asked.act === "read") throw new TypeError("A read is no request that the server stores");
  const attempt = asked.act === "write" ? asked.attempt : 0;
  const isFence = asked.act === "remove" && asked.markerTtl !== undefined;
  return { act: asked.act, expected: asked.expected, ticket, attempt, isFence };
}
