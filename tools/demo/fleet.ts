/**
 * Several candidates for one lock, and what happens to it.
 *
 * @module
 */

import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { Candidate, type CandidateSettings } from "./candidate.ts";
import { type Change, History } from "./history.ts";

/** How a fleet is started. */
export interface FleetOptions extends CandidateSettings {
  /** Hears each change of the lock. */
  readonly told?: (change: Change) => void;
}

/** Candidates by name; disposing of the fleet ends them. */
export class Fleet {
  /** Changes of the lock since the fleet exists. */
  readonly history: History;
  /** Connection of the one who looks on. */
  readonly nc: NatsConnection;
  readonly #settings: CandidateSettings;
  readonly #trouble = new AbortController();
  readonly #candidates = new Map<string, Candidate>();

  private constructor(settings: CandidateSettings, nc: NatsConnection, history: History) {
    this.#settings = settings;
    this.nc = nc;
    this.history = history;
  }

  /** Connects and looks on; candidates are added one by one. */
  static async open(options: FleetOptions): Promise<Fleet> {
    const nc = await wsconnect({ servers: options.url });
    return new Fleet(options, nc, await History.follow(nc, options.bucket, options.told));
  }

  /** Aborted, with an error that says so, when a candidate ends by itself. */
  get trouble(): AbortSignal {
    return this.#trouble.signal;
  }

  /** Starts a candidate; an ended one of that name is forgotten. */
  start(name: string): Candidate {
    const candidate = new Candidate(name, this.#settings, (error) => this.#trouble.abort(error));
    this.#candidates.set(name, candidate);
    return candidate;
  }

  /** The candidate of that name. */
  get(name: string): Candidate {
    const candidate = this.#candidates.get(name);
    if (candidate) return candidate;
    throw new Error(`Cannot find a candidate named "${name}"`);
  }

  /** Ends all. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#candidates.values()].map((candidate) => candidate.end("SIGKILL")));
    this.history.stop();
    await this.nc.close();
  }
}
