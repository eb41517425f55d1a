/**
 * `deno task chaos`: runs real servers and clients with faults.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { engines } from "./engines.ts";
import { storm } from "./lock_storm.ts";
import { REPORT_HEAD, reportOf } from "./report.ts";
import { run } from "./run.ts";

const HELP =
  `Causes faults of three nats-servers, their lines and their clients, and checks whether a lock breaks any rule.

Usage: deno task chaos [--minutes N] [--seed N] [--report FILE]
       deno task chaos --locks [--rounds N] [--seed N]

--minutes N    how long faults happen (default 1)
--seed N       seed of the faults (default: drawn from the time; it is printed)
--report FILE  also write the report to FILE, as Markdown
--locks        only locks by name: 20 lock managers in processes of their own play rounds on three servers, while the
               leader steps down, followers are stopped for 20 to 120 ms and one process is killed per second
--rounds N     rounds of each of these managers (default 500)

Press Ctrl-C to end the faults; the checks follow. Exit code 1 if a rule was broken: the histories are kept. The printed
seed draws the same faults again, but their effects depend on the machine.`;

const MINUTE = 60_000;

const say = (line: string) => void Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));

/** Prints a line that replaces the previous one on a terminal; otherwise a new line. */
function status(line: string): void {
  const live = Deno.stdout.isTerminal();
  Deno.stdout.writeSync(new TextEncoder().encode(live ? `\r\x1b[2K${line}` : `${line}\n`));
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (number > 0 && number < 1e9) return number;
  throw new Error(`"--${name}" must be a number above 0, current value is "${text}"`);
}

async function main(args: string[]): Promise<boolean> {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = {
    minutes: text,
    seed: text,
    report: text,
    locks: flag,
    rounds: text,
    help: { ...flag, short: "h" },
  } as const;
  const { values } = parseArgs({ args, options });
  if (values.help) {
    say(HELP);
    return true;
  }
  const length = positive("minutes", values.minutes ?? "1") * MINUTE;
  const seed = Math.floor(positive("seed", values.seed ?? String(Date.now() % 1e9)));
  if (values.locks) return await locks(seed, Math.ceil(positive("rounds", values.rounds ?? "500")));
  const stop = new AbortController();
  Deno.addSignalListener("SIGINT", () => stop.abort());
  const folder = await Deno.makeTempDir({ prefix: "natslock-chaos-" });
  const runtimes = await engines(folder);
  const names = runtimes.map(({ name }) => name);
  say(`seed ${seed}, ${length / MINUTE} minutes, clients on ${names.join(" and ")}`);
  const outcome = await run({ seed, length, folder, engines: runtimes, signal: stop.signal, progress: status });
  const report = reportOf({ ...outcome, length, engines: names });
  say(`\n\n${report}`);
  if (values.report) await Deno.writeTextFile(values.report, `${REPORT_HEAD}\n\n${report}\n`);
  if (outcome.violations.length === 0) {
    await Deno.remove(folder, { recursive: true });
    return true;
  }
  say(`\nhistories: ${folder}\nreplay the faults: deno task chaos --minutes ${length / MINUTE} --seed ${seed}`);
  return false;
}

async function locks(seed: number, rounds: number): Promise<boolean> {
  const folder = await Deno.makeTempDir({ prefix: "natslock-storm-" });
  const runtimes = await engines(folder, "tests/chaos/lock_player.ts");
  say(`seed ${seed}, ${rounds} rounds of each manager, on ${runtimes.map(({ name }) => name).join(" and ")}`);
  const { figures, violations } = await storm({ seed, rounds, folder, engines: runtimes, progress: status });
  say("\n");
  for (const [name, value] of figures) say(`${name}: ${value}`);
  say(`rules broken: ${violations.length}`);
  for (const violation of violations) say(`- ${violation}`);
  if (violations.length === 0) await Deno.remove(folder, { recursive: true });
  else say(`histories: ${folder}`);
  return violations.length === 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args) ? 0 : 1);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    Deno.exit(2);
  }
}
