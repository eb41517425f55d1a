/** Child processes of the bench: each runs `worker.ts` with one library, and speaks in lines of JSON. */

import { LineProcess } from "../line_process.ts";
import type { PeerName } from "../peers/client.ts";
import type { Addresses } from "../peers/services.ts";

/** What a child does. Times in ms. */
export type Order =
  /** Acquires and releases keys at random, `flights` at a time, after a line of input. */
  | { readonly work: "pairs"; readonly keys: number; readonly flights: number; readonly length: number }
  /** Acquires `count` keys of its own, or waits for those of another, and reports its costs. */
  | { readonly work: "hold" | "wait"; readonly count: number; readonly length: number }
  /** Acquires one key and does nothing else. */
  | { readonly work: "keep"; readonly key: string }
  /** Connects, then acquires. */
  | { readonly work: "start" };

/** How a child is started. */
export interface Task {
  readonly peer: PeerName;
  readonly addresses: Addresses;
  readonly ttl: number;
  readonly order: Order;
}

/** A running child. */
export class Child {
  readonly #process: LineProcess;
  readonly #lines: unknown[] = [];
  #wake = Promise.withResolvers<void>();
  #over = false;

  constructor(task: Task) {
    // With it a child can tell what memory is in use from what is only not collected yet.
    const collect = "--v8-flags=--expose-gc";
    const worker = new URL("../worker.ts", import.meta.url).pathname;
    const args = ["run", "-A", "--no-check", collect, worker, JSON.stringify(task)];
    const env = { NO_COLOR: "1" };
    const command = new Deno.Command(Deno.execPath(), { args, env, stdin: "piped", stdout: "piped" });
    this.#process = new LineProcess(
      command,
      (line) => this.#signal(() => this.#lines.push(JSON.parse(line))),
      () => this.#signal(() => this.#over = true),
    );
  }

  /** The next line that it prints. @throws {Error} if it ends without one */
  async next(): Promise<Readonly<Record<string, number>>> {
    while (this.#lines.length === 0) {
      if (this.#over) throw new Error("a process of the bench ended early");
      await this.#wake.promise;
    }
    return this.#lines.shift() as Readonly<Record<string, number>>;
  }

  /** Lets it begin, or end. */
  async go(): Promise<void> {
    await this.#process.send("");
  }

  /** Kills it. */
  destroy(): void {
    this.#process.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }

  #signal(change: () => void): void {
    change();
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}
