/** An order that is being performed in a process of its own. */

import { guard, signalIfRunning, unguard } from "../../tools/nats/process.ts";
import { eachLine, Heard } from "./lines.ts";
import type { Told } from "./program.ts";

/** A runtime at work. */
export interface Running {
  /** What it said. */
  readonly told: Heard<Told>;
  /** Ends it as a crash would: nothing is released. Further calls do nothing. */
  kill(): Promise<void>;
}

/** How long a process may take to go by itself once its input has ended, in milliseconds. */
const FAREWELL = 10_000;

/** A process whose lines are heard; it does not outlive this one. */
export class LineProcess {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #ended: Promise<void>;
  #complaint = "";

  /** `tell` hears each line, `over` why there are no more. */
  constructor(command: readonly string[], tell: (line: string) => void, over: (why: string) => void) {
    const [path = "", ...args] = command;
    const pipes = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
    this.#process = new Deno.Command(path, { args, ...pipes, env: { NO_COLOR: "1" } }).spawn();
    this.#input = this.#process.stdin.getWriter();
    guard(this);
    this.#ended = this.#run(tell, over);
  }

  /** The last of what it said on its error output. */
  get complaint(): string {
    return this.#complaint;
  }

  /** Writes a line to its input. */
  async send(line: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    signalIfRunning(this.#process, "SIGKILL");
    await this.#ended;
  }

  /** Ends its input, upon which it ends whatever it has started, and itself. */
  async close(): Promise<void> {
    await this.#input.close().catch(() => {});
    const timer = setTimeout(() => signalIfRunning(this.#process, "SIGKILL"), FAREWELL);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Ends it at once, without waiting; its input ends with this process. */
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

/** Starts a process that performs one order and says so in lines. `end`: whether it is killed, or told to end. */
export function run(command: readonly string[], end: "kill" | "close" = "kill"): Running {
  const told = new Heard<Told>();
  const process = new LineProcess(command, (line) => told.add(JSON.parse(line)), (why) => told.finish(why));
  return { told, kill: () => process[end]() };
}
