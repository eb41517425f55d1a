/** Writes the figures as a page of Markdown. */

import type { Figures, Row, Table } from "./figures.ts";

/** Digits that say something: three. */
export function rounded(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return digits === 0 ? Math.round(value).toLocaleString("en") : value.toFixed(Math.min(digits, 4));
}

function ratio(value: number, base: number | undefined): string {
  if (base === undefined || !(base > 0) || !Number.isFinite(value)) return "";
  return `${rounded(value / base)}x`;
}

function cells(row: Row, base: Row | undefined, isOne: boolean): string[] {
  const half = [rounded(row.p50), ratio(row.p50, base?.p50)];
  return isOne ? [row.name, ...half] : [row.name, ...half, rounded(row.p99 ?? NaN), ratio(row.p99 ?? NaN, base?.p99)];
}

/** Aligns columns as `deno fmt` does. */
export function grid(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, at) => Math.max(3, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(head), rule, ...rows.slice(1).map(line)].join("\n");
}

function tableOf({ title, unit, base, rows, notes = [] }: Table): string {
  const basis = rows.find(({ name }) => name === base);
  const isOne = rows.every(({ p99 }) => p99 === undefined);
  const numbers = isOne ? [unit, "ratio"] : [`p50 ${unit}`, "ratio", `p99 ${unit}`, "ratio"];
  const all = [["", ...numbers], ...rows.map((row) => cells(row, basis, isOne))];
  const shown = basis === undefined ? all.map((row) => row.filter((_, at) => at === 0 || at % 2 === 1)) : all;
  const about = basis === undefined ? "" : `\n\nThe ratios are to "${basis.name}".`;
  return [`### ${title}`, grid(shown) + about, ...notes].join("\n\n");
}

/** The page. Plots are files beside it. */
export function pageOf(figures: Figures): string {
  const { when, commit, machine, missing, tables, curves } = figures;
  const about = grid([["", ""], ...machine.map(([name, value]) => [name, value])]);
  const absent = missing.map((reason) => `Not measured: ${reason}.`);
  const plots = curves.map(({ id, title }) => `![${title}](figures/${id}.svg)`);
  return `${
    [
      "# Figures",
      "`deno task bench --write` writes this page: it starts nats-server, Redis and etcd on loopback, and measures them in " +
      "one run. What is compared is measured in turn, after a warm-up. Milliseconds are of this machine; the ratios carry " +
      "over. p50 is the median, p99 what one in a hundred exceeds.",
      ...absent,
      `Measured on ${when}, commit ${commit}:`,
      about,
      READING,
      "## Measured",
      ...tables.map(tableOf),
      ...plots,
      HELD,
    ].join("\n\n")
  }\n`;
}

const READING = `## How to read them

- The floor of a lock on NATS is one compare-and-set publish. The server writes it to its file before it answers, and
  does not wait for the disk: [settings](settings.md#when-a-write-is-on-the-disk) has that choice and its cost.
- etcd waits for the disk at each write. So its times depend on the disk, and those of nats-server do not.
- Redis keeps its data in memory here, and answers a single request sooner. If it stops, its locks are gone, and two can
  hold one.
- redlock and redis-semaphore poll, each with its default pause. The wait for a release is a part of that pause, and each
  waiter sends requests all the time. With many of them some poll comes soon: then the requests are the cost.
- Candidates of a Locker race: each release wakes all of them. For many waiters take a LockManager, which wakes one.
- "The messages of Locker, bare" are what Locker publishes, made and sent without any decision: what lies between the
  floor and them is the price of the headers and the lease length at the server, and what lies above them is our own
  code. So it is with "the messages of LockManager, bare": a ticket, one look at the queue, and a removal.
- "Where the time goes" splits a call at its requests. Own code is what would be left if each request took no time.
- A call comes after a rest of 3 ms, as in a program that does other things, too. "In a loop" means that the calls follow
  each other without a rest: all code is compiled by then, and stays in the caches of the processor.
- On three servers, the server that is connected to is the leader of the stream.
- Memory is what is in use after a garbage collection.
- All but the tables of TCP use a websocket of Deno, as \`open()\` makes it. One that \`wsconnect()\` makes in Deno is slower
  as soon as it sends more than 1,024 bytes at once: [runtimes](runtimes.md#deno) has the reason. All
  connections have \`noAsyncTraces\`, as those of \`open()\`.
- The way of the Go package sends two requests for each step, and two of its candidates can win.`;

/** Ratios and counts that do not depend on the machine. */
const HELD = `## What tests hold

\`deno task test tests/load\` checks these on every machine:

- A hand-over of a Locker is two messages.
- After a crash another is granted within the lease length and half a second (p99 of 50 killed holders), never before, in
  at most 12 messages; also one that begins to wait after the crash.
- A holder sends one message per renewal, and one more with every second renewal, which asks for the bucket's settings.
- A candidate that waits, and an observer, send two messages at the start to learn the record's age, then none.
- 1,000 observers of a key need no consumer.
- 50 candidates that ask at once have one winner in each of 200 rounds, on one server and on three.

\`deno run -A tests/load/ten_thousand.ts\` and \`ten_thousand_locks.ts\` keep 10,000 leases, and 10,000 locks by name, in
one process for a while, and print losses, messages and memory.`;
