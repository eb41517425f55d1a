/**
 * The model of the burial search: every order in which a session, its server and the one who watches it can act.
 *
 * Answers to reads can show any earlier state, or falsely no message. Answers to the marker are true, but can be lost,
 * and the marker can arrive late. Pushes can be late, lost, forged, and in any order.
 *
 * @module
 */

import { type BurialEvent, type BurialStep, burialStep, startBurial } from "../../../src/locks/burial.ts";
import type { KeyState } from "../../../src/store/record.ts";
import { burialFault } from "./explore_burial_rules.ts";
import { type Budget, MARGIN, type Message, put, sessionMoves, SLACK, spent } from "./explore_burial_world.ts";
import { TTL, type World } from "./explore_burial_world.ts";
import type { Model, Next } from "./explore_search.ts";
import { TROUBLE } from "./explore_tickets.ts";

/** The machine under test. */
export interface BurialMachine {
  readonly startBurial: typeof startBurial;
  readonly burialStep: typeof burialStep;
}

/** The shipped machine. */
export const BURIAL_MACHINE: BurialMachine = { startBurial, burialStep };

const TIMES = { ttl: TTL, slack: SLACK };
const FALSE_VACANCY: Message = { revision: 0, kind: "none", at: 0 };

/** Lowest revision of a forged push. */
const FORGED = 1000;

const NO_BUDGET: Budget = {
  end: 2 * TTL,
  renewals: 0,
  staleReads: 0,
  ageless: 0,
  silences: 0,
  collisions: 0,
  failures: 0,
  pushes: 0,
};

/** Creates the model of a search. */
export function burialModel(budget: Partial<Budget>, machine: BurialMachine = BURIAL_MACHINE): Model<World> {
  const moves = new BurialMoves(machine);
  const world: World = {
    now: 0,
    key: { revision: 1, kind: "record", at: 0 },
    past: [],
    last: 1,
    revision: 1,
    isRunning: true,
    validUntil: TTL - MARGIN,
    renewal: null,
    state: { at: "dead" },
    asked: null,
    pausedAt: null,
    late: 0,
    pushes: [],
    row: 0,
    budget: { ...NO_BUDGET, ...budget },
    fault: null,
  };
  const beginning = moves.took(world, machine.startBurial());
  const faultOf = (each: World) => burialFault(each, moves.fairly);
  return { beginnings: [beginning], movesFrom: moves.from, faultOf };
}

/** What can happen in a world. */
class BurialMoves {
  readonly #machine: BurialMachine;

  constructor(machine: BurialMachine) {
    this.#machine = machine;
  }

