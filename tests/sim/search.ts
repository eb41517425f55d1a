/**
 * Visits every state of the small world, depth first, each once.
 *
 * @module
 */

import { Fingerprint } from "./fingerprint.ts";
import { type Move, Moves, named, type Parts } from "./moves.ts";
import { Seen } from "./seen.ts";
import { beginning, type Bounds, shown, violation, type World } from "./world.ts";

/** What a search found. */
export interface Findings {
  /** Different states visited. */
  readonly states: number;
  /** Moves tried. */
  readonly moves: number;
  /** Moves that are still to be tried in states on the way to the latest. */
  readonly open: number;
  /** Longest way without a state met before. */
  readonly depth: number;
  /** What was violated, and a way there; `null` if nothing was. */
  readonly broken: { readonly rule: string; readonly path: readonly string[] } | null;
  /** True if every state within the bounds was visited. */
  readonly complete: boolean;
  /** Steps of the machine: phase, event, next phase, how often each was tried. */
  readonly steps: ReadonlyMap<string, number>;
}

interface Visit {
  readonly world: World;
  readonly moves: readonly Move[];
  next: number;
}

/** A search that can be looked at while it goes on. */
export class Search {
  readonly #moves: Moves;
  readonly #bounds: Bounds;
  readonly #fingerprint: Fingerprint;
  readonly #seen = new Seen();
  /** The way to where the search is: the only worlds that are kept. */
  readonly #way: Visit[] = [];
  #tried = 0;
  #depth = 0;
  #broken: Findings["broken"] = null;

  /** Nothing visited yet. */
  constructor(bounds: Bounds, parts: Parts = {}) {
    this.#bounds = bounds;
    this.#moves = new Moves(bounds, parts);
    this.#fingerprint = new Fingerprint(bounds.ttl);
    this.#visit(beginning(bounds));
  }

  /** Tries so many moves; false once there is nothing left to try, or a rule is broken. */
  advance(moves: number = Infinity): boolean {
    for (let left = moves; left > 0; left--) {
      const visit = this.#way.at(-1);
      if (visit === undefined || this.#broken !== null) return false;
      const move = visit.moves[visit.next++];
      if (move === undefined) {
        this.#way.pop();
        continue;
      }
      this.#tried++;
      const world = this.#moves.after(visit.world, move);
      const rule = violation(world);
      if (rule !== null) this.#broken = { rule, path: this.#shortened(rule) };
      else this.#visit(world);
    }
    return true;
  }

  /** What was found so far. */
  get findings(): Findings {
    return {
      states: this.#seen.size,
      moves: this.#tried,
      open: this.#way.reduce((sum, { moves, next }) => sum + moves.length - next, 0),
      depth: this.#depth,
      broken: this.#broken,
      complete: this.#broken === null && this.#way.length === 0,
      steps: this.#moves.steps.counts,
    };
  }

  #visit(world: World): void {
    this.#fingerprint.take(world);
    if (!this.#seen.add(this.#fingerprint.high, this.#fingerprint.low)) return;
    this.#way.push({ world, moves: this.#moves.from(world), next: 0 });
    if (this.#way.length > this.#depth) this.#depth = this.#way.length;
  }

  /** The way to a violation without the moves that it does not need. */
  #shortened(rule: string): string[] {
    let names = this.#way.map(({ world, moves, next }) => named(world, moves[next - 1] as Move));
    for (let at = names.length - 1; at >= 0; at--) {
      const fewer = names.toSpliced(at, 1);
      const ends = this.#replayed(fewer);
      if (ends.rule !== rule) continue;
      names = fewer.slice(0, ends.lines.length);
      at = Math.min(at, names.length);
    }
    return this.#replayed(names).lines;
  }

  /** Makes moves by their names, as far as they can be made and nothing is violated. */
  #replayed(names: readonly string[]): { rule: string | null; lines: string[] } {
    let world = beginning(this.#bounds);
    let rule: string | null = null;
    const lines: string[] = [];
    for (const name of names) {
      const move = this.#moves.from(world).find((each) => named(world, each) === name);
      if (move === undefined || rule !== null) break;
      world = this.#moves.after(world, move);
      rule = violation(world);
      lines.push(`${world.now} ${name}: ${shown(world)}`);
    }
    return { rule, lines };
  }
}

/** Visits all of it in one go. */
export function explore(bounds: Bounds, parts: Parts = {}): Findings {
  const search = new Search(bounds, parts);
  search.advance();
  return search.findings;
}
