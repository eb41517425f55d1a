/** Child processes of the bench: each runs `worker.ts` with one library, and speaks in lines of JSON. */

import { eachLine } from "../../tools/lines.ts";
import { guard, signalIfRunning, unguard } from "../../tools/nats/process.ts";
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
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: unknown[] = [];
  readonly #read: Promise<void>;
  #wake = Promise.withResolvers<void>();
  #over = false;

  constructor(task: Task) {
    const args = ["run", "-A", "--no-check", new URL("../worker.ts", import.meta.url).pathname, JSON.stringify(task)];
    const env = { NO_COLOR: "1" };
    this.#process = new Deno.Command(Deno.execPath(), { args, env, stdin: "piped", stdout: "piped" }).spawn();
    this.#input = this.#process.stdin.getWriter();
    guard(this);
    this.#read = this.#listen();
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
    await this.#input.write(new TextEncoder().encode("\n"));
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

  async #listen(): Promise<void> {
    await eachLine(this.#process.stdout, (line) => {
      this.#lines.push(JSON.parse(line));
      this.#signal();
    });
    this.#over = true;
    this.#signal();
  }

  #signal(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}
