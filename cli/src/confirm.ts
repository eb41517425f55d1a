/** Asks before something is removed. */

import { isatty } from "node:tty";
import process from "node:process";
import { CliError, EXIT } from "./exit.ts";
import { say } from "./say.ts";

/** A question about something that cannot be undone. */
export interface Question {
  /** What is to be done, such as `evict the holder of "job"`. */
  readonly what: string;
  /** Lines that are shown before the question. */
  readonly facts: readonly string[];
  /** The question. */
  readonly ask: string;
}

/**
 * Returns the answer of the user. Ends the program if the user presses Ctrl-C.
 *
 * @throws {CliError} if there is no terminal to ask on
 */
export async function agreed({ what, facts, ask: question }: Question): Promise<boolean> {
  if (!isatty(0) || !isatty(2)) {
    const message = `Cannot ask for confirmation to ${what}: there is no terminal`;
    throw new CliError(EXIT.usage, message, `use --yes to ${what.split(" ")[0]} without asking`);
  }
  const { ask } = await import("./question.ts");
  for (const fact of facts) say(fact);
  try {
    const isYes = await ask(question);
    if (!isYes) say("Nothing was changed");
    return isYes;
  } catch (error) {
    // Ctrl-C at the question. The prompt has already restored the terminal.
    if ((error as Error).name === "ExitPromptError") process.exit(EXIT.signalled + 2);
    throw error;
  }
}
