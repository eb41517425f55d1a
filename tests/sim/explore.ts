/**
 * `deno task explore`: visits every schedule of the shipped state machine within stated bounds.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { Search } from "./search.ts";
import type { Bounds, Budget } from "./world.ts";

const HELP =
  `Visits every schedule of the shipped state machine within bounds, state by state, and looks for a broken rule.

Usage: deno task explore [--scope NAME]... [--edges]

--scope NAME  only this scope; may be given several times (default: all)
--edges       also print how often each step (phase -- event --> next phase) was tried, and the events no phase met
--help        this text

Ctrl-C ends it with what was visited so far. The exit code is 0 only if every scope was visited to its end and no rule
was broken.`;

/** Most moves between two looks at the clock: a fraction of a second. */
const BATCH = 100_000;
/** Time between two lines of progress, in ms. */
const PROGRESS = 1900;

/**
 * Bounds for two clients with the same budget.
 *
 * The times are the smallest with which everything can happen that longer ones allow: a lease is valid for two steps,
 * so a request can be sent in one, answered in the next and still count, or come too late; the margin is there, so the
 * holder's end and the server's are different moments; the mark of a release goes before a lease does, so a write can
 * be under way over a grant, its release, and the return of the key to revision 0. Time has no end, so expiry comes at
 * any moment after the lease length, takeover after it, and whatever is under way as late as it likes.
 */
export function boundsOf(budget: Budget, times: Omit<Bounds, "budgets"> = { ttl: 4, margin: 1, markerTtl: 1 }): Bounds {
  return { ...times, budgets: [budget, budget] };
}

/** What is visited, by name; all of it ends. Each adds what the one before leaves out. */
const SCOPES: ReadonlyMap<string, Bounds> = new Map([
  ["once", boundsOf({ starts: 1, renewals: 1, leaves: 1, retries: 1, hints: 0 })],
  ["long", boundsOf({ starts: 1, renewals: 1, leaves: 0, retries: 1, hints: 0 }, { ttl: 6, margin: 2, markerTtl: 3 })],
  ["doubt", boundsOf({ starts: 1, renewals: 1, leaves: 0, retries: 2, hints: 0 })],
  ["hint", boundsOf({ starts: 1, renewals: 1, leaves: 0, retries: 1, hints: 1 })],
  ["twice", boundsOf({ starts: 2, renewals: 1, leaves: 0, retries: 1, hints: 0 })],
  ["return", boundsOf({ starts: 2, renewals: 1, leaves: 1, retries: 0, hints: 1 })],
]);

/** Runs one search and tells how it goes; false if it was stopped or a rule is broken. */
async function tell(bounds: Bounds, around: { say: (line: string) => void; signal: AbortSignal; edges: boolean }) {
  const { say, signal, edges } = around;
  const search = new Search(bounds);
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
  const { states, moves, depth, broken, complete, steps } = search.findings;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const verdict = broken?.rule ??
    (complete ? "complete, no rule broken" : "stopped before the end, no rule broken so far");
  say(`  ${states} states, ${moves} moves, depth ${depth}, ${seconds} s: ${verdict}`);
  if (complete) say(`  chance that equal fingerprints hid a state: ${(states ** 2 / 2 ** 65).toExponential(1)}`);
  for (const line of broken?.path ?? []) say(`    ${line}`);
  if (edges) { for (const [edge, count] of steps) say(`    ${edge}: ${count}`); }
  return complete;
}

async function main(): Promise<void> {
  const options = {
    scope: { type: "string", multiple: true },
    edges: { type: "boolean", default: false },
    help: { type: "boolean" },
  } as const;
  const { values: { scope, edges, help } } = parseArgs({ options });
  const say = (line: string) => void Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  if (help) return say(HELP);
  const stop = new AbortController();
  Deno.addSignalListener("SIGINT", () => stop.abort());
  const names = scope ?? [...SCOPES.keys()];
  for (const name of names) {
    const bounds = SCOPES.get(name);
    if (bounds === undefined) throw new Error(`Cannot explore "${name}": scopes are ${[...SCOPES.keys()].join(", ")}`);
    say(`${name}: ${shownBounds(bounds)}`);
    if (await tell(bounds, { say, signal: stop.signal, edges })) continue;
    Deno.exit(1);
  }
  say(`All of ${names.join(", ")}: complete, no rule broken`);
  Deno.exit();
}

function shownBounds({ ttl, margin, markerTtl, budgets }: Bounds): string {
  const shares = Object.entries(budgets[0] ?? {}).map(([name, count]) => `${count} ${name}`).join(", ");
  return `${budgets.length} clients with ${shares} each; ttl ${ttl}, margin ${margin}, markerTtl ${markerTtl} steps, ` +
    "time without end";
}

if (import.meta.main) await main();
