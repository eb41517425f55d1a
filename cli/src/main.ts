/** Runs the command line and turns errors into exit codes. */

import process from "node:process";
import { type Command, CommanderError } from "commander";
import { CliError, EXIT } from "./exit.ts";
import { programOf } from "./program.ts";
import { say } from "./say.ts";

/** Runs the program with the arguments of the process, then ends the process. */
export async function main(): Promise<void> {
  let exitCode: number = EXIT.done;
  const program = programOf((code) => exitCode = code);
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    exitCode = error instanceof CommanderError ? misused(error, program) : await failed(error, program);
  }
  // An open handle, such as a connection attempt that never succeeds, must not keep the process alive.
  process.exit(exitCode);
}

async function failed(error: unknown, program: Command): Promise<number> {
  const end = error instanceof CliError ? error : (await import("./end_of.ts")).endOf(error);
  const { message, next, exitCode } = end;
  const hint = next === "" && exitCode === EXIT.usage ? seeHelp(program) : next;
  say(hint === "" ? message : `${message}; ${hint}`);
  return exitCode;
}

/**
 * Handles what the parser throws. It throws after it has printed help as well. Its error messages have a prefix and can
 * have several lines, so they are reduced to one line.
 */
function misused({ exitCode, message, code }: CommanderError, program: Command): number {
  if (exitCode === 0) return EXIT.done;
  if (code === "commander.help") return EXIT.usage;
  say(`${message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ")}; ${seeHelp(program)}`);
  return EXIT.usage;
}

/** Returns a hint that names the help of the command in the arguments. */
function seeHelp(program: Command): string {
  const path = ["natslock"];
  let at: Command = program;
  const words = process.argv.slice(2);
  for (const [index, word] of words.entries()) {
    const next = at.commands.find((command) => command.name() === word || command.aliases().includes(word));
    if (next) path.push((at = next).name());
    // Connection flags and their values may come first.
    else if (path.length > 1 || ![word, words[index - 1] ?? ""].some((one) => one.startsWith("-"))) break;
  }
  return `see "${path.join(" ")} --help"`;
}
