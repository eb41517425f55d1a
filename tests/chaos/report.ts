/**
 * The report of a run.
 *
 * @module
 */

import { type Course, missing, only } from "./checker.ts";
import { type SetName, WORKS } from "./history.ts";
import type { Outcome } from "./run.ts";

/** What is reported. */
export interface Reported extends Outcome {
  /** How long faults happened, in milliseconds. */
  readonly length: number;
  /** Runtimes of the clients. */
  readonly engines: readonly string[];
}

/** The introduction of the report when it is a page of its own. */
export const REPORT_HEAD = `# Chaos

What one run of \`deno task chaos\` printed. Three nats-servers replicate a bucket. Each connection between two of them,
and between them and each client, runs through a proxy that can hold, slow down or cut it in either direction. Servers
are killed, stopped and restarted. Clients are processes that are paused in the middle of their work, and killed. The
seed decides which faults come when; one in three faults overlaps the next one.

Under a lock, each client adds to two shared sets (read, 100 ms, write). One set checks the fencing token at each
access, the other does not. Each client also campaigns in an election that all clients observe. It runs ten more
candidates; all of these want the same third lock, each for a moment. Besides, it requests locks by name: an exclusive
one, under which it adds to a third set that checks the token; a shared or exclusive one; one that three may share; and
two of three at once. Everything is recorded and judged afterwards: each
token belongs to one candidate; tokens rise in the order of grants; no update is lost where tokens are checked; each
call is answered; each loss is reported before the lease ends by the client's own clock; each lock is held again within
a lease and 10 s after the last fault; observers see every term while there are no faults, and end on the newest one; by what the clients believe, no two hold
a lock by name that exclude each other, and no more than its limit allows.`;

/** Returns the report as Markdown. */
export function reportOf({ seed, length, course, faults, violations, engines }: Reported): string {
  const kinds = counts(faults.map(({ kind }) => kind));
  const gap = longestGap(course);
  const facts: [string, string | number][] = [
    ["seed", seed],
    ["duration of the faults", `${Math.round(length / 1000)} s`],
    [
      "clients",
      `${course.survivors.size} processes at a time, ${
        new Set(course.entries.map(({ client }) => client)).size
      } in all, on ${[...new Set(engines)].join(" and ")}`,
    ],
    ["lease", `${course.ttl} ms`],
    ["faults", `${faults.length} of ${kinds.size} kinds`],
    ...WORKS.map((work): [string, string] => [`locks of "${work}"`, worksOf(course, work)]),
    ["locks by name", namedOf(course)],
    [
      "leases lost",
      list(counts(only(course.entries, "ended").filter(({ why }) => !QUIET.has(why)).map(({ why }) => why))),
    ],
    ["longest time without a leader of the election", `${Math.round(gap)} ms`],
    ["updates lost where tokens are not checked", `${missing(course, "bare").length} of ${added(course, "bare")}`],
    ["updates lost where tokens are checked", `${missing(course, "guarded").length} of ${added(course, "guarded")}`],
    ["updates lost under a lock by name", `${missing(course, "named").length} of ${added(course, "named")}`],
    ["writes refused for an old token", only(course.entries, "added").filter(({ ok }) => !ok).length],
    ["rules broken", violations.length],
  ];
  return [
    table(["", ""], facts),
    ...violations.map((violation) => `- ${violation}`),
    table(["fault", "times"], [...kinds].sort(([a], [b]) => a.localeCompare(b))),
  ].join("\n\n");
}

const QUIET: ReadonlySet<string> = new Set(["released", "round"]);

function worksOf({ entries }: Course, work: string): string {
  const all = entries.filter((entry) => "work" in entry && entry.work === work);
  const holds = only(all, "held");
  const handOvers = holds.filter(({ id }, number) => number > 0 && holds[number - 1]?.id !== id).length;
  const rest = counts(all.map(({ on }) => on).filter((on) => on === "refused" || on === "timeout" || on === "error"));
  return [`${holds.length} granted`, `${handOvers} to another candidate`, list(rest, " ")].filter(Boolean).join(", ");
}

function namedOf({ entries }: Course): string {
  const granted = only(entries, "locked");
  const errors = counts(only(entries, "settled").map(({ why }) => why).filter((why) => why !== "released"));
  const losses = counts(only(entries, "unlocked").map(({ why }) => why).filter((why) => !QUIET.has(why)));
  return `${granted.length} granted (${list(counts(granted.map(({ lock }) => lock)))}), lost ${
    list(losses)
  }, not granted ${list(errors)}`;
}

/** Number of items that a set accepted. */
function added({ entries }: Course, set: SetName): number {
  return only(entries, "added").filter((entry) => entry.set === set && entry.ok).length;
}

/**
 * The longest time from the end of a term to the next grant. The terms of killed leaders do not count, because nobody
 * recorded their end.
 */
function longestGap({ entries }: Course): number {
  let [longest, endedAt] = [0, Infinity];
  for (const entry of entries) {
    if (!("work" in entry) || entry.work !== "election") continue;
    if (entry.on === "ended") endedAt = entry.at;
    if (entry.on !== "held") continue;
    longest = Math.max(longest, entry.at - endedAt);
    endedAt = Infinity;
  }
  return longest;
}

function counts(names: readonly string[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const name of names) sums.set(name, (sums.get(name) ?? 0) + 1);
  return sums;
}

const list = (sums: ReadonlyMap<string, number>, between = ": "): string =>
  [...sums].map(([name, number]) => `${name}${between}${number}`).join(", ") || "none";

function table(head: readonly [string, string], rows: readonly (readonly [string, string | number])[]): string {
  return [head, ["---", "---"], ...rows].map(([name, value]) => `| ${name} | ${value} |`).join("\n");
}
