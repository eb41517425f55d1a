/**
 * A demo for the dashboard: a server, a bucket, and candidates that the user starts and stops from the page.
 *
 * @module
 */

import { wsconnect } from "@nats-io/nats-core";
import { newKeyValue } from "@x/natslock";
import type { DemoAct, DemoState } from "../../examples/dashboard/feed/demo_api.ts";
import type { Settings } from "../../examples/dashboard/model/link.ts";
import type { Demo } from "./server.ts";
import { Candidate } from "../demo/candidate.ts";
import { NatsServer } from "../nats/server.ts";

/** Names of candidates, by the key of the lock that they want. */
export type Cast = Readonly<Record<string, readonly string[]>>;

/** Times in milliseconds. */
export interface Pace {
  /** Length of the lease. */
  readonly ttl: number;
  /** Time between two rounds of a candidate. */
  readonly interval: number;
}

const BUCKET = "locks";
const RIGHTS = new URL("../../examples/permissions/observer.conf", import.meta.url);
const CONFIG = `authorization {
  users: [
    { user: demo, password: $DEMO_PASSWORD }
    { user: observer, password: $OBSERVER_PASSWORD, permissions: { include "observer.conf" } }
  ]
}
no_auth_user: demo`;

/**
 * Server, bucket and candidates behind the page. The page connects with the observer permissions of
 * `examples/permissions`.
 */
export class DashboardDemo implements Demo {
  readonly server: NatsServer;
  readonly #password: string;
  readonly #pace: Pace;
  readonly #keys: ReadonlyMap<string, string>;
  readonly #running = new Map<string, Candidate>();
  #serverRuns = true;

  private constructor(server: NatsServer, password: string, { cast, pace }: { cast: Cast; pace: Pace }) {
    this.server = server;
    this.#password = password;
    this.#pace = pace;
    this.#keys = new Map(Object.entries(cast).flatMap(([key, names]) => names.map((name) => [name, key] as const)));
  }

  /** Starts the server and creates the bucket. Starts no candidates. */
  static async start(cast: Cast, pace: Pace): Promise<DashboardDemo> {
    // The server parses these values as part of its configuration. The prefix keeps them from looking like a number or
    // a date.
    const [password, own] = [`p-${crypto.randomUUID()}`, `p-${crypto.randomUUID()}`] as const;
    const env = { DEMO_PASSWORD: own, OBSERVER_PASSWORD: password };
    const files = { "observer.conf": await Deno.readTextFile(RIGHTS) };
    const server = await NatsServer.start({ config: CONFIG, files, env });
    const nc = await wsconnect({ servers: server.url });
    await newKeyValue(nc, BUCKET, pace.ttl);
    await nc.close();
    return new DashboardDemo(server, password, { cast, pace });
  }

  /** What the page connects with. */
  get settings(): Settings {
    const { url } = this.server;
    return { servers: url, bucket: BUCKET, user: "observer", pass: this.#password, inboxPrefix: "_INBOX_observer" };
  }

  /** Starts all candidates. */
  startAll(): void {
    for (const name of this.#keys.keys()) this.#start(name);
  }

  state(): DemoState {
    const candidates = [...this.#keys].map(([name, key]) => ({ name, key, runs: this.#isRunning(name) }));
    return { candidates, serverRuns: this.#serverRuns };
  }

  async perform({ act, name = "" }: DemoAct): Promise<void> {
    if (act === "server-stop") {
      this.#serverRuns = false;
      return await this.server.kill();
    }
    if (act === "server-start") {
      await this.server.restart();
      this.#serverRuns = true;
      return;
    }
    if (act === "start") return this.#start(name);
    await this.#running.get(name)?.end(act === "kill" ? "SIGKILL" : "SIGTERM");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.values()].map((candidate) => candidate.end("SIGKILL")));
    await this.server.stop();
  }

  #isRunning(name: string): boolean {
    const candidate = this.#running.get(name);
    return candidate !== undefined && !candidate.hasEnded;
  }

  #start(name: string): void {
    const key = this.#keys.get(name);
    if (key === undefined || this.#isRunning(name)) return;
    const settings = { url: this.server.url, bucket: BUCKET, key, ...this.#pace };
    // A candidate that ends by itself is shown as down. The user can start it again.
    this.#running.set(name, new Candidate(name, settings, () => {}));
  }
}
