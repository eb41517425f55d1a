/**
 * One process that runs `examples/reconcile_loop.ts`.
 *
 * @module
 */

import { eachLine } from "../lines.ts";
import { guard, unguard } from "../nats/process.ts";

/** Where and how candidates run. Times are in milliseconds. */
export interface CandidateSettings {
  /** Websocket address of the server. */
  readonly url: string;
  /** Bucket of the lock. */
  readonly bucket: string;
  /** Key of the lock. Default: the key of the example. */
  readonly key?: string;
  /** Length of the lease. */
  readonly ttl: number;
  /** Time between two rounds of the loop. */
  readonly interval: number;
}

/** What a candidate prints after each round. */
export interface Round {
  /** Milliseconds since the Unix epoch by the candidate's clock. */
  readonly at: number;
  /** UUID of its Locker. */
  readonly id: string;
  /** True if it led in this round. */
  readonly leads: boolean;
  /** Why the candidate could not find out who leads. */
  readonly error?: string;
}

const EXAMPLE = new URL("../../examples/reconcile_loop.ts", import.meta.url);

/** A candidate process. It ends with this process at the latest. */
export class Candidate {
  /** Its name. */
  readonly name: string;
  /** Its rounds, oldest first. */
  readonly rounds: Round[] = [];
  /** Resolves when it has printed its first round. Rejects if it ends before that. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended and all of its output was read. */
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #process: Deno.ChildProcess;
  readonly #began = Promise.withResolvers<void>();
  #complaint = "";
  #asked = false;
  #hasEnded = false;

  /** Starts the process. Calls `failed` if the process ends without having been asked to. */
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

  /** Process ID. */
  get pid(): number {
    return this.#process.pid;
  }

  /** True when it has ended, by itself or by a signal. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Sends a signal. Resolves when the process has ended. */
  end(signal: Deno.Signal): Promise<Deno.CommandStatus> {
    this.#asked = true;
    this.#signal(signal);
    return this.ended;
  }

  /** Kills the process without waiting. */
  destroy(): void {
    this.#asked = true;
    this.#signal("SIGKILL");
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#process.kill(signal);
    } catch {
      // It has already ended.
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
