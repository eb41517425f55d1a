/**
 * What the tools that serve pages share of a command line.
 *
 * @module
 */

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {}

/** The number that an option gives, if it is given. */
export function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`Cannot use "--${name}": must be a whole number, current value is "${text}"`);
}

/** Prints lines at once. */
export function print(to: typeof Deno.stdout, text: string): void {
  to.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** Runs a tool; the exit code is 0, 1 with the reason, or 2 for a wrong option. */
export async function codeOf(tool: () => Promise<void>): Promise<number> {
  try {
    await tool();
    return 0;
  } catch (error) {
    print(Deno.stderr, error instanceof Error ? error.message : String(error));
    return error instanceof UsageError ? 2 : 1;
  }
}
