/**
 * A temporary folder that does not outlive this process.
 *
 * @module
 */

import { guard, unguard } from "./nats/process.ts";

/** Made at once, removed by {@linkcode TemporaryFolder.remove} or with this process. */
export class TemporaryFolder {
  /** Where it is. */
  readonly path: string;

  /** `purpose` is a part of its name. */
  constructor(purpose: string) {
    this.path = Deno.makeTempDirSync({ prefix: `natslock-${purpose}-` });
    guard(this);
  }

  /** Removes it, if it is still there. */
  remove(): void {
    unguard(this);
    this.destroy();
  }

  /** The same without a word to who guards it. */
  destroy(): void {
    try {
      Deno.removeSync(this.path, { recursive: true });
    } catch {
      // It is gone already.
    }
  }
}
