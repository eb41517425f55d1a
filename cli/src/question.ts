/** A yes-or-no question, apart so that the prompt is loaded only when it is asked. */

import confirm from "@inquirer/confirm";
import process from "node:process";

/** The answer; asked on standard error, so that standard output stays the program's. Rejects at Ctrl-C. */
export function ask(message: string): Promise<boolean> {
  return confirm({ message, default: false }, { output: process.stderr });
}
