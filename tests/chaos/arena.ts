/**
 * Arena: three servers, clients as processes, and a line between any two of them that can fail.
 *
 * @module
 */

import type { KV } from "@nats-io/kv";
import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { jetstreamManager } from "@nats-io/jetstream";
import { Locker, newKeyValue } from "../../mod.ts";
import { NatsCluster } from "../../tools/nats/cluster.ts";
import type { NatsServer } from "../../tools/nats/server.ts";
import { Actor, type Engine } from "./actor.ts";
import { Wire } from "./wire.ts";

/** Name of the bucket, and its lease length in ms. */
export const BUCKET = "chaos";
export const TTL = 3000;

/** Name of the bucket of the locks by name, and how long it keeps a ticket in ms. */
const QUEUES = "queues";
const MAX_HOLD = 86_400_000;

/** Number of clients, and number of candidates in each that want the lock of the storm. */
const CLIENTS = 5;
const WAITERS = 10;

/** Options of an arena. */
export interface ArenaOptions {
  /** Folder of the histories and of the resource. */
  readonly folder: string;
  /** Runtimes of the clients, used in turn. */
  readonly engines: readonly Engine[];
}

/** Everything that can fail. */
export class Arena {
  readonly cluster: NatsCluster;
  /** `routes[a][b]`: the line by which server `a` dials server `b`. */
  readonly routes: readonly (readonly (Wire | null)[])[];
  readonly actors: Actor[] = [];
  /** A connection without faults of its own, and the bucket on it. */
  readonly nc: NatsConnection;
  readonly kv: KV;
  readonly #options: ArenaOptions;
  readonly #watcher: Locker;
  #generation = 0;

  private constructor(options: ArenaOptions, stage: Pick<Arena, "cluster" | "routes" | "nc" | "kv">) {
    this.#options = options;
    ({ cluster: this.cluster, routes: this.routes, nc: this.nc, kv: this.kv } = stage);
    this.#watcher = new Locker({ kv: this.kv, key: "set" });
  }

  /** Starts servers and clients. */
  static async open(options: ArenaOptions): Promise<Arena> {
    const routes: (Wire | null)[][] = [[], [], []];
    const dial = (from: number, to: number, port: number) => {
      const wire = new Wire(port);
      (routes[from] as (Wire | null)[])[to] = wire;
      return wire.port;
    };
    const cluster = await NatsCluster.start(3, { dial });
    const nc = await wsconnect({ servers: cluster.urls, maxReconnectAttempts: -1, reconnectTimeWait: 250 });
    const kv = await bucketsOf(nc);
    const arena = new Arena(options, { cluster, routes, nc, kv });
    for (let place = 0; place < CLIENTS; place++) arena.actors.push(arena.#start(place));
    return arena;
  }

  /** Files of all histories so far. */
  get histories(): string[] {
    return [...Deno.readDirSync(this.#options.folder)].map(({ name }) => name).filter((name) => name.endsWith(".jsonl"))
      .map((name) => `${this.#options.folder}/${name}`);
  }

  /** The file of the shared sets. */
  get resource(): string {
    return `${this.#options.folder}/resource.db`;
  }

  /** The file of the shared set of the locks by name. */
  get namedResource(): string {
    return `${this.#options.folder}/named.db`;
  }

  /** Creates the buckets if they do not exist. */
  async makeBuckets(): Promise<void> {
    await bucketsOf(this.nc);
  }

  /** Deletes the buckets if the servers are able to. */
  async deleteBuckets(): Promise<void> {
    const { streams } = await jetstreamManager(this.nc, { timeout: 2000, checkAPI: false });
    for (const bucket of [BUCKET, QUEUES]) await streams.delete(`KV_${bucket}`).catch(() => {});
  }

  /** Asks the leaders of the buckets' streams to step down. */
  async stepDown(): Promise<void> {
    const ask = (bucket: string) =>
      this.nc.request(`$JS.API.STREAM.LEADER.STEPDOWN.KV_${bucket}`, "", { timeout: 2000 }).catch(() => {});
    await Promise.all([BUCKET, QUEUES].map(ask));
  }

  /** The server that leads the bucket's stream; the first server if none leads. */
  async leader(): Promise<NatsServer> {
    return await this.cluster.leader(`KV_${BUCKET}`) ?? this.cluster.nodes[0] as NatsServer;
  }

  /** Name of the client that holds the lock of the shared sets; empty if there is none, or if it is not known. */
  async holder(): Promise<string> {
    return (await this.#watcher.leader().catch(() => null))?.name ?? "";
  }

  /** The lines between a server and the others. */
  linesOf(server: NatsServer): Wire[] {
    const index = this.cluster.nodes.indexOf(server);
    const all = this.routes.flatMap((row, from) => row.map((wire, to) => ({ wire, from, to })));
    return all.flatMap(({ wire, from, to }) => wire && (from === index || to === index) ? [wire] : []);
  }

  /** Starts a new client in place of one that was killed. */
  replace(actor: Actor): void {
    const place = this.actors.indexOf(actor);
    if (place >= 0) this.actors[place] = this.#start(place);
  }

  /** Ends the faults of all lines. */
  heal(): void {
    for (const wire of [...this.routes.flat(), ...this.actors.flatMap(({ wires }) => wires)]) wire?.heal();
  }

  /** Ends clients, servers and lines. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.actors.map((actor) => actor.kill()));
    await this.nc.close();
    await this.cluster.stop();
    for (const wire of this.routes.flat()) wire?.[Symbol.dispose]();
  }

  #start(place: number): Actor {
    const { folder, engines } = this.#options;
    const client = `c${place + 1}.${++this.#generation}`;
    return new Actor(engines[place % engines.length] as Engine, this.cluster.nodes, {
      client,
      bucket: BUCKET,
      ttl: TTL,
      history: `${folder}/${client}.jsonl`,
      resource: this.resource,
      queues: QUEUES,
      namedResource: this.namedResource,
      way: place === 0 ? "calls" : "lease",
      waiters: WAITERS,
    });
  }
}

/** Opens or creates the buckets and returns the first. Retries until the servers are able to. */
async function bucketsOf(nc: NatsConnection): Promise<KV> {
  for (;;) {
    try {
      await newKeyValue(nc, QUEUES, MAX_HOLD, { replicas: 3, rollups: false });
      return await newKeyValue(nc, BUCKET, TTL, { replicas: 3 }) as KV;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
