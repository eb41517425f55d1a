/**
 * Runs examples as processes.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { NatsServer } from "../../tools/nats/server.ts";

const EXAMPLES = new URL("../../examples/", import.meta.url);
/** Limit in milliseconds. A process that hangs is killed, and waits for its output then fail. */
const LONGEST = 20_000;

/** An example that runs as its own process. It is killed when its block ends. */
export class Example {
  readonly lines: string[] = [];
  readonly #process: Deno.ChildProcess;
  readonly #ended: Promise<Deno.CommandStatus>;
  readonly #waits = new Set<() => void>();
  #over = false;

  constructor(name: string, env: Record<string, string>, args: readonly string[] = [], permissions = ["-A"]) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", ...permissions, new URL(`${name}.ts`, EXAMPLES).href, ...args],
      env: { NO_COLOR: "1", STEP_MS: "50", WORK_MS: "20", ...env },
      stdin: "null",
      stdout: "piped",
    }).spawn();
    this.#ended = this.#read();
  }

  /**
   * Returns the token in the first matching line from index `from` on. Rejects if the process ends without such a line.
   */
  async line(pattern: RegExp, from = 0): Promise<number> {
    for (;;) {
      const line = this.lines.slice(from).find((each) => pattern.test(each));
      if (line !== undefined) return tokenOf(line);
      if (this.#over) throw new Error(`No line matches ${pattern}:\n${this.lines.join("\n")}`);
      await new Promise<void>((resolve) => this.#waits.add(resolve));
    }
  }

  /** Resolves when the process has ended, by itself or by `signal`. Fails unless its exit code is 0. */
  async end(signal?: Deno.Signal): Promise<readonly string[]> {
    if (signal) this.kill(signal);
    assertEquals(await this.code(), 0, this.lines.join("\n"));
    return this.lines;
  }

  /** Resolves to the exit code when the process has ended. */
  async code(): Promise<number> {
    return (await this.#ended).code;
  }

  /** Sends a signal. Does nothing if the process has ended. */
  kill(signal: Deno.Signal): void {
    try {
      this.#process.kill(signal);
    } catch {
      // It has already ended.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.#ended;
  }

  async #read(): Promise<Deno.CommandStatus> {
    const deadline = setTimeout(() => this.kill("SIGKILL"), LONGEST);
    await eachLine(this.#process.stdout, (line) => {
      this.lines.push(line);
      this.#wake();
    });
    const ended = await this.#process.status;
    clearTimeout(deadline);
    this.#over = true;
    this.#wake();
    return ended;
  }

  #wake(): void {
    for (const wake of this.#waits) wake();
    this.#waits.clear();
  }
}

async function eachLine(stream: ReadableStream<Uint8Array>, told: (line: string) => void): Promise<void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(told);
  }
}

/** The token in a line; NaN if it has none. */
export function tokenOf(line: string): number {
  return Number(/token (\d+)/.exec(line)?.[1]);
}

/** Starts an example with the address of a server. */
export function start(name: string, server: NatsServer, env: Record<string, string> = {}): Example {
  return new Example(name, { NATS_URL: server.url, ...env });
}
