/** Declares `natslock run` and `natslock hold`. */

import { type Command, Option } from "commander";
import type { Finish } from "./exit.ts";
import { collect } from "./claim.ts";
import { connecting, example, QUEUES } from "./flags.ts";
import { endFlagsAtCommand } from "./operands.ts";
import type { RunFlags } from "./run_plan.ts";

/** What stands below the flags. The whole help must fit on a screen of 24 lines. */
const NOTES = `
More: -v logs all events; --shared, --limit <n>, -k <key>: natslock help queues
Key: letters, digits and -_=/ in parts joined by dots, such as jobs.nightly
Connection: -s URLS, --context NAME, --creds FILE; see natslock help connection`;

const RUN_NOTES = `${NOTES}
Exit code: that of the command; 64 usage, 69 no NATS, 75 not acquired, 124 lost
Example:
  natslock run nightly-report --timeout 1m ./report.sh --full`;

/** Adds `natslock run`. */
export function addRun(program: Command, finish: Finish): void {
  const command = program.command("run")
    .usage("[options] <key> [--] <command...>")
    .description("Run a command while holding a lock; stop it if the lock is lost")
    .argument("<key>", "key of the lock")
    .argument("[command...]", "command to run; the flags of natslock end before it");
  acquiring(command)
    .option("-c, --shell <text>", "run this text with sh -c, not a command")
    .option("--at-least <time>", "keep the lock for at least this long")
    .option("--grace <time>", "from TERM to KILL after a loss (default: ttl/20)")
    .option("--keep-trying", "acquire and run repeatedly, until a signal")
    .action(async (key: string, words: string[], flags: RunFlags) => {
      const { run } = await import("./run.ts");
      finish(await run({ key, command: words }, flags));
    });
  endFlagsAtCommand(command);
  connecting(command, RUN_NOTES);
  // It works, but the screen has no line for it.
  command.addHelpOption(new Option("-h, --help").hideHelp());
}

/** Adds `natslock hold`. */
export function addHold(program: Command, finish: Finish): void {
  const command = program.command("hold")
    .description("Hold a lock without a command until Ctrl-C")
    .argument("<key>", "key of the lock");
  acquiring(command).action(async (key: string, flags: RunFlags) => {
    const { hold } = await import("./run.ts");
    finish(await hold(key, flags));
  });
  connecting(command, `${NOTES}\nExit code: 128 + the number of the signal; 75 not acquired, 124 lost`);
  example(command, "natslock hold nightly-report");
}

/** Adds the flags that `run` and `hold` share. */
function acquiring(command: Command): Command {
  return command
    .option("--try", "do not wait; exit with 75 if the lock is held")
    .option("--timeout <time>", "maximum wait for the lock; then exit with 75")
    .option("-E, --conflict-exit-code <n>", "exit code instead of 75")
    .option("--ttl <time>", "lease length (default: that of the bucket)")
    .option("--create", "create the bucket if it does not exist")
    .option("--name <text>", "name shown to others (default: COMMAND@HOST)")
    .option("-q, --quiet", "do not report that another holds the lock")
    .addOption(new Option("-v, --verbose", "log every event to standard error").helpGroup(QUEUES))
    .addOption(new Option("--shared", "hold together with others that share").helpGroup(QUEUES))
    .addOption(new Option("--limit <n>", "at most n share at once").helpGroup(QUEUES))
    .addOption(new Option("--weight <n>", "take n of the limit (default: 1)").helpGroup(QUEUES))
    .addOption(new Option("-k, --key <key>", "another key, to hold all at once").argParser(collect).helpGroup(QUEUES));
}
