/** Results, on standard output. */

import process from "node:process";

/** As a shell has it for a program that a closed pipe ended. */
const PIPE_CLOSED = 141;

let isGuarded = false;

/** Writes a text and a line's end; resolves when it is on its way. Who reads no longer ends the program. */
export function print(text: string): Promise<void> {
  if (!isGuarded) {
    isGuarded = true;
    process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? PIPE_CLOSED : 1));
  }
  return new Promise((done) => process.stdout.write(`${text}\n`, () => done()));
}
