/** Prints results on standard output. */

import process from "node:process";

/** Exit code that a shell reports for a program ended by a closed pipe: 128 + SIGPIPE. */
const PIPE_CLOSED = 141;

let isGuarded = false;

/** Writes a text and a newline. Resolves when they are written. Ends the program if the reader closed the pipe. */
export function print(text: string): Promise<void> {
  if (!isGuarded) {
    isGuarded = true;
    process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? PIPE_CLOSED : 1));
  }
  return new Promise((done) => process.stdout.write(`${text}\n`, () => done()));
}
