/** Asks a yes-or-no question. In a module of its own so that the prompt is loaded only when needed. */

import confirm from "@inquirer/confirm";
import process from "node:process";

/** Asks on standard error, because standard output is for results. Returns the answer. Rejects on Ctrl-C. */
export function ask(message: string): Promise<boolean> {
  return confirm({ message, default: false }, { output: process.stderr });
}
