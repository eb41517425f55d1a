/**
 * Visits every state of the small world once, depth first.
 *
 * @module
 */

import { Fingerprint } from "./fingerprint.ts";
import { type Move, Moves, named, type Parts } from "./moves.ts";
import { Seen } from "./seen.ts";
import { beginning, type Bounds, shown, violation, type World } from "./world.ts";

/** Results of a search. */
export interface Findings {
  /** Number of different states visited. */
  readonly states: number;
  /** Number of moves tried. */
  readonly moves: number;
  /** Number of moves that are still to be tried in the states on the current path. */
  readonly open: number;
  /** Length of the longest path so far on which every state was new. */
  readonly depth: number;
  /** The broken rule, and a path to it; `null` if no rule was broken. */
  readonly broken: { readonly rule: string; readonly path: readonly string[] } | null;
  /** True if every state within the bounds was visited. */
  readonly complete: boolean;
  /** Steps of the machine (phase, event, next phase), and how often each was tried. */
  readonly steps: ReadonlyMap<string, number>;
}

interface Visit {
  readonly world: World;
  readonly moves: readonly Move[];
  next: number;
}

/** A search whose findings can be read while it runs. */
export class Search {
  readonly #moves: Moves;
  readonly #bounds: Bounds;
  readonly #fingerprint: Fingerprint;
  readonly #seen = new Seen();
  /** The current path. Only its worlds are kept in memory. */
  readonly #way: Visit[] = [];
  #tried = 0;
  #depth = 0;
  #broken: Findings["broken"] = null;

  /** Creates a search that has visited only the first state. */
  constructor(bounds: Bounds, parts: Parts = {}) {
    this.#bounds = bounds;
    this.#moves = new Moves(bounds, parts);
    this.#fingerprint = new Fingerprint(bounds.ttl);
    this.#visit(beginning(bounds));
  }

  /** Tries up to `moves` moves. Returns false if nothing is left to try, or if a rule is broken. */
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

  /** The results so far. */
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

  /** Returns the path to a violation without the moves that it does not need. */
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

  /** Makes moves by their names, until one is impossible or a rule is broken. */
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

/** Runs a whole search. */
export function explore(bounds: Bounds, parts: Parts = {}): Findings {
  const search = new Search(bounds, parts);
  search.advance();
  return search.findings;
}
