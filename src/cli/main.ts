/** From arguments to an exit code. */

import process from "node:process";
import { CommanderError } from "commander";
import { endOf, EXIT } from "./exit.ts";
import { programOf } from "./program.ts";
import { say } from "./say.ts";

/** Runs the program on the arguments of the process, and ends the process. */
export async function main(): Promise<void> {
  let exitCode: number = EXIT.done;
  try {
    await programOf((code) => exitCode = code).parseAsync(process.argv);
  } catch (error) {
    exitCode = failed(error);
  }
  // What is still open, such as a connection that never came about, must not keep the process.
  process.exit(exitCode);
}

function failed(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const { message, next, exitCode } = endOf(error);
  say(next === "" ? message : `${message}; ${next}`);
  return exitCode;
}
