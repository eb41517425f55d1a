/**
 * A temporary folder that is removed when this process ends, at the latest.
 *
 * @module
 */

import { guard, unguard } from "./nats/process.ts";

/** A folder that exists from construction until {@linkcode TemporaryFolder.remove} or the end of this process. */
export class TemporaryFolder {
  /** Absolute path of the folder. */
  readonly path: string;

  /** Creates the folder. `purpose` becomes part of its name. Default for `dir`: the system's temporary folder. */
  constructor(purpose: string, options: { readonly dir?: string } = {}) {
    this.path = Deno.makeTempDirSync({ ...options, prefix: `natslock-${purpose}-` });
    guard(this);
  }

  /** Removes the folder if it still exists. */
  remove(): void {
    unguard(this);
    this.destroy();
  }

  /** Removes the folder without unregistering it. Called when this process is interrupted or ends. */
  destroy(): void {
    try {
      Deno.removeSync(this.path, { recursive: true });
    } catch {
      // It is already gone.
    }
  }
}
