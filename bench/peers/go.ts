/** The way of the Go package natslock, in Go: get, then put. */

import { runs } from "../../tools/programs.ts";
import { LineProcess } from "../line_process.ts";

/** Milliseconds of one round. */
export interface GoRound {
  readonly acquire: number;
  readonly refresh: number;
  readonly release: number;
}

/** A process in Go that acquires, refreshes and releases once for each line of input. */
export class GoPeer {
  readonly #process: LineProcess;
  readonly #waiting: PromiseWithResolvers<GoRound>[] = [];

  private constructor(path: string, args: readonly string[]) {
    const told = (line: string) => this.#waiting.shift()?.resolve(JSON.parse(line) as GoRound);
    this.#process = new LineProcess(
      new Deno.Command(path, { args: [...args], stdin: "piped", stdout: "piped" }),
      told,
      () => {
        for (const { reject } of this.#waiting.splice(0)) reject(new Error("the Go program ended"));
      },
    );
  }

  /** Builds the program in a folder and starts it. @throws {Error} if there is no Go, or it cannot be built */
  static async start(folder: string, { port, bucket }: { port: number; bucket: string }): Promise<GoPeer> {
    const path = `${folder}/peer`;
    const args = ["build", "-o", path, "."];
    if (!await runs("go", "version")) throw new Error("there is no Go on PATH");
    const built = await new Deno.Command("go", { args, cwd: new URL("../go/", import.meta.url), stdin: "null" })
      .output();
    if (!built.success) throw new Error(new TextDecoder().decode(built.stderr).trim());
    return new GoPeer(path, [`nats://127.0.0.1:${port}`, bucket]);
  }

  /** Acquires, refreshes and releases. */
  round(): Promise<GoRound> {
    const answer = Promise.withResolvers<GoRound>();
    this.#waiting.push(answer);
    this.#process.send("round").catch(answer.reject);
    return answer.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
