/**
 * A candidate in Go that does what the Go package natslock does. It is a process that is controlled by lines of text.
 */

import { eachLine } from "../../tools/lines.ts";
import { guard, signalIfRunning, unguard } from "../../tools/nats/process.ts";

/** The answer of the process to a command. */
export interface GoAnswer {
  readonly leads: boolean;
  /** What its Get showed, or its own ID after a Put; empty if there is none. */
  readonly holder: string;
  /** Revision of its Put; 0 if there was none. */
  readonly revision: number;
  readonly error?: string;
}

/** Server and bucket of a candidate. */
export interface GoPlace {
  readonly port: number;
  readonly bucket: string;
  /** Lease length for the bucket, in milliseconds, if it has to be created. */
  readonly ttl: number;
}

/** Longest wait for an answer, in milliseconds. */
const PATIENCE = 15_000;

const SOURCE = new URL("./", import.meta.url);

/** Builds the program in a folder and resolves to its path. Rejects with the reason if it cannot be built. */
export async function buildCandidate(folder: string): Promise<string> {
  const path = `${folder}/candidate${Deno.build.os === "windows" ? ".exe" : ""}`;
  const command = new Deno.Command("go", { args: ["build", "-o", path, "."], cwd: SOURCE, stdin: "null" });
  let built: Deno.CommandOutput;
  try {
    built = await command.output();
  } catch (cause) {
    throw new Error("Cannot build the Go candidate: there is no Go on PATH", { cause });
  }
  const { success, stderr } = built;
  if (!success) throw new Error(`Cannot build the Go candidate: ${new TextDecoder().decode(stderr).trim()}`);
  return path;
}

/** One candidate. Disposing it kills the process without a release, like a crash. */
export class GoCandidate {
  readonly id: string = crypto.randomUUID();
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting: PromiseWithResolvers<GoAnswer>[] = [];
  readonly #ended: Promise<void>;
  #complaint = "";

  private constructor(path: string, { port, bucket, ttl }: GoPlace) {
    const args = [`nats://127.0.0.1:${port}`, bucket, `${ttl}ms`, this.id];
    this.#process = new Deno.Command(path, { args, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
    this.#input = this.#process.stdin.getWriter();
    guard(this);
    this.#ended = this.#listen();
  }

  /** Starts the process. Resolves when it has opened or created the bucket. */
  static async start(path: string, place: GoPlace): Promise<GoCandidate> {
    const candidate = new GoCandidate(path, place);
    try {
      await candidate.#answer();
      return candidate;
    } catch (error) {
      await candidate[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Acquires or keeps the lead: Get, then Put. */
  acquire(): Promise<GoAnswer> {
    return this.#ask("acquire");
  }

  /** Releases the lead: Get, then Purge. */
  release(): Promise<GoAnswer> {
    return this.#ask("release");
  }

  /** Returns what a Get shows. */
  leader(): Promise<GoAnswer> {
    return this.#ask("leader");
  }

  /** Calls CreateKeyValue for the existing bucket. Resolves to the error, or an empty string. */
  async create(): Promise<string> {
    return (await this.#ask("create")).error ?? "";
  }

  /** Performs the Get of a call and stops before its write. The returned function continues with the write. */
  async begin(verb: "acquire" | "release"): Promise<() => Promise<GoAnswer>> {
    await this.#ask(`${verb} slowly`);
    return () => this.#ask("go on");
  }

  /** Sends SIGKILL and waits for the end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
    await this.#ended;
  }

  /** Sends SIGKILL without waiting. */
  destroy(): void {
    signalIfRunning(this.#process, "SIGKILL");
  }

  async #ask(line: string): Promise<GoAnswer> {
    const answer = this.#answer();
    await this.#input.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
    return await answer;
  }

  async #answer(): Promise<GoAnswer> {
    const answer = Promise.withResolvers<GoAnswer>();
    this.#waiting.push(answer);
    const timer = setTimeout(() => answer.reject(new Error("The Go candidate does not answer")), PATIENCE);
    return await answer.promise.finally(() => clearTimeout(timer));
  }

  async #listen(): Promise<void> {
    const { stdout, stderr, status } = this.#process;
    await Promise.all([
      status,
      eachLine(stdout, (line) => this.#waiting.shift()?.resolve(JSON.parse(line) as GoAnswer)),
      eachLine(stderr, (line) => this.#complaint += `${line}\n`),
    ]);
    unguard(this);
    await this.#input.close().catch(() => {});
    const over = new Error(`The Go candidate has ended: ${this.#complaint.trim()}`);
    for (const { reject } of this.#waiting) reject(over);
  }
}
