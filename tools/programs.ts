/**
 * Tells whether a program can be run.
 *
 * @module
 */

/** True if a program exists and prints its version. `version`: the argument for that. */
export async function runs(program: string, version = "--version"): Promise<boolean> {
  // A program that is missing throws at once.
  try {
    const command = new Deno.Command(program, { args: [version], stdin: "null", stdout: "null", stderr: "null" });
    return (await command.output()).success;
  } catch {
    return false;
  }
}
