/** An order that is performed in its own process. */

import { guard, signalIfRunning, unguard } from "../../tools/nats/process.ts";
import { eachLine, Heard } from "./lines.ts";
import type { Told } from "./program.ts";

/** A running order. */
export interface Running {
  /** Its reports. */
  readonly told: Heard<Told>;
  /** Ends it like a crash, without a release. Further calls do nothing. */
  kill(): Promise<void>;
}

/** How long a process may take to end after its input has ended, in milliseconds. */
const FAREWELL = 10_000;

/** A process whose output is read line by line. It ends with this process at the latest. */
export class LineProcess {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #ended: Promise<void>;
  #complaint = "";

  /** Calls `tell` with each line, and `over` with the reason when there are no more. */
  constructor(command: readonly string[], tell: (line: string) => void, over: (why: string) => void) {
    const [path = "", ...args] = command;
    const pipes = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
    this.#process = new Deno.Command(path, { args, ...pipes, env: { NO_COLOR: "1" } }).spawn();
    this.#input = this.#process.stdin.getWriter();
    guard(this);
    this.#ended = this.#run(tell, over);
  }

  /** The last part of its standard error. */
  get complaint(): string {
    return this.#complaint;
  }

  /** Writes a line to its input. */
  async send(line: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Sends SIGKILL and waits for the end. */
  async kill(): Promise<void> {
    signalIfRunning(this.#process, "SIGKILL");
    await this.#ended;
  }

  /** Closes its input. The process then ends itself and everything it started. */
  async close(): Promise<void> {
    await this.#input.close().catch(() => {});
    const timer = setTimeout(() => signalIfRunning(this.#process, "SIGKILL"), FAREWELL);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Sends SIGTERM without waiting. Its input ends with this process. */
  destroy(): void {
    signalIfRunning(this.#process, "SIGTERM");
  }

  async #run(tell: (line: string) => void, over: (why: string) => void): Promise<void> {
    const { stdout, stderr, status } = this.#process;
    const [{ code, signal }] = await Promise.all([
      status,
      eachLine(stdout, tell),
      eachLine(stderr, (line) => this.#complaint = `${this.#complaint}${line}\n`.slice(-4000)),
    ]);
    unguard(this);
    await this.#input.close().catch(() => {});
    over(`the process ended with ${signal ?? `code ${code}`}\n${this.#complaint}`.trim());
  }
}

/** Starts a process that performs one order. `end` sets how `kill()` ends it: by SIGKILL, or by closing its input. */
export function run(command: readonly string[], end: "kill" | "close" = "kill"): Running {
  const told = new Heard<Told>();
  const process = new LineProcess(command, (line) => told.add(JSON.parse(line)), (why) => told.finish(why));
  return { told, kill: () => process[end]() };
}
