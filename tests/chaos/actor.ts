/**
 * Actor: the process of a client, with its own line to each server.
 *
 * @module
 */

import { eachLine } from "../../tools/lines.ts";
import { guard, signalIfRunning, unguard } from "../../tools/nats/process.ts";
import type { NatsServer } from "../../tools/nats/server.ts";
import { Wire } from "./wire.ts";

/** A program that runs a client, and the arguments before the client's own. */
export interface Engine {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** What an actor must know of the settings of its client. The client gets all of them, and the addresses of `servers`. */
export interface ActorSettings {
  readonly client: string;
  /** File of its history. */
  readonly history: string;
}

/** One client. */
export class Actor {
  readonly client: string;
  readonly wires: readonly Wire[];
  /** Resolves when the client has ended all its work after the word "calm", or when its process has ended. */
  readonly calm: Promise<void>;
  /** Resolves to an error message if it ended unexpectedly, otherwise to an empty string. */
  readonly ended: Promise<string>;
  readonly #process: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #calmed = Promise.withResolvers<void>();
  #complaint = "";
  #asked = false;

  /** Starts the client. */
  constructor(
    engine: Engine,
    servers: readonly NatsServer[],
    settings: ActorSettings & Readonly<Record<string, unknown>>,
  ) {
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

  /** True after it was asked to end. */
  get asked(): boolean {
    return this.#asked;
  }

  /** Asks it to start no new work ("calm"), or to end ("stop"). */
  async tell(word: "calm" | "stop"): Promise<void> {
    if (word === "stop") this.#asked = true;
    await this.#stdin.write(new TextEncoder().encode(`${word}\n`)).catch(() => {});
  }

  /** Sends SIGSTOP. */
  pause(): void {
    signalIfRunning(this.#process, "SIGSTOP");
  }

  /** Sends SIGCONT. */
  resume(): void {
    signalIfRunning(this.#process, "SIGCONT");
  }

  /** Sends SIGKILL and waits for the end. */
  async kill(): Promise<void> {
    this.destroy();
    await this.ended;
  }

  /** Sends SIGKILL without waiting. */
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
