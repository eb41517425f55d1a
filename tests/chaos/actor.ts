/**
 * A client's process, with a line of its own to each server.
 *
 * @module
 */

import { eachLine } from "../../tools/lines.ts";
import { guard, signalIfRunning, unguard } from "../../tools/nats/process.ts";
import type { NatsServer } from "../../tools/nats/server.ts";
import type { ClientSettings } from "./client.ts";
import { Wire } from "./wire.ts";

/** A program that runs a client, and the arguments before the client's own. */
export interface Engine {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** One client. */
export class Actor {
  readonly client: string;
  readonly wires: readonly Wire[];
  /** Resolves when it has ended all its work, after it was told to be calm; or when the process has ended. */
  readonly calm: Promise<void>;
  /** Resolves to what is wrong with how it ended; empty if nothing is. */
  readonly ended: Promise<string>;
  readonly #process: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #calmed = Promise.withResolvers<void>();
  #complaint = "";
  #asked = false;

  /** Starts it. */
  constructor(engine: Engine, servers: readonly NatsServer[], settings: Omit<ClientSettings, "servers">) {
    this.client = settings.client;
    this.wires = servers.map(({ wsPort }) => new Wire(wsPort));
    const urls = this.wires.map(({ port }) => `ws://127.0.0.1:${port}`);
    Deno.writeTextFileSync(settings.history, "");
    this.#process = new Deno.Command(engine.command, {
      args: [...engine.args, JSON.stringify({ ...settings, servers: urls })],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    guard(this);
    this.#stdin = this.#process.stdin.getWriter();
    this.calm = this.#calmed.promise;
    this.ended = this.#follow();
  }

  /** True once it was told to end. */
  get asked(): boolean {
    return this.#asked;
  }

  /** Tells it to begin no work any more, or to end. */
  async tell(word: "calm" | "stop"): Promise<void> {
    if (word === "stop") this.#asked = true;
    await this.#stdin.write(new TextEncoder().encode(`${word}\n`)).catch(() => {});
  }

  /** SIGSTOP. */
  pause(): void {
    signalIfRunning(this.#process, "SIGSTOP");
  }

  /** SIGCONT. */
  resume(): void {
    signalIfRunning(this.#process, "SIGCONT");
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.destroy();
    await this.ended;
  }

  /** The same, without waiting. */
  destroy(): void {
    this.#asked = true;
    signalIfRunning(this.#process, "SIGKILL");
  }

  async #follow(): Promise<string> {
    const { stderr, stdout, status } = this.#process;
    const [{ code }] = await Promise.all([
      status,
      eachLine(stderr, (line) => this.#complaint += `${line}\n`),
      eachLine(stdout, () => this.#calmed.resolve()),
    ]);
    this.#calmed.resolve();
    await this.#stdin.close().catch(() => {});
    unguard(this);
    for (const wire of this.wires) wire[Symbol.dispose]();
    return this.#asked && this.#complaint === "" ? "" : `${this.client} ended with ${code}\n${this.#complaint}`;
  }
}
