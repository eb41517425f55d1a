/**
 * `deno task chaos`: real servers and clients that fail.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { engines } from "./engines.ts";
import { REPORT_HEAD, reportOf } from "./report.ts";
import { run } from "./run.ts";

const HELP =
  `Lets three nats-servers, their lines and their clients fail, and looks whether any rule of a lock is broken.

Usage: deno task chaos [--minutes N] [--seed N] [--report FILE]

--minutes N    how long faults go on (default 1)
--seed N       which faults come when (default: one drawn from the time, printed)
--report FILE  where the report goes as Markdown, besides the screen

Ctrl-C ends the faults; everything is judged then. Exit code 1 if a rule was broken: the histories are kept, and the
seed that is printed draws the same faults again (what they meet depends on the machine).`;

const MINUTE = 60_000;

const say = (line: string) => void Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));

/** One line that changes on a terminal, else a line for each. */
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
  const options = { minutes: text, seed: text, report: text, help: { type: "boolean", short: "h" } } as const;
  const { values } = parseArgs({ args, options });
  if (values.help) {
    say(HELP);
    return true;
  }
  const length = positive("minutes", values.minutes ?? "1") * MINUTE;
  const seed = Math.floor(positive("seed", values.seed ?? String(Date.now() % 1e9)));
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

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args) ? 0 : 1);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    Deno.exit(2);
  }
}
