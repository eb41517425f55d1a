/** The commands and their flags, as the parser is told them. What a command does is loaded when it is used. */

import tab from "@bomb.sh/tab/commander";
import { Argument, Command } from "commander";
import type { CreateFlags } from "./bucket_create.ts";
import type { EvictFlags } from "./evict.ts";
import { connecting, CONNECTION_HELP, example, HELP_STYLE } from "./flags.ts";
import type { RunFlags } from "./run.ts";
import type { ShowFlags } from "./show.ts";
import type { TimingFlags } from "./timing.ts";
import { VERSION } from "./version.ts";

/** Takes the exit code of a command that was carried out. */
export type Finish = (exitCode: number) => void;

const RUN_CODES = `
Exit code: the command's; 75 not acquired, 124 lost, 69 unreachable, 64 bad call
`.trimEnd();

/** The whole command line; `finish` is told the exit code. */
export function programOf(finish: Finish): Command {
  const program = new Command("natslock")
    .description("Hold a lock on NATS while a command runs; see who holds what.")
    .enablePositionalOptions()
    .configureHelp(HELP_STYLE)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .helpCommand(false)
    .helpOption("-h, --help", "show this help")
    .version(VERSION, "-V, --version", "show the version")
    .showSuggestionAfterError();
  example(program, "natslock run nightly-report -- ./report.sh");
  addRun(program, finish);
  addViews(program, finish);
  addEvict(program, finish);
  addBucket(program, finish);
  addTiming(program, finish);
  addHelp(program);
  tab(program, { completionCommandName: "completion" });
  const completion = program.commands.find((command) => command.name() === "completion");
  if (completion) {
    example(
      completion.description("Print a script for bash, zsh, fish or powershell"),
      'eval "$(natslock completion bash)"',
    );
  }
  return program;
}

function addRun(program: Command, finish: Finish): void {
  const command = program.command("run")
    .usage("[options] <key> -- <command...>")
    .description("Hold a lock while a command runs; end it if the lock is lost")
    .argument("<key>", "key of the lock")
    .argument("<command...>", "what to run, after --")
    .option("--try", "do not wait: exit 75 if another holds the lock")
    .option("--timeout <time>", "wait no longer than this: exit 75 then")
    .option("--ttl <time>", "lease length (default: the bucket's)")
    .option("--grace <time>", "from TERM to KILL after a loss (default: ttl/20)")
    .option("--keep-trying", "run it at each win, until a signal ends it")
    .option("--name <text>", "how others see the holder (default: CMD@HOST)")
    .option("-q, --quiet", "do not speak of waits")
    .option("-v, --verbose", "tell each event on standard error")
    .action(async (key: string, command: string[], flags: RunFlags) => {
      const { run } = await import("./run.ts");
      finish(await run({ key, command }, flags));
    });
  connecting(command).addHelpText("after", RUN_CODES);
  example(command, "natslock run nightly-report --timeout 1m -- ./report.sh --full");
}

function addViews(program: Command, finish: Finish): void {
  const json = (command: Command) => connecting(command.option("--json", "one line of JSON for each"));
  const status = program.command("status")
    .description("Show all that is known of some locks")
    .argument("<key...>", "keys of the locks")
    .action(async (keys: string[], flags: ShowFlags) =>
      finish(await (await import("./status.ts")).status(keys, flags))
    );
  example(json(status), "natslock status nightly-report --json");
  const ls = program.command("ls")
    .description("List the locks that are held; the filter may have * and >")
    .argument("[filter]", "keys to list, with the wildcards * and > of NATS")
    .action(async (filter: string | undefined, flags: ShowFlags) =>
      finish(await (await import("./list.ts")).list(filter, flags))
    );
  example(json(ls), "natslock ls 'jobs.>'");
  const watch = program.command("watch")
    .description("Show each change of holder, until Ctrl-C")
    .argument("[key...]", "keys of the locks (default: all)")
    .action(async (keys: string[], flags: ShowFlags) => finish(await (await import("./watch.ts")).watch(keys, flags)));
  example(json(watch), "natslock watch nightly-report");
}

function addEvict(program: Command, finish: Finish): void {
  const command = program.command("evict")
    .alias("release")
    .description("Take a lock away; its holder learns of it later")
    .argument("<key>", "key of the lock")
    .option("--if-token <number>", "only if its fencing token is still this")
    .option("-y, --yes", "do not ask")
    .action(async (key: string, flags: EvictFlags) => finish(await (await import("./evict.ts")).evict(key, flags)));
  example(connecting(command), "natslock evict nightly-report");
}

function addBucket(program: Command, finish: Finish): void {
  const bucket = program.command("bucket").helpCommand(false).description("Make or check a bucket for locks");
  const create = bucket.command("create")
    .description("Make a bucket that is fit for locks")
    .argument("[name]", "its name (default: --bucket)")
    .option("--ttl <time>", "longest lease (default: 15s)", "15s")
    .option("--replicas <number>", "copies: 1, 3 or 5 (default: 1)", "1")
    .option("--storage <kind>", "file or memory (default: file)", "file")
    .option("--max-bytes <number>", "most that it may hold (default: no limit)")
    .option("--description <text>", "what it is for")
    .action(async (name: string | undefined, flags: CreateFlags) =>
      finish(await (await import("./bucket_create.ts")).createBucket(name, flags))
    );
  example(connecting(create), "natslock bucket create locks --ttl 30s --replicas 3");
  const check = bucket.command("check")
    .description("Say whether locks are safe in a bucket, and how to mend it")
    .argument("[name]", "its name (default: --bucket)")
    .option("--json", "one line of JSON")
    .action(async (name: string | undefined, flags: ShowFlags) =>
      finish(await (await import("./bucket_check.ts")).checkBucket(name, flags))
    );
  example(connecting(check), "natslock bucket check locks");
  example(bucket, "natslock bucket check locks");
}

function addTiming(program: Command, finish: Finish): void {
  const command = program.command("timing")
    .description("Say what a lease length means; needs no server")
    .option("--ttl <time>", "lease length (default: 15s)", "15s")
    .option("--renew <time>", "from renewal to renewal (default: ttl/3)")
    .option("--margin <time>", "how much earlier the holder ends (default: ttl/10)")
    .option("--retry <time>", "pause after a failed request (default: ttl/15)")
    .option("--request-timeout <time>", "wait for an answer (default: ttl/4)")
    .option("--json", "one line of JSON")
    .action(async (flags: TimingFlags) => finish(await (await import("./timing.ts")).timing(flags)));
  example(command, "natslock timing --ttl 30s");
}

function addHelp(program: Command): void {
  program.command("help")
    .description("Explain a command, or: connection")
    .addArgument(new Argument("[command...]", "a command, or: connection"))
    .action(async (path: string[]) => {
      const { print } = await import("./print.ts");
      if (path[0] === "connection") return await print(CONNECTION_HELP);
      const find = (found: Command | undefined, name: string) => found?.commands.find((one) => one.name() === name);
      (path.reduce<Command | undefined>(find, program) ?? program).outputHelp();
    });
}
