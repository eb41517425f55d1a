/**
 * One process that runs `examples/reconcile_loop.ts`.
 *
 * @module
 */

import { eachLine } from "../lines.ts";
import { guard, unguard } from "../nats/process.ts";

/** Where candidates run and how. Times are milliseconds. */
export interface CandidateSettings {
  /** Websocket address of the server. */
  readonly url: string;
  /** Bucket of the lock. */
  readonly bucket: string;
  /** Key of the lock. Default: the example's. */
  readonly key?: string;
  /** Lease length. */
  readonly ttl: number;
  /** Time between two rounds of the loop. */
  readonly interval: number;
}

/** What a candidate says after each round. */
export interface Round {
  /** When, since the Unix epoch by the candidate's clock. */
  readonly at: number;
  /** UUID of its Locker. */
  readonly id: string;
  /** True if it led in this round. */
  readonly leads: boolean;
  /** Why it could not be told who leads. */
  readonly error?: string;
}

const EXAMPLE = new URL("../../examples/reconcile_loop.ts", import.meta.url);

/** A candidate process; it does not outlive this one. */
export class Candidate {
  /** Its name. */
  readonly name: string;
  /** What it said, oldest first. */
  readonly rounds: Round[] = [];
  /** Resolves when it said its first round; rejects if it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended and all it said was read. */
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #process: Deno.ChildProcess;
  readonly #began = Promise.withResolvers<void>();
  #complaint = "";
  #asked = false;
  #hasEnded = false;

  /** Starts the process. `failed` is told if it ends without having been asked to. */
  constructor(name: string, settings: CandidateSettings, failed: (error: Error) => void) {
    this.name = name;
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", EXAMPLE.href, "--json"],
      env: {
        NATS_URL: settings.url,
        BUCKET: settings.bucket,
        ...settings.key ? { KEY: settings.key } : {},
        TTL_MS: String(settings.ttl),
        INTERVAL_MS: String(settings.interval),
        NAME: name,
        NO_COLOR: "1",
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    guard(this);
    this.ready = this.#began.promise;
    this.ready.catch(() => {});
    this.ended = this.#run(failed);
  }

  /** Process id. */
  get pid(): number {
    return this.#process.pid;
  }

  /** True once it has ended, by itself or not. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Sends a signal and resolves when the process has ended. */
  end(signal: Deno.Signal): Promise<Deno.CommandStatus> {
    this.#asked = true;
    this.#signal(signal);
    return this.ended;
  }

  /** Ends it at once, without waiting. */
  destroy(): void {
    this.#asked = true;
    this.#signal("SIGKILL");
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#process.kill(signal);
    } catch {
      // It has ended already.
    }
  }

  async #run(failed: (error: Error) => void): Promise<Deno.CommandStatus> {
    const { stdout, stderr, status } = this.#process;
    const [ended] = await Promise.all([
      status,
      eachLine(stdout, (line) => this.#said(line)),
      eachLine(stderr, (line) => this.#complaint += `${line}\n`),
    ]);
    this.#hasEnded = true;
    unguard(this);
    const how = ended.signal ?? `code ${ended.code}`;
    const error = new Error(`Candidate "${this.name}" ended by itself with ${how}\n${this.#complaint}`.trim());
    this.#began.reject(error);
    if (!this.#asked) failed(error);
    return ended;
  }

  #said(line: string): void {
    this.rounds.push(JSON.parse(line) as Round);
    this.#began.resolve();
  }
}
