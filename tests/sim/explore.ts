/**
 * `deno task explore`: visits every schedule of the shipped state machines within bounds.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { LOCK_SCOPES, type LockScope, type Searching } from "./locks/explore_scopes.ts";
import { type Findings, Search } from "./search.ts";
import type { Bounds, Budget } from "./world.ts";

const HELP = `Visits every schedule of the shipped state machines within bounds, state by state, and checks its rules.

Usage: deno task explore [--scope NAME]... [--edges]

--scope NAME  visit only this scope; can be repeated (default: all)
--edges       also print how often each step (phase -- event --> next phase) of a lease was tried, and events that never
              occurred
--help        show this text

Press Ctrl-C to stop and print the results so far. The exit code is 0 only if every scope was visited completely and no
rule was broken.`;

/** Maximum number of moves between two readings of the clock, which take a fraction of a second. */
const BATCH = 100_000;
/** Time between two progress lines, in ms. */
const PROGRESS = 1900;

/**
 * Bounds for two clients with the same budget.
 *
 * The times are the smallest ones that allow everything that longer ones allow. A lease is valid for three steps. A
 * request sent in one step can be answered in the next two steps and count, or be answered too late. A lease that is
 * wrongly counted from its answer then outlives its record by more than the margin hides. The margin separates the
 * holder's end from the server's. The release marker expires earlier than a lease, so that a write can be under way
 * during a grant, its release, and the return of the key to revision 0. Time has no end: expiry comes at any time after
 * the lease length, takeover at any time after that, and messages arrive at any time.
 */
export function boundsOf(budget: Budget, times: Omit<Bounds, "budgets"> = { ttl: 4, margin: 1, markerTtl: 1 }): Bounds {
  return { ...times, budgets: [budget, budget] };
}

/** Budget of a client that does everything while the other only wants the lock. */
const MUCH: Budget = { starts: 1, renewals: 1, leaves: 1, retries: 2, hints: 1 };

/**
 * The scopes of a lease, by name. All of them end. In `once`, both clients do each thing once. In the others they do one thing
 * more often and another not at all. `guest`, in which one client does everything, comes first because it finds most
 * errors in the least time.
 */
const SCOPES: ReadonlyMap<string, Bounds> = new Map([
  ["guest", { ...boundsOf(MUCH), budgets: [MUCH, { starts: 1, renewals: 0, leaves: 0, retries: 0, hints: 0 }] }],
  ["once", boundsOf({ starts: 1, renewals: 1, leaves: 1, retries: 1, hints: 0 })],
  ["long", boundsOf({ starts: 1, renewals: 1, leaves: 0, retries: 1, hints: 0 }, { ttl: 6, margin: 2, markerTtl: 3 })],
  ["doubt", boundsOf({ starts: 1, renewals: 1, leaves: 0, retries: 2, hints: 0 })],
  ["hint", boundsOf({ starts: 1, renewals: 1, leaves: 0, retries: 1, hints: 1 })],
  ["return", boundsOf({ starts: 2, renewals: 1, leaves: 1, retries: 0, hints: 0 })],
  ["twice", boundsOf({ starts: 2, renewals: 1, leaves: 0, retries: 1, hints: 0 })],
]);

/** All scopes: of a lease, then of many locks. */
const ALL_SCOPES: ReadonlyMap<string, LockScope> = new Map([
  ...[...SCOPES].map((
    [name, bounds],
  ): [string, LockScope] => [name, { shown: shownBounds(bounds), search: () => new Search(bounds) }]),
  ...LOCK_SCOPES,
]);

/** Runs one search and prints its progress. Returns false if it was stopped or a rule is broken. */
async function tell(search: Searching, { signal, edges }: { signal: AbortSignal; edges: boolean }): Promise<boolean> {
  const start = performance.now();
  let told = start;
  while (!signal.aborted && search.advance(BATCH)) {
    const now = performance.now();
    if (now - told > PROGRESS) {
      const { states, open } = search.findings;
      say(`  ${states} states, ${open} open, ${Math.round(states / (now - start) * 1000)} states/s`);
      told = now;
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
  report(search.findings, (performance.now() - start) / 1000);
  if (edges) { for (const [edge, count] of search.findings.steps) say(`  ${edge}: ${count}`); }
  return search.findings.complete;
}

function report(found: Findings, seconds: number): void {
  const { states, moves, depth, broken, complete } = found;
  const verdict = complete
    ? "complete, no rule broken"
    : broken?.rule ?? "stopped before the end, no rule broken so far";
  const memory = Math.round(Deno.memoryUsage().rss / 2 ** 20);
  say(`  ${states} states, ${moves} moves, depth ${depth}, ${seconds.toFixed(1)} s, ${memory} MB: ${verdict}`);
  // A state is missed if another state has the same 64 bits. The probability is 1 in 2^64 for each pair.
  if (complete) say(`  probability that a state was missed: ${(states ** 2 / 2 ** 65).toExponential(1)}`);
  for (const line of broken?.path ?? []) say(`    ${line}`);
}

/** Visits the scopes one after the other. Returns true if all were visited completely. */
async function visit(scopes: ReadonlyMap<string, LockScope>, edges: boolean): Promise<boolean> {
  const stop = new AbortController();
  Deno.addSignalListener("SIGINT", () => stop.abort());
  for (const [name, { shown, search }] of scopes) {
    say(`${name}: ${shown}`);
    if (!await tell(search(), { signal: stop.signal, edges })) return false;
  }
  say(`All of ${[...scopes.keys()].join(", ")}: complete, no rule broken`);
  return true;
}

function shownBounds({ ttl, margin, markerTtl, budgets }: Bounds): string {
  const shares = budgets.map((budget) => Object.entries(budget).map(([name, count]) => `${name} ${count}`).join(", "));
  const clients = shares[0] === shares[1]
    ? `2 clients, each with ${shares[0]}`
    : `clients with ${shares.join("; and ")}`;
  return `${clients}; ` +
    `in steps of time: ttl ${ttl}, margin ${margin}, markerTtl ${markerTtl}, no end`;
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function main(): Promise<number> {
  const options = {
    scope: { type: "string", multiple: true },
    edges: { type: "boolean", default: false },
    help: { type: "boolean" },
  } as const;
  const { values: { scope, edges, help } } = parseArgs({ options });
  if (help) {
    say(HELP);
    return 0;
  }
  const unknown = scope?.find((name) => !ALL_SCOPES.has(name));
  if (unknown !== undefined) {
    say(`Cannot explore "${unknown}": "--scope" must be one of ${[...ALL_SCOPES.keys()].join(", ")}`);
    return 2;
  }
  const chosen = [...ALL_SCOPES].filter(([name]) => scope?.includes(name) ?? true);
  return await visit(new Map(chosen), edges) ? 0 : 1;
}

// The listener for Ctrl-C would keep the process alive.
if (import.meta.main) Deno.exit(await main());
