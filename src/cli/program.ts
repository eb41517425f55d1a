/** The commands and their flags, as the parser is told them. What a command does is loaded when it is used. */

import { Command } from "commander";
import type { RunFlags } from "./run.ts";

/** Takes the exit code of a command that was carried out. */
export type Finish = (exitCode: number) => void;

export function programOf(finish: Finish): Command {
  const program = new Command("natslock").enablePositionalOptions();
  program.command("run").argument("<key>").argument("<command...>").passThroughOptions()
   .option("--try").option("--timeout <t>").option("--ttl <t>").option("--grace <t>").option("--keep-trying")
   .option("-s, --servers <u>").option("--bucket <b>", "", "locks").option("-q, --quiet").option("-v, --verbose")
    .action(async (key: string, command: string[], flags: RunFlags) => {
      const { run } = await import("./run.ts");
      finish(await run({ key, command: command[0] === "--" ? command.slice(1) : command }, flags));
    });
  return program;
}
