/**
 * Command line helpers of the tools that serve pages.
 *
 * @module
 */

/** The command line is wrong. The exit code is 2. */
export class UsageError extends Error {}

/** Returns the value of an option as a number; `undefined` if the option is not set. */
export function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`Cannot use "--${name}": must be a whole number, current value is "${text}"`);
}

/** Prints lines synchronously. */
export function print(to: typeof Deno.stdout, text: string): void {
  to.writeSync(new TextEncoder().encode(`${text}\n`));
}

/**
 * Runs a tool and returns its exit code: 0, 1 if it failed, 2 for a wrong option. Prints the reason on standard error.
 */
export async function codeOf(tool: () => Promise<void>): Promise<number> {
  try {
    await tool();
    return 0;
  } catch (error) {
    print(Deno.stderr, error instanceof Error ? error.message : String(error));
    return error instanceof UsageError ? 2 : 1;
  }
}
