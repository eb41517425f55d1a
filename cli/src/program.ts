/** Declares the commands and their flags. The module of a command is loaded only when that command runs. */

import { Argument, Command } from "commander";
import type { CheckFlags } from "./bucket_check.ts";
import type { CreateFlags } from "./bucket_create.ts";
import { addCompletion } from "./completion_commands.ts";
import type { DeleteFlags } from "./bucket_delete.ts";
import type { EvictFlags } from "./evict_flags.ts";
import { CliError, EXIT, type Finish } from "./exit.ts";
import { connecting, connectingBefore, CONNECTION_HELP, example, HELP_STYLE } from "./flags.ts";
import { addHold, addRun } from "./lock_commands.ts";
import type { ShowFlags } from "./show.ts";
import type { TimingFlags } from "./timing.ts";
import { VERSION } from "./version.ts";

const KEYS = "keys, or filters with the NATS wildcards * and >";
const FILTERS = `
Filters, in quotes: 'jobs.*' is one part below "jobs", 'jobs.>' is all below it`;

/** Returns the parser of the whole command line. `finish` receives the exit code. */
export function programOf(finish: Finish): Command {
  const program = new Command("natslock")
    .description("Run commands under distributed locks on NATS, and inspect the locks")
    .enablePositionalOptions()
    .configureHelp(HELP_STYLE)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .helpCommand(false)
    .helpOption("-h, --help", "show help")
    .version(VERSION, "-V, --version", "show version")
    .showSuggestionAfterError();
  example(program, "natslock run nightly-report -- ./report.sh");
  addRun(program, finish);
  addHold(program, finish);
  addViews(program, finish);
  addEvict(program, finish);
  addBucket(program, finish);
  addTiming(program, finish);
  addHelp(program);
  connectingBefore(program);
  addCompletion(program);
  return program;
}

function addViews(program: Command, finish: Finish): void {
  const view = (command: Command) =>
    connecting(
      command.option("--json", "print results as JSON, one per line, with all details")
        .option("--ids", "also show the holder IDs and fencing tokens"),
    ).addHelpText("after", FILTERS);
  const status = program.command("status")
    .description("Show the state of locks, by key or filter")
    .argument("<key...>", KEYS)
    .action(async (keys: string[], flags: ShowFlags) =>
      finish(await (await import("./status.ts")).status(keys, flags))
    );
  example(view(status), "natslock status nightly-report 'jobs.>'");
  const ls = program.command("ls")
    .description("List held locks: all, or those of the keys and filters")
    .argument("[key...]", KEYS)
    .action(async (keys: string[], flags: ShowFlags) => finish(await (await import("./list.ts")).list(keys, flags)));
  const columns = "LEFT: time until the lease ends, unless renewed; PLACE: how many are before it";
  view(ls).addHelpText("after", columns);
  example(ls, "natslock ls 'jobs.>'");
  const watch = program.command("watch")
    .description("Print each change of holder until interrupted")
    .argument("[key...]", KEYS)
    .action(async (keys: string[], flags: ShowFlags) => finish(await (await import("./watch.ts")).watch(keys, flags)));
  example(view(watch), "natslock watch nightly-report 'jobs.*'");
}

function addEvict(program: Command, finish: Finish): void {
  const command = program.command("evict")
    .alias("release")
    .description("Evict the holder of a lock; it notices at its next renewal")
    .argument("<key>", "key of the lock")
    .option("--if-token <number>", "evict only if the fencing token is this number")
    .option("--place <number>", "in a bucket for queues: the request at this place")
    .option("-y, --yes", "do not ask for confirmation")
    .action(async (key: string, flags: EvictFlags) => finish(await (await import("./evict.ts")).evict(key, flags)));
  example(connecting(command), "natslock evict nightly-report");
}

function addBucket(program: Command, finish: Finish): void {
  const bucket = program.command("bucket").helpCommand(false).description("Create, check or delete a bucket for locks");
  const create = bucket.command("create")
    .description("Create a bucket for locks, unless it exists with these settings")
    .argument("[name]", "bucket name (default: --bucket)")
    .option("--queues", "for locks with queues; see natslock help queues")
    .option("--ttl <time>", "maximum lease length (default: 15s; with --queues: 24h)")
    .option("--replicas <number>", "number of replicas: 1, 3 or 5 (default: 1)", "1")
    .option("--storage <kind>", "storage type: file or memory (default: file)", "file")
    .option("--max-bytes <number>", "maximum size in bytes (default: unlimited)")
    .option("--description <text>", "description of the bucket")
    .action(async (name: string | undefined, flags: CreateFlags) =>
      finish(await (await import("./bucket_create.ts")).createBucket(name, flags))
    );
  example(connecting(create), "natslock bucket create locks --ttl 30s --replicas 3");
  const check = bucket.command("check")
    .description("Check whether a bucket is safe for locks, and show fixes")
    .argument("[name]", "bucket name (default: --bucket)")
    .option("--queues", "check whether it is for queues, too")
    .option("--json", "print one line of JSON")
    .action(async (name: string | undefined, flags: CheckFlags) =>
      finish(await (await import("./bucket_check.ts")).checkBucket(name, flags))
    );
  example(connecting(check), "natslock bucket check locks");
  const remove = bucket.command("delete")
    .alias("rm")
    .description("Delete a bucket in which no lock is held")
    .argument("<name>", "bucket name")
    .option("-y, --yes", "do not ask for confirmation")
    .option("--force", "delete it even if locks are held, or it is not for locks")
    .action(async (name: string, flags: DeleteFlags) =>
      finish(await (await import("./bucket_delete.ts")).deleteBucket(name, flags))
    );
  example(connecting(remove), "natslock bucket delete old-locks");
  example(bucket, "natslock bucket check locks");
}

function addTiming(program: Command, finish: Finish): void {
  const command = program.command("timing")
    .description("Show the timing of a lease; needs no server")
    .option("--ttl <time>", "lease length (default: 15s)", "15s")
    .option("--renew <time>", "renewal interval (default: ttl/3)")
    .option("--margin <time>", "how much earlier the holder stops (default: ttl/10)")
    .option("--retry <time>", "retry interval (default: ttl/15, at most 1s)")
    .option("--request-timeout <time>", "request timeout (default: ttl/4, at most 5s)")
    .option("--json", "print one line of JSON")
    .action(async (flags: TimingFlags) => finish(await (await import("./timing.ts")).timing(flags)));
  example(command, "natslock timing --ttl 30s");
}

function addHelp(program: Command): void {
  program.command("help")
    .description('Show help for a command, "connection" or "queues"')
    .addArgument(new Argument("[command...]", 'a command, "connection" or "queues"'))
    .action(async (path: string[]) => {
      const { print } = await import("./print.ts");
      if (path[0] === "connection") return await print(CONNECTION_HELP);
      if (path[0] === "queues") return await print((await import("./queue_help.ts")).QUEUES_HELP);
      const find = (found: Command | undefined, name: string) =>
        found?.commands.find((one) => one.name() === name || one.aliases().includes(name));
      const command = path.reduce<Command | undefined>(find, program);
      if (command) return command.outputHelp();
      throw new CliError(EXIT.usage, `unknown command '${path.join(" ")}'`, 'see "natslock --help"');
    });
}
