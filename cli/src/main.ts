/** From arguments to an exit code. */

import process from "node:process";
import { type Command, CommanderError } from "commander";
import { CliError, EXIT } from "./exit.ts";
import { programOf } from "./program.ts";
import { say } from "./say.ts";

/** Runs the program on the arguments of the process, and ends the process. */
export async function main(): Promise<void> {
  let exitCode: number = EXIT.done;
  const program = programOf((code) => exitCode = code);
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    exitCode = error instanceof CommanderError ? misused(error, program) : await failed(error, program);
  }
  // What is still open, such as a connection that never came about, must not keep the process.
  process.exit(exitCode);
}

async function failed(error: unknown, program: Command): Promise<number> {
  const end = error instanceof CliError ? error : (await import("./end_of.ts")).endOf(error);
  const { message, next, exitCode } = end;
  const hint = next === "" && exitCode === EXIT.usage ? seeHelp(program) : next;
  say(hint === "" ? message : `${message}; ${hint}`);
  return exitCode;
}

/** The parser has shown its help already; what it complains of has several lines and a prefix of its own. */
function misused({ exitCode, message, code }: CommanderError, program: Command): number {
  if (exitCode === 0) return EXIT.done;
  if (code === "commander.help") return EXIT.usage;
  say(`${message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ")}; ${seeHelp(program)}`);
  return EXIT.usage;
}

/** Where the command that was meant is explained. */
function seeHelp(program: Command): string {
  const path = ["natslock"];
  let at: Command | undefined = program;
  for (const word of process.argv.slice(2)) {
    at = at.commands.find((command) => command.name() === word);
    if (at === undefined) break;
    path.push(word);
  }
  return `see "${path.join(" ")} --help"`;
}
