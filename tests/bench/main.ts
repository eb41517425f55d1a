/**
 * `deno task bench`: compares the times of locks by name with those of bare messages.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { NatsCluster } from "../../tools/nats/cluster.ts";
import { NatsServer } from "../../tools/nats/server.ts";
import { codeOf, print, UsageError, wholeNumber } from "../../tools/usage.ts";
import { percentile } from "../helpers/measure.ts";
import { alone, type BenchPlace, manyWaiters, oneWaiter, type Samples } from "./locks.ts";

const HELP = `Measures locks by name on one server and on three, and prints the times as ratios to bare messages.

Usage: deno task bench [--rounds N] [--help]

--rounds N  samples of each kind (default 300)

The samples of one table are interleaved, so the ratios hold on a busy machine as well. The milliseconds do not.
Nothing is judged: the exit code is 0 unless something fails. It takes about two minutes.`;

const say = (text: string) => print(Deno.stdout, text);

/** Prints the samples, each with its ratio to `base`. */
function table(title: string, samples: Samples, base: string): void {
  say(`\n${title}`);
  const floor = samples[base] ?? [];
  for (const [name, taken] of Object.entries(samples)) {
    const cells = (taken.length === 1 ? [50] : [50, 99]).map((percent) => {
      const [one, other] = [percentile(taken, percent), percentile(floor, percent)];
      return `${taken.length === 1 ? "mean" : `p${percent}`} ${one.toFixed(3)} ms${
        name === base ? "" : ` (${(one / other).toFixed(2)}x)`
      }`;
    });
    say(`  ${name.padEnd(22)} ${cells.map((cell) => cell.padEnd(22)).join(" ").trimEnd()}`);
  }
}

async function measure(where: string, place: BenchPlace): Promise<void> {
  table(`${where}, nobody else there`, await alone(place), "raw publish");
  const one = await oneWaiter(place);
  table(`${where}, one waiter`, one, "publish-push-publish");
  const many = await manyWaiters(place);
  table(`${where}, 1,000 waiters of 10 processes`, many, "publish-push-publish");
  const [few, most] = [one, many].map((samples) => percentile(samples["hand-over"] ?? [], 50));
  say(`  p50 of a hand-over with 1,000 waiters to that with one: ${((most ?? NaN) / (few ?? NaN)).toFixed(2)}x`);
}

function flagsOf(args: readonly string[]) {
  const options = { rounds: { type: "string" }, help: { type: "boolean" } } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ")[0]}; see --help`);
  }
}

async function main(args: readonly string[]): Promise<void> {
  const flags = flagsOf(args);
  if (flags.help) return say(HELP);
  const rounds = wholeNumber("rounds", flags.rounds) ?? 300;
  {
    await using server = await NatsServer.start();
    await measure("One server", { urls: [server.url], replicas: 1, rounds });
  }
  await using cluster = await NatsCluster.start();
  await measure("Three servers", { urls: cluster.urls, replicas: 3, rounds });
}

const code = await codeOf(() => main(Deno.args));
if (code !== 0) Deno.exit(code);
