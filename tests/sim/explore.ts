/**
 * `deno task explore`: visits every schedule of the shipped state machine within stated bounds.
 *
 * @module
 */

import { beginning, type Bounds, Explorer, violation, type World } from "./world.ts";
import type { step } from "../../src/lease_state.ts";

/** What a search found. */
export interface Findings {
  /** Different states visited. */
  readonly states: number;
  /** What was violated, and the way there; `null` if nothing was. */
  readonly broken: { readonly rule: string; readonly path: readonly string[] } | null;
  /** True if every state within the bounds was visited. */
  readonly complete: boolean;
}

/** How a search is run. */
export interface Search {
  /** Most states to visit. Default: no limit. */
  readonly most?: number;
  /** Told of the count now and then. */
  readonly progress?: (states: number, open: number) => void;
  /** Stands in for the shipped function. */
  readonly machine?: typeof step;
}

interface Visit {
  readonly world: World;
  readonly name: string;
  readonly from: Visit | null;
}

/** Visits all states, each once. */
export function explore(bounds: Bounds, search: Search = {}): Findings {
  const { most = Infinity, progress = () => {} } = search;
  const explorer = new Explorer(bounds, search.machine);
  const first: Visit = { world: beginning(bounds), name: "beginning", from: null };
  const seen = new Set<string>([keyOf(first.world)]);
  const open: Visit[] = [first];
  for (let visit = open.pop(); visit !== undefined; visit = open.pop()) {
    const rule = violation(visit.world);
    if (rule !== null) return { states: seen.size, broken: { rule, path: pathOf(visit) }, complete: false };
    for (const [name, world] of explorer.next(visit.world)) {
      const key = keyOf(world);
      if (seen.has(key)) continue;
      if (seen.size >= most) return { states: seen.size, broken: null, complete: false };
      seen.add(key);
      if (seen.size % 100_000 === 0) progress(seen.size, open.length);
      open.push({ world, name, from: visit });
    }
  }
  return { states: seen.size, broken: null, complete: true };
}

/** Worlds that differ only in what no decision looks at are the same. */
function keyOf(world: World): string {
  const net = world.net.map((message) => JSON.stringify(message)).sort();
  return JSON.stringify({ ...world, net }, (key, value) => IGNORED.has(key) ? undefined : value);
}

/** Errors are carried, never looked at; the end of the last hold matters by its kind alone. */
const IGNORED = new Set(["error", "trouble", "by", "since"]);

function pathOf(visit: Visit): string[] {
  const path: string[] = [];
  for (let at: Visit | null = visit; at !== null; at = at.from) path.unshift(`${at.world.now} ${at.name}`);
  return path;
}

/** Two clients, one key: one grant each, a renewal, a release, and requests that are given up. */
export function boundsOf(until: number, timeouts: number): Bounds {
  return {
    ttl: 4,
    margin: 1,
    markerTtl: 1,
    until,
    budgets: [
      { starts: 1, renewals: 1, leaves: 1, timeouts },
      { starts: 1, renewals: 0, leaves: 0, timeouts: 0 },
    ],
  };
}

if (import.meta.main) {
  const [until = 5, timeouts = 1] = Deno.args.map(Number);
  const bounds = boundsOf(until, timeouts);
  const start = performance.now();
  const say = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  say(`bounds: ${JSON.stringify(bounds)}`);
  const found = explore(bounds, { progress: (states, open) => say(`${states} states, ${open} open`) });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const end = found.complete ? "complete" : "not complete";
  say(`${found.states} states in ${seconds} s, ${end}, ${found.broken?.rule ?? "no violation"}`);
  for (const line of found.broken?.path ?? []) say(`  ${line}`);
  if (found.broken) Deno.exit(1);
}
