/**
 * A real nats-server for tests and demos: starts, answers, stops and cleans up by itself.
 *
 * If this process is killed with SIGKILL, nothing can clean up: the server then stays until it is ended by hand.
 *
 * @module
 */

import { natsServerOf, natsServerPath } from "./install.ts";
import { ask } from "./monitor.ts";
import { freePorts, guard, pause, signalIfRunning, unguard, writeTexts } from "./process.ts";

/** How a server is started. */
export interface NatsServerOptions {
  /** Name of the server. Default: chosen by the server. */
  readonly name?: string;
  /** Further lines of its configuration. */
  readonly config?: string;
  /** Settings of its websocket listener. Default: no TLS. */
  readonly websocket?: string;
  /** Texts of further files beside the configuration, such as what it includes, by name. */
  readonly files?: Texts;
  /** Variables that the configuration uses. */
  readonly env?: Texts;
  /** Just this release, such as "2.10.29", installed if need be. Default: any that is recent enough. */
  readonly version?: string;
}

type Texts = Readonly<Record<string, string>>;
interface Ports {
  readonly client: number;
  readonly websocket: number;
  readonly monitor: number;
}

const START_TIMEOUT = 20_000;
const STOP_TIMEOUT = 5_000;
/** How often other ports are tried when another process takes one between its choice and its use. */
const PORT_TRIES = 3;

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
    for (let tries = 1;; tries++) {
      const server = await NatsServer.prepare(options);
      try {
        await server.restart();
        return server;
      } catch (error) {
        await server.stop();
        if (tries === PORT_TRIES || !String(error).includes("address already in use")) throw error;
      }
    }
  }

  /** Makes the folder and chooses the ports without starting; for a cluster, whose members name each other. */
  static async prepare(options: NatsServerOptions = {}): Promise<NatsServer> {
    const binary = options.version ? await natsServerOf(options.version) : await natsServerPath();
    const [client = 0, websocket = 0, monitor = 0] = freePorts(3);
    const folder = await Deno.makeTempDir({ prefix: "natslock-server-" });
    const server = new NatsServer(folder, binary, { client, websocket, monitor });
    await server.configure(options);
    guard(server);
    return server;
  }

  /** Writes the configuration anew; it counts from the next start on. */
  async configure(options: NatsServerOptions): Promise<void> {
    const { client, websocket, monitor } = this.#ports;
    this.#env = options.env ?? {};
    const lines = [
      ...(options.name ? [`server_name: ${options.name}`] : []),
      `listen: "127.0.0.1:${client}"`,
      `http: "127.0.0.1:${monitor}"`,
      `websocket { listen: "127.0.0.1:${websocket}", ${options.websocket ?? "no_tls: true"} }`,
      `jetstream { store_dir: ${JSON.stringify(`${this.storeDir}/jetstream`)} }`,
      options.config ?? "",
    ];
    await writeTexts(this.storeDir, { ...options.files, "server.conf": `${lines.join("\n")}\n` });
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

  /** Process id; 0 while it does not run. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** What the server printed. */
  logs(): Promise<string> {
    return Deno.readTextFile(`${this.storeDir}/server.log`).catch(() => "");
  }

  /** Starts it again on the same ports and store; kills it first if it runs. */
  async restart(): Promise<void> {
    await this.launch();
    await this.answering();
  }

  /** Starts the process without waiting for it to answer. */
  async launch(): Promise<void> {
    await this.kill();
    const args = ["-c", `${this.storeDir}/server.conf`, "-l", `${this.storeDir}/server.log`];
    const quiet = { stdin: "null", stdout: "null", stderr: "null", env: this.#env } as const;
    this.#process = new Deno.Command(this.#binary, { args, ...quiet }).spawn();
  }

  /** Resolves when the server answers; rejects with its last log lines if it does not. */
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
    // Mistakes in the configuration are told before there is a log.
    const args = ["-t", "-c", `${this.storeDir}/server.conf`];
    return new TextDecoder().decode((await new Deno.Command(this.#binary, { args, env: this.#env }).output()).stderr);
  }

  /** SIGKILL; the store stays, so that {@linkcode NatsServer.restart} works. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** SIGSTOP, and waits until that is in force; nothing if it does not run. */
  pause(): void {
    pause(this.#process);
  }

  /** SIGCONT. */
  resume(): void {
    signalIfRunning(this.#process, "SIGCONT");
  }

  /** Ends the server, gracefully if it obeys, and removes its folder. Further calls do nothing. */
  async stop(): Promise<void> {
    // A paused process heeds SIGTERM only when it runs again.
    if (Deno.build.os !== "windows") signalIfRunning(this.#process, "SIGCONT");
    await this.#end("SIGTERM");
    unguard(this);
    await Deno.remove(this.storeDir, { recursive: true }).catch(() => {});
  }

  /** Ends it at once without waiting: for when this process ends. */
  destroy(): void {
    signalIfRunning(this.#process, "SIGKILL");
    // The server may still be writing for a moment.
    for (let tries = 0; tries < 20; tries++) {
      try {
        return Deno.removeSync(this.storeDir, { recursive: true });
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      }
    }
  }

  /** An answer of the monitoring endpoint, such as `varz` or `jsz?consumers=true`; rejects if none comes soon. */
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
    // Not before: a second stop() at the same time has to wait as well.
    if (this.#process === process) this.#process = null;
  }
}