  readonly from = (world: World): Next<World>[] => {
    if (world.fault !== null) return [];
    const moves = [...sessionMoves(world), ...this.#answers(world), ...this.#timers(world), ...this.#pushes(world)];
    if (world.late === 0) return moves;
    const without = { ...world, late: world.late - 1 };
    const arrived = world.key.revision === 0 ? put(without, "marker") : without;
    return [...moves, { name: "late marker arrives", world: arrived }];
  };

  /** What happens next if the session has stopped and all answers are true; `null` if nothing does. */
  readonly fairly = (world: World): World | null => {
    const { key, now } = world;
    const expired = key.kind === "record" && now >= key.at + TTL ? put(world, "none") : world;
    const [next] = expired.asked === null ? this.#timers(expired) : this.#answers(expired);
    return next?.world ?? { ...expired, now: now + 1 };
  };

  /** Takes the decision of the machine over into the world. */
  took(world: World, { state, effects }: BurialStep): World {
    let { asked, pausedAt, row, fault } = world;
    for (const effect of effects) {
      if (asked !== null || pausedAt !== null) fault = "A second request or pause begins while one is under way";
      if (effect.act === "pause") pausedAt = world.now;
      else asked = effect.act;
      row = effect.act === "pause" ? 0 : row + 1;
    }
    return { ...world, state, asked, pausedAt, row: asked === null ? 0 : row, fault };
  }

  /** The first move is the true answer. */
  #answers(world: World): Next<World>[] {
    const { asked, budget } = world;
    if (asked === null) return [];
    const idle = { ...world, asked: null };
    const moves = asked === "read" ? this.#reads(idle) : this.#burials(idle);
    if (budget.failures === 0) return moves;
    return [...moves, this.#event("fails", spent(idle, "failures"), { on: "failed", error: TROUBLE })];
  }

  #reads(idle: World): Next<World>[] {
    const { key, past, budget, now } = idle;
    const seen = (message: Message, isAged = true): BurialEvent => (
      { on: "seen", keyState: keyStateOf(message), age: isAged ? now - message.at : undefined }
    );
    const moves = [inTime(this.#event("read", idle, seen(key)), key)];
    if (budget.ageless > 0) moves.push(this.#event("read without age", spent(idle, "ageless"), seen(key, false)));
    if (budget.staleReads === 0) return moves;
    const old = [FALSE_VACANCY, ...past.filter(({ kind }) => kind !== "none")];
    return [
      ...moves,
      ...old.map((each) => this.#event(`stale read of ${each.revision}`, spent(idle, "staleReads"), seen(each))),
    ];
  }

  #burials(idle: World): Next<World>[] {
    const { key, budget, late } = idle;
    const isApplied = key.revision === 0;
    const after = isApplied ? put(idle, "marker") : idle;
    const answer: BurialEvent = isApplied ? { on: "applied" } : { on: "conflict", current: key.revision };
    const moves = [this.#event(`marker: ${answer.on}`, after, answer)];
    if (budget.collisions > 0) {
      moves.push(this.#event("marker: in flight", spent(idle, "collisions"), { on: "conflict", current: null }));
    }
    if (budget.silences === 0) return moves;
    const silent = { on: "unknown", error: TROUBLE } as const;
    const delayed = { ...spent(idle, "silences"), late: late + 1, row: 0 };
    moves.push(this.#event(`marker: ${answer.on} without answer`, { ...spent(after, "silences"), row: 0 }, silent));
    return [...moves, this.#event("marker: delayed", delayed, silent)];
  }

  #timers(world: World): Next<World>[] {
    const { state, now, pausedAt } = world;
    const isUp = pausedAt === null ? state.at === "alive" && now >= state.due : now > pausedAt;
    return isUp ? [this.#event("time is up", { ...world, pausedAt: null }, { on: "due" })] : [];
  }

  #pushes(world: World): Next<World>[] {
    const { pushes, budget } = world;
    if (budget.pushes === 0) return [];
    const push = (name: string, without: World, message: Message) =>
      this.#event(name, spent(without, "pushes"), { on: "push", keyState: keyStateOf(message) });
    const real = pushes.map((message, at) =>
      push(`push of ${message.revision}`, { ...world, pushes: pushes.toSpliced(at, 1) }, message)
    );
    const revision = FORGED + world.now;
    const forged = (["record", "marker"] as const).map((kind) =>
      push(`forged ${kind}`, world, { revision, kind, at: 0 })
    );
    return [...real, ...forged];
  }

  #event(name: string, world: World, event: BurialEvent): Next<World> {
    try {
      return { name, world: this.took(world, this.#machine.burialStep(world.state, event, world.now, TIMES)) };
    } catch (error) {
      return { name, world: { ...world, fault: `The machine throws on "${event.on}": ${error}` } };
    }
  }
}

/** A session that was read is alive no longer than the record that was read. */
function inTime(next: Next<World>, { at }: Message): Next<World> {
  const { state } = next.world;
  if (state.at !== "alive" || state.due <= at + TTL + SLACK) return next;
  return { ...next, world: { ...next.world, fault: "A read starts the clock of a session anew" } };
}

function keyStateOf({ kind, revision }: Message): KeyState {
  if (kind !== "record") return { kind: "vacant", revision };
  const record = { holder: "", attempt: null, token: null, name: "", since: null, ttl: TTL, meta: {} };
  return { kind: "held", revision, record };
}
