/**
 * Runs the command line as real processes, as a user starts it.
 *
 * @module
 */

import { newKeyValue } from "@x/natslock";
import { NatsServer } from "../../tools/nats/server.ts";
import { withConnections } from "./nats.ts";

/** Exit code and output of a process. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@linkcode Running}. */
export interface StartOptions {
  /** The program that runs the command line, with its first arguments. Default: Deno. */
  readonly by?: readonly string[];
  /** Added to an environment without NATS settings. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input of the process. Default: none. */
  readonly stdin?: string;
}

/** Deno with the source of the command line. */
export const BY_DENO: readonly string[] = [
  Deno.execPath(),
  // Hides the progress of downloads at the first run, which is not output of the program.
  ...["run", "--quiet", "-A"],
  new URL("../../cli/main.ts", import.meta.url).pathname,
];

/** Limit of one process, in milliseconds. */
const LONGEST = 60_000;

/** The environment of a process, without the user's own settings. */
export function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = Object.entries(Deno.env.toObject()).filter(([name]) => !/^(NATS|XDG_CONFIG_HOME|NO_COLOR)/.test(name));
  return { ...Object.fromEntries(kept), XDG_CONFIG_HOME: "/nonexistent", TERM: "xterm-256color", ...more };
}

/** A process of the command line. It is killed when its block ends. */
export class Running {
  readonly #child: Deno.ChildProcess;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #readers: readonly ReadableStreamDefaultReader<Uint8Array>[];
  readonly #texts: readonly Promise<string>[];
  #printed = ["", ""];
  #heard = () => {};

  /** Starts the process. */
  constructor(args: readonly string[], { by = BY_DENO, env, stdin }: StartOptions = {}) {
    const [program = "", ...first] = by;
    this.#child = new Deno.Command(program, {
      args: [...first, ...args],
      env: environment(env),
      clearEnv: true,
      stdin: stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#timer = setTimeout(() => this.signal("SIGKILL"), LONGEST);
    this.#readers = [this.#child.stdout, this.#child.stderr].map((stream) => stream.getReader());
    this.#texts = this.#readers.map((reader, at) => this.#read(reader, at));
    if (stdin !== undefined) this.#write(stdin);
  }

  /** Process ID. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Sends a signal. Does nothing if the process has ended. */
  signal(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // The process has ended.
    }
  }

  /** Resolves when standard output or standard error matches `wanted`. Rejects if the process ends before that. */
  async says(wanted: RegExp): Promise<string> {
    const ended = Promise.all(this.#texts).then(() => true);
    for (let over = false;;) {
      const found = this.#printed.find((text) => wanted.test(text));
      if (found !== undefined) return found;
      if (over) throw new Error(`The process ended without printing ${wanted}:\n${this.#printed.join("\n--\n")}`);
      over = await Promise.race([ended, new Promise<false>((done) => this.#heard = () => done(false))]);
    }
  }

  /** Resolves when the process has ended. */
  async finished(): Promise<Finished> {
    const [stdout = "", stderr = ""] = await Promise.all(this.#texts);
    const { code } = await this.#child.status;
    clearTimeout(this.#timer);
    return { code, stdout, stderr };
  }

  /** Ends the process and what it started, or kills it. Does not wait for what still writes to its output. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.signal("SIGKILL"), LONGEST / 6);
    await this.#child.status;
    clearTimeout(timer);
    await Promise.all(this.#readers.map((reader) => reader.cancel()));
    await this.finished();
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>, at: number): Promise<string> {
    const decoder = new TextDecoder();
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      this.#printed[at] += decoder.decode(chunk.value, { stream: true });
      this.#heard();
    }
    return this.#printed[at] ?? "";
  }

  #write(text: string): void {
    const writer = this.#child.stdin.getWriter();
    writer.write(new TextEncoder().encode(text)).then(() => writer.close()).catch(() => {});
  }
}

/** Runs the command line and waits for its end. */
export async function natslock(args: readonly string[], options?: StartOptions): Promise<Finished> {
  return await new Running(args, options).finished();
}

/** A server, and the command line connected to it. */
export interface CliLab {
  readonly server: NatsServer;
  /** Environment variables with the address of the server. */
  readonly env: Readonly<Record<string, string>>;
  /** Starts a process. It is ended at the end of the test. */
  start(args: readonly string[], options?: StartOptions): Running;
  /** Runs a process and waits for its end. */
  run(args: readonly string[], options?: StartOptions): Promise<Finished>;
}

/** Runs a test body with its own server. `config`: additional lines of the server configuration. */
export async function withCli(body: (lab: CliLab) => Promise<void>, config = ""): Promise<void> {
  await using server = await NatsServer.start({ config });
  const env = { NATS_URL: `nats://127.0.0.1:${server.port}` };
  const started: Running[] = [];
  const start = (args: readonly string[], options: StartOptions = {}) => {
    const running = new Running(args, { ...options, env: { ...env, ...options.env } });
    started.push(running);
    return running;
  };
  try {
    await body({ server, env, start, run: (args, options) => start(args, options).finished() });
  } finally {
    for (const running of started) await running[Symbol.asyncDispose]();
  }
}

/** Runs a test body with its own server, which has the bucket that the command line uses by default: "locks". */
export async function withLocks(body: (lab: CliLab) => Promise<void>, ttl = 15_000): Promise<void> {
  await withCli(async (lab) => {
    await withConnections(lab.server.url, (nc) => newKeyValue(nc, "locks", ttl));
    await body(lab);
  });
}

/** True if the process runs. A killed process that its parent has not collected yet does not count as running. */
export function runs(pid: number): boolean {
  const { success, stdout } = new Deno.Command("ps", { args: ["-o", "stat=", "-p", `${pid}`] }).outputSync();
  return success && !new TextDecoder().decode(stdout).trim().startsWith("Z");
}

/** Waits until `holds` returns true, for 20 s at most. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const start = performance.now(); performance.now() - start < LONGEST / 3;) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`Timed out waiting for: ${what}`);
}
