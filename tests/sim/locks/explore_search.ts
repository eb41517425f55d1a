/**
 * Visits every state of a small model once, depth first. Finds broken rules, schedules without an end, and dead ends.
 *
 * @module
 */

import { Seen } from "../seen.ts";

/** A state, and the name of the move that led to it. */
export interface Next<World> {
  readonly name: string;
  readonly world: World;
}

/** A model: where it begins, what can happen, what must never be. Worlds are never changed. */
export interface Model<World> {
  readonly beginnings: readonly World[];
  /** All moves. Names are unique within a world. None: the end of a schedule. */
  readonly movesFrom: (world: World) => readonly Next<World>[];
  /** The rule that a world breaks; `null` if it breaks none. `isEnd`: it has no move. */
  readonly faultOf: (world: World, isEnd: boolean) => string | null;
}

/** Results of a search. */
export interface Found {
  readonly states: number;
  readonly moves: number;
  /** Number of moves that are still to be tried in the states on the current path. */
  readonly open: number;
  /** Length of the longest schedule on which every state was new. */
  readonly depth: number;
  /** The broken rule, and a schedule that breaks it, one move per line; `null` if no rule was broken. */
  readonly fault: { readonly rule: string; readonly schedule: readonly string[] } | null;
  /** True if every state was visited. */
  readonly isComplete: boolean;
}

interface Visit<World> extends Next<World> {
  readonly key: string;
  readonly moves: readonly Next<World>[];
  next: number;
}

/** A search that can be advanced in parts. */
export class StateSearch<World> {
  readonly #model: Model<World>;
  readonly #seen = new Seen();
  readonly #path: Visit<World>[] = [];
  /** Keys of the states on the path. A move to one of them is a schedule without an end. */
  readonly #onPath = new Set<string>();
  readonly #beginnings: World[];
  #moves = 0;
  #depth = 0;
  #fault: Found["fault"] = null;

  constructor(model: Model<World>) {
    this.#model = model;
    this.#beginnings = [...model.beginnings];
  }

  /** Tries up to `moves` moves. Returns false if nothing is left to try, or if a rule is broken. */
  advance(moves: number = Infinity): boolean {
    for (let left = moves; left > 0 && this.#fault === null; left--) {
      const visit = this.#path.at(-1);
      if (visit === undefined) {
        const world = this.#beginnings.shift();
        if (world === undefined) return false;
        this.#visit({ name: "begin", world });
        continue;
      }
      const move = visit.moves[visit.next++];
      if (move !== undefined) {
        this.#moves++;
        this.#visit(move);
      } else {
        this.#path.pop();
        this.#onPath.delete(visit.key);
      }
    }
    return this.#fault === null;
  }

  /** The results so far. */
  get found(): Found {
    const isComplete = this.#fault === null && this.#path.length === 0 && this.#beginnings.length === 0;
    const open = this.#path.reduce((sum, { moves, next }) => sum + moves.length - next, 0);
    return { states: this.#seen.size, moves: this.#moves, depth: this.#depth, open, fault: this.#fault, isComplete };
  }

  #visit({ name, world }: Next<World>): void {
    const key = keyOf(world);
    if (this.#onPath.has(key)) return this.#broken("A schedule has no end", name);
    if (!this.#seen.add(hashOf(key, 0x811c9dc5), hashOf(key, 0x2f0b4c47))) return;
    const moves = this.#model.movesFrom(world);
    const rule = this.#model.faultOf(world, moves.length === 0);
    if (rule !== null) return this.#broken(rule, name);
    this.#path.push({ name, world, key, moves, next: 0 });
    this.#onPath.add(key);
    if (this.#path.length > this.#depth) this.#depth = this.#path.length;
  }

  #broken(rule: string, last: string): void {
    this.#fault = { rule, schedule: this.#shortened(rule, [...this.#path.map(({ name }) => name), last]) };
  }

  /** Removes the moves that the schedule does not need to break the rule. */
  #shortened(rule: string, [, ...schedule]: readonly string[]): string[] {
    const begin = this.#path[0]?.world;
    if (begin === undefined) return [];
    let names = schedule;
    for (let at = names.length - 1; at >= 0; at--) {
      const fewer = this.#replayed(rule, begin, names.toSpliced(at, 1));
      if (fewer === null) continue;
      names = fewer;
      at = Math.min(at, names.length);
    }
    return names;
  }

  /** Makes moves by their names. Returns those that were needed to break the rule; `null` if they do not break it. */
  #replayed(rule: string, begin: World, names: readonly string[]): string[] | null {
    let world = begin;
    for (const [at, name] of names.entries()) {
      const move = this.#model.movesFrom(world).find((each) => each.name === name);
      if (move === undefined) return null;
      world = move.world;
      const isEnd = this.#model.movesFrom(world).length === 0;
      if (this.#model.faultOf(world, isEnd) === rule) return names.slice(0, at + 1);
    }
    return null;
  }
}

/** Runs a whole search. */
export function exploreAll<World>(model: Model<World>): Found {
  const search = new StateSearch(model);
  search.advance();
  return search.found;
}

function keyOf(world: unknown): string {
  return JSON.stringify(world, (_, value) => value instanceof Error ? value.name : value);
}

/** Returns 32 bits of a text. Two of them with different seeds are a fingerprint. */
function hashOf(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  return hash ^ hash >>> 13;
}
