/**
 * A real nats-server for tests and demos. It starts, waits until the server answers, stops it and cleans up.
 *
 * If this process is killed with SIGKILL, nothing can clean up. The server then runs until it is ended by hand.
 *
 * @module
 */

import { configOf, type NatsServerOptions, type Ports, type Texts } from "./config.ts";
import { natsServerOf, natsServerPath } from "./install.ts";
import { ask } from "./monitor.ts";
import { freePorts, withOtherPorts } from "./ports.ts";
import { guard, pause, signalIfRunning, unguard, writeTexts } from "./process.ts";

export type { NatsServerOptions };

const START_TIMEOUT = 20_000;
const STOP_TIMEOUT = 5_000;
/** One nats-server process with JetStream and a websocket listener, on loopback, with a temporary store. */
export class NatsServer {
  /** Folder of the store, the configuration and the log. */
  readonly storeDir: string;
  readonly #binary: string;
  readonly #ports: Ports;
  #env: Texts = {};
  #process: Deno.ChildProcess | null = null;

  private constructor(folder: string, binary: string, ports: Ports) {
    this.storeDir = folder;
    this.#binary = binary;
    this.#ports = ports;
  }

  /** Starts a server and resolves when it answers. */
  static async start(options: NatsServerOptions = {}): Promise<NatsServer> {
    return await withOtherPorts(async () => {
      const server = await NatsServer.prepare(options);
      try {
        await server.restart();
        return server;
      } catch (error) {
        await server.stop();
        throw error;
      }
    });
  }

  /** Creates the folder and chooses the ports, without starting. The members of a cluster name each other's ports. */
  static async prepare(options: NatsServerOptions = {}): Promise<NatsServer> {
    const binary = options.version ? await natsServerOf(options.version) : await natsServerPath();
    const [client = 0, websocket = 0, monitor = 0] = freePorts(3);
    const ports = { client, websocket, monitor, ...options.ports };
    const folder = await Deno.makeTempDir({ prefix: "natslock-server-" });
    const server = new NatsServer(folder, binary, ports);
    await server.configure(options);
    guard(server);
    return server;
  }

  /** Rewrites the configuration. It takes effect at the next start. */
  async configure(options: NatsServerOptions): Promise<void> {
    this.#env = options.env ?? {};
    await writeTexts(this.storeDir, { ...options.files, "server.conf": configOf(options, this.#ports, this.storeDir) });
  }

  /** TCP port for clients. */
  get port(): number {
    return this.#ports.client;
  }

  /** Port of the websocket listener. */
  get wsPort(): number {
    return this.#ports.websocket;
  }

  /** Port of the monitoring endpoint. */
  get monitorPort(): number {
    return this.#ports.monitor;
  }

  /** Websocket address for clients. */
  get url(): string {
    return `ws://127.0.0.1:${this.wsPort}`;
  }

  /** Process ID; 0 while the server does not run. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Everything that the server has logged. */
  logs(): Promise<string> {
    return Deno.readTextFile(`${this.storeDir}/server.log`).catch(() => "");
  }

  /** Restarts the server on the same ports and store. Kills it first if it runs. */
  async restart(): Promise<void> {
    await this.launch();
    await this.answering();
  }

  /** Starts the process. Does not wait until it answers. */
  async launch(): Promise<void> {
    await this.kill();
    const args = ["-c", `${this.storeDir}/server.conf`, "-l", `${this.storeDir}/server.log`];
    const quiet = { stdin: "null", stdout: "null", stderr: "null", env: this.#env } as const;
    this.#process = new Deno.Command(this.#binary, { args, ...quiet }).spawn();
  }

  /** Resolves when the server answers. Rejects with its last log lines if it ends or does not answer within 20 s. */
  async answering(): Promise<void> {
    let ended = false;
    const process = this.#process;
    process?.status.then(() => ended = true);
    for (const start = performance.now(); performance.now() - start < START_TIMEOUT;) {
      if (ended || process === null) break;
      if (await ask(this.monitorPort, "healthz").then(({ ok }) => ok, () => false)) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    const how = ended ? "ended at once" : "does not answer";
    throw new Error(`Cannot start nats-server: it ${how}. Its last lines:\n${await this.#lastWords()}`);
  }

  async #lastWords(): Promise<string> {
    const tail = (await this.logs()).split("\n").slice(-8).join("\n");
    if (tail !== "") return tail;
    // The server reports errors in the configuration before it opens the log.
    const args = ["-t", "-c", `${this.storeDir}/server.conf`];
    return new TextDecoder().decode((await new Deno.Command(this.#binary, { args, env: this.#env }).output()).stderr);
  }

  /** Sends SIGKILL and waits for the end. The store stays, so that {@linkcode NatsServer.restart} works. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Sends SIGSTOP and waits until the process has stopped. Does nothing if the server does not run. */
  pause(): void {
    pause(this.#process);
  }

  /** Sends SIGCONT. */
  resume(): void {
    signalIfRunning(this.#process, "SIGCONT");
  }

  /** Stops the server (SIGTERM, then SIGKILL after 5 s) and removes its folder. Further calls do nothing. */
  async stop(): Promise<void> {
    // A paused process handles SIGTERM only after it continues.
    if (Deno.build.os !== "windows") signalIfRunning(this.#process, "SIGCONT");
    await this.#end("SIGTERM");
    unguard(this);
    await Deno.remove(this.storeDir, { recursive: true }).catch(() => {});
  }

  /** Kills the server and removes its folder synchronously. Called when this process ends. */
  destroy(): void {
    signalIfRunning(this.#process, "SIGKILL");
    // The server may still write for a moment.
    for (let tries = 0; tries < 20; tries++) {
      try {
        return Deno.removeSync(this.storeDir, { recursive: true });
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      }
    }
  }

  /** Returns an answer of the monitoring endpoint, such as `varz` or `jsz?consumers=true`. Rejects after 2 s. */
  async monitor(path: string): Promise<unknown> {
    return JSON.parse((await ask(this.monitorPort, path)).text);
  }

  /** The same as {@linkcode NatsServer.stop}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #end(signal: Deno.Signal): Promise<void> {
    const process = this.#process;
    if (process === null) return;
    signalIfRunning(process, signal);
    const timer = setTimeout(() => signalIfRunning(process, "SIGKILL"), STOP_TIMEOUT);
    await process.status;
    clearTimeout(timer);
    // Set this only after the process has ended: a second stop() at the same time must wait as well.
    if (this.#process === process) this.#process = null;
  }
}
