/**
 * `deno task sim`: many seeds, or one again.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { runSeeds } from "./crew.ts";
import { type Fault, FAULTS } from "./faults.ts";
import { Run, type RunOptions } from "./run.ts";
import { replayCommand, shrink } from "./shrink.ts";
import { coverageOf, type Tally } from "./tally.ts";

const HELP = `Runs the shipped Lockers on simulated machines, networks and servers that fail, seed by seed.

Usage: deno task sim [--seeds N] [--minutes N] [--from N] [--workers N] [--markers]
       deno task sim --seed N [--most N] [--without KINDS] [--markers]

--seeds N        how many seeds (default 2000; with --minutes: no limit)
--minutes N      ends after so many minutes and the seeds that are under way (default: no limit)
--from N         the first of them (default: one drawn from the time, printed)
--workers N      how many cores (default: all)
--markers        a bucket with expiry markers, in which no lock is safe: expected to turn red
--seed N         one run, with its trace
--most N         its faults after this many do not happen
--without KINDS  faults of these kinds, joined by commas, do not happen

Exit code 1 if a rule was broken; the first red seed is then shrunk and its trace printed.`;

/** Lines of a trace that are shown: those before the end matter. */
const SHOWN = 60;

const MINUTE = 60_000;

/** As many seeds as nobody runs. */
const NO_LIMIT = "999999999";

const say = (line: string) => void Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));

/** One run, with its trace. */
async function replay(seed: number, options: RunOptions): Promise<boolean> {
  const lines: string[] = [];
  const outcome = await new Run(seed, { ...options, trace: (line) => void lines.push(line) }).outcome();
  if (lines.length > SHOWN) say(`(${lines.length - SHOWN} lines before)`);
  for (const line of lines.slice(-SHOWN)) say(line);
  const faults = [...outcome.faults].map(([name, number]) => `${name} ${number}`).join(", ");
  say(`seed ${seed}: ${outcome.steps} events, ${outcome.grants} grants, faults: ${faults || "none"}`);
  say(outcome.broken ?? "no rule was broken");
  return outcome.broken === null;
}

/** Which seeds to hunt, and how. */
interface Hunt {
  readonly from: number;
  readonly seeds: number;
  /** How long at most, in ms. */
  readonly length: number;
  readonly workers: number;
  readonly options: RunOptions;
}

/** Many runs; explains the first that is red. */
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
  const shrunk = await shrink(seed, options);
  if (shrunk === null) return say("It is green when run alone: the run is not determined by its seed");
  await replay(seed, shrunk.options);
  say(`replay: ${replayCommand(seed, shrunk.options)}`);
}

/** A whole number, 0 or more, given as text. */
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

async function main(args: string[]): Promise<boolean> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      ...{ seeds: text, minutes: text, from: text, workers: text, seed: text, most: text, without: text },
      markers: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    say(HELP);
    return true;
  }
  const { minutes, from = String(Date.now() % 1e9), workers, seed, most, without, markers = false } = values;
  const { seeds = minutes === undefined ? "2000" : NO_LIMIT } = values;
  const options: RunOptions = {
    markers,
    ...(most === undefined ? {} : { most: whole("most", most) }),
    ...(without === undefined ? {} : { without: kinds(without) }),
  };
  if (seed !== undefined) return await replay(whole("seed", seed), options);
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
