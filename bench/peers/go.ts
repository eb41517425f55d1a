/** The way of the Go package natslock, in Go: get, then put. */

import { eachLine } from "../../tools/lines.ts";
import { guard, signalIfRunning, unguard } from "../../tools/nats/process.ts";

/** Milliseconds of one round. */
export interface GoRound {
  readonly acquire: number;
  readonly refresh: number;
  readonly release: number;
}

/** A process in Go that acquires, refreshes and releases once for each line of input. */
export class GoPeer {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting: PromiseWithResolvers<GoRound>[] = [];
  readonly #read: Promise<void>;

  private constructor(path: string, args: readonly string[]) {
    this.#process = new Deno.Command(path, { args: [...args], stdin: "piped", stdout: "piped" }).spawn();
    this.#input = this.#process.stdin.getWriter();
    guard(this);
    this.#read = this.#listen();
  }

  /** Builds the program in a folder and starts it. @throws {Error} if there is no Go, or it cannot be built */
  static async start(folder: string, { port, bucket }: { port: number; bucket: string }): Promise<GoPeer> {
    const path = `${folder}/peer`;
    const args = ["build", "-o", path, "."];
    const built = await new Deno.Command("go", { args, cwd: new URL("../go/", import.meta.url), stdin: "null" })
      .output().catch((cause) => {
        throw new Error("there is no Go on PATH", { cause });
      });
    if (!built.success) throw new Error(new TextDecoder().decode(built.stderr).trim());
    return new GoPeer(path, [`nats://127.0.0.1:${port}`, bucket]);
  }

  /** Acquires, refreshes and releases. */
  round(): Promise<GoRound> {
    const answer = Promise.withResolvers<GoRound>();
    this.#waiting.push(answer);
    this.#input.write(new TextEncoder().encode("round\n")).catch(answer.reject);
    return answer.promise;
  }

  /** Kills the process. */
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

  async #listen(): Promise<void> {
    await eachLine(this.#process.stdout, (line) => this.#waiting.shift()?.resolve(JSON.parse(line) as GoRound));
    for (const { reject } of this.#waiting.splice(0)) reject(new Error("the Go program ended"));
  }
}
