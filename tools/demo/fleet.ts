/**
 * Several candidate processes for one lock, and the changes of that lock.
 *
 * @module
 */

import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { Candidate, type CandidateSettings } from "./candidate.ts";
import { type Change, History } from "./history.ts";

/** Options of {@linkcode Fleet.open}. */
export interface FleetOptions extends CandidateSettings {
  /** Called with each change of the lock. */
  readonly told?: (change: Change) => void;
}

/** Candidates by name. Disposing the fleet ends them. */
export class Fleet {
  /** Changes of the lock since the fleet was opened. */
  readonly history: History;
  /** Connection of the fleet itself, which only observes. */
  readonly nc: NatsConnection;
  readonly #settings: CandidateSettings;
  readonly #trouble = new AbortController();
  readonly #candidates = new Map<string, Candidate>();

  private constructor(settings: CandidateSettings, nc: NatsConnection, history: History) {
    this.#settings = settings;
    this.nc = nc;
    this.history = history;
  }

  /** Connects and follows the lock. Starts no candidates. */
  static async open(options: FleetOptions): Promise<Fleet> {
    const nc = await wsconnect({ servers: options.url });
    return new Fleet(options, nc, await History.follow(nc, options.bucket, options.told));
  }

  /** Aborted with an error when a candidate ends by itself. */
  get trouble(): AbortSignal {
    return this.#trouble.signal;
  }

  /** Starts a candidate. Replaces a candidate of the same name that has ended. */
  start(name: string): Candidate {
    const candidate = new Candidate(name, this.#settings, (error) => this.#trouble.abort(error));
    this.#candidates.set(name, candidate);
    return candidate;
  }

  /** Returns the candidate with this name. */
  get(name: string): Candidate {
    const candidate = this.#candidates.get(name);
    if (candidate) return candidate;
    throw new Error(`Cannot find a candidate named "${name}"`);
  }

  /** Kills all candidates and closes the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#candidates.values()].map((candidate) => candidate.end("SIGKILL")));
    this.history.stop();
    await this.nc.close();
  }
}
