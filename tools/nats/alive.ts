/**
 * Tells whether a process runs.
 *
 * @module
 */

/** True if a process with this ID runs. */
export function isAlive(pid: number): boolean {
  try {
    Deno.kill(pid, 0 as unknown as Deno.Signal);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}
