/** A child process that is spoken to in lines, and that ends with this process. */

import { eachLine } from "../tools/lines.ts";
import { guard, signalIfRunning, unguard } from "../tools/nats/process.ts";

/** A running process. Disposing it kills it. */
export class LineProcess {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #read: Promise<void>;

  /** Starts a program. `told` is called with each line that it prints, `ended` once it prints no more. */
  constructor(command: Deno.Command, told: (line: string) => void, ended: () => void) {
    this.#process = command.spawn();
    this.#input = this.#process.stdin.getWriter();
    guard(this);
    this.#read = eachLine(this.#process.stdout, told).then(ended);
  }

  /** Sends a line. */
  async send(line: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Kills it. */
  destroy(): void {
    signalIfRunning(this.#process, "SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
    unguard(this);
    await this.#process.status;
    await this.#read;
    await this.#input.abort().catch(() => {});
  }
}
