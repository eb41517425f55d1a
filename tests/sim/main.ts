/**
 * `deno task sim`: runs many seeds, or repeats one.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { runSeeds } from "./crew.ts";
import { type Fault, FAULTS } from "./faults.ts";
import { play } from "./play.ts";
import { type RunOptions, withWorld } from "./run.ts";
import { replayCommand, shrink } from "./shrink.ts";
import { coverageOf, type Tally } from "./tally.ts";

const HELP = `Runs the shipped Lockers on simulated machines, networks and servers with faults. Each seed is one run.

Usage: deno task sim [--seeds N] [--minutes N] [--from N] [--workers N] [--wire | --memory | --locks [--small] [--lost-writes]] [--markers]
       deno task sim --seed N [--most N] [--without KINDS] [--wire | --memory | --locks [--small] [--lost-writes]] [--markers]

--seeds N        number of seeds (default 2000; with --minutes: no limit)
--minutes N      stop after N minutes, when the running seeds have ended (default: no limit)
--from N         first seed (default: drawn from the time; it is printed)
--workers N      number of cores (default: all)
--wire           run the shipped NATS adapter on a simulated JetStream
--memory         run on the memory store (default: one seed in eight runs on JetStream)
--locks          run lock managers, which have many locks with queues, on the memory store
--small          with --locks: few processes and requests, and faults for a shorter time
--lost-writes    with --locks: servers lose acknowledged writes, too; only waits and messages are judged then
--markers        use a bucket with expiry markers, in which no lock is safe; a broken rule is expected
--seed N         run one seed and print its trace
--most N         allow only the first N faults of that run
--without KINDS  do not allow faults of these kinds, separated by commas

Exit code 1 if a rule was broken. The first such seed is then shrunk to fewer faults and its trace is printed.`;

/** Number of trace lines to print. The last ones matter. */
const SHOWN = 60;

const MINUTE = 60_000;

/** More seeds than anybody runs. */
const NO_LIMIT = "999999999";

const say = (line: string) => void Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));

/** Repeats one run and prints its trace. */
async function replay(seed: number, options: RunOptions): Promise<boolean> {
  const lines: string[] = [];
  const outcome = await play(seed, { ...options, trace: (line) => void lines.push(line) });
  if (lines.length > SHOWN) say(`(${lines.length - SHOWN} earlier lines)`);
  for (const line of lines.slice(-SHOWN)) say(line);
  const faults = [...outcome.faults].map(([name, number]) => `${name} ${number}`).join(", ");
  say(
    `seed ${seed}${options.wire ? " on JetStream" : ""}: ${outcome.steps} events, ${outcome.grants} grants, faults: ${
      faults || "none"
    }`,
  );
  say(outcome.broken ?? "no rule was broken");
  return outcome.broken === null;
}

/** Which seeds to run, and how. */
interface Hunt {
  readonly from: number;
  readonly seeds: number;
  /** Time limit in ms. */
  readonly length: number;
  readonly workers: number;
  readonly options: RunOptions;
}

/** Runs many seeds. Explains the first one that breaks a rule. */
async function hunt({ length, ...how }: Hunt): Promise<boolean> {
  const { from, seeds } = how;
  const start = performance.now();
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  const timer = length < Infinity ? setTimeout(interrupt, length) : undefined;
  Deno.addSignalListener("SIGINT", interrupt);
  let said = 0;
  const line = ({ seeds: done, grants, broken }: Tally) => {
    const rate = Math.round(done / (performance.now() - start) * 60_000);
    return `${done} of ${seeds} seeds, ${rate} a minute, ${grants} grants, ${broken.length} broken`;
  };
  let red = 0;
  const progress = (tally: Tally) => {
    for (const { seed, rule } of tally.broken.slice(red)) say(`seed ${seed}: ${rule}`);
    red = tally.broken.length;
    if (performance.now() - said < 2000) return;
    said = performance.now();
    say(line(tally));
  };
  say(`seeds ${from} to ${from + seeds - 1} on ${how.workers} workers`);
  const tally = await runSeeds({ ...how, signal: stop.signal, progress });
  clearTimeout(timer);
  Deno.removeSignalListener("SIGINT", interrupt);
  for (const row of coverageOf(tally)) say(row);
  say(line(tally));
  const [first] = tally.broken;
  if (first) await explain(first.seed, how.options);
  return tally.broken.length === 0;
}

async function explain(seed: number, options: RunOptions): Promise<void> {
  say(`\nshrinking seed ${seed}`);
  const shrunk = await shrink(seed, withWorld(seed, options));
  if (shrunk === null) return say("The seed breaks no rule when it runs alone: the run is not determined by its seed");
  await replay(seed, shrunk.options);
  say(`replay: ${replayCommand(seed, shrunk.options)}`);
}

/** Parses a whole number, 0 or more. */
function whole(name: string, text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new Error(`"--${name}" must be a whole number, current value is "${text}"`);
}

function kinds(text: string): Fault[] {
  return text.split(",").map((name) => {
    const kind = FAULTS.find((fault) => fault === name.trim());
    if (kind) return kind;
    throw new Error(
      `"--without" must name kinds of faults, current value is "${name}"; kinds are ${FAULTS.join(", ")}`,
    );
  });
}

function flagsOf(args: string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  return parseArgs({
    args,
    options: {
      ...{ seeds: text, minutes: text, from: text, workers: text, seed: text, most: text, without: text },
      ...{ markers: flag, wire: flag, memory: flag, locks: flag, small: flag, "lost-writes": flag },
      help: { type: "boolean", short: "h" },
    },
  }).values;
}

type Flags = ReturnType<typeof flagsOf>;

function optionsOf(
  { most, without, markers = false, wire, memory, locks, small = false, ...flags }: Flags,
): RunOptions {
  const { "lost-writes": lostWrites = false } = flags;
  if ([wire, memory, locks].filter(Boolean).length > 1) {
    throw new Error('Use only one of "--wire", "--memory" and "--locks"');
  }
  if ((small || lostWrites) && !locks) throw new Error('Use "--small" and "--lost-writes" only with "--locks"');
  return {
    markers,
    ...(wire || memory ? { wire: wire === true } : {}),
    ...(locks ? { locks, small, lostWrites, wire: false } : {}),
    ...(most === undefined ? {} : { most: whole("most", most) }),
    ...(without === undefined ? {} : { without: kinds(without) }),
  };
}

async function main(args: string[]): Promise<boolean> {
  const flags = flagsOf(args);
  if (flags.help) {
    say(HELP);
    return true;
  }
  const options = optionsOf(flags);
  const { minutes, from = String(Date.now() % 1e9), workers, seed } = flags;
  if (seed !== undefined) return await replay(whole("seed", seed), withWorld(whole("seed", seed), options));
  const { seeds = minutes === undefined ? "2000" : NO_LIMIT } = flags;
  const cores = workers === undefined ? navigator.hardwareConcurrency : Math.max(1, whole("workers", workers));
  const length = minutes === undefined ? Infinity : whole("minutes", minutes) * MINUTE;
  return await hunt({ from: whole("from", from), seeds: whole("seeds", seeds), length, workers: cores, options });
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args) ? 0 : 1);
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}\nTry: deno task sim --help`);
    Deno.exit(2);
  }
}
