/**
 * A cluster of real nats-servers with replication, for tests.
 *
 * @module
 */

import { freePorts, withOtherPorts } from "./ports.ts";
import { NatsServer } from "./server.ts";

/** Longest time for the members to connect to each other and elect a leader, in milliseconds. */
const FORM_TIMEOUT = 60_000;

interface JszAnswer {
  readonly account_details?: {
    readonly stream_detail?: { readonly name: string; readonly cluster?: { readonly leader?: string } }[];
  }[];
  readonly meta_cluster?: Meta;
}

/** What a member knows of the cluster. Only the leader hears of all others. */
interface Meta {
  readonly leader?: string;
  readonly cluster_size?: number;
  readonly replicas?: readonly { readonly current: boolean; readonly offline?: boolean }[];
}

/**
 * Returns the port that member `from` dials to reach member `to`, which listens on `port`. Members are numbered from 0.
 */
export type Dial = (from: number, to: number, port: number) => number;

/**
 * An address where nobody listens. It is advertised so that members know each other only by their configured routes.
 */
const NOWHERE = "127.0.0.1:1";

/** How a cluster is started. */
export interface ClusterOptions {
  /** The port at which one member reaches another. Default: its own. */
  readonly dial?: Dial;
  /** Release of nats-server. Default: what is found, else the pinned one. */
  readonly version?: string;
}

/** A cluster on loopback with temporary stores. */
export class NatsCluster {
  /** The members, named n1, n2, ... */
  readonly nodes: readonly NatsServer[];

  private constructor(nodes: readonly NatsServer[]) {
    this.nodes = nodes;
  }

  /** Starts a cluster of `size` members. Resolves when it has a leader that knows all of them. */
  static async start(size = 3, options: ClusterOptions = {}): Promise<NatsCluster> {
    return await withOtherPorts(() => NatsCluster.#start(size, options));
  }

  static async #start(
    size: number,
    { dial = (_from, _to, port) => port, version }: ClusterOptions,
  ): Promise<NatsCluster> {
    const ports = freePorts(size);
    const nodes: NatsServer[] = [];
    const cluster = new NatsCluster(nodes);
    try {
      for (const _ of ports) nodes.push(await NatsServer.prepare(version === undefined ? {} : { version }));
      await Promise.all(nodes.map(async (node, from) => {
        const dialled = ports.map((port, to) => `"nats://127.0.0.1:${to === from ? port : dial(from, to, port)}"`);
        const config = `cluster { name: natslock, listen: "127.0.0.1:${ports[from]}", no_advertise: true, ` +
          `advertise: "${NOWHERE}", routes: [${dialled.join(", ")}] }`;
        await node.configure({ name: `n${from + 1}`, config });
        await node.launch();
      }));
      await cluster.formed();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Websocket addresses of the members. */
  get urls(): string[] {
    return this.nodes.map(({ url }) => url);
  }

  /** Resolves when every member answers, and all agree on one meta leader that hears of all others. Rejects after 60 s. */
  async formed(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.answering()));
    for (const start = performance.now(); performance.now() - start < FORM_TIMEOUT;) {
      const metas = await Promise.all(this.nodes.map(async (node) => (await this.#jsz(node)).meta_cluster));
      if (isFormed(metas)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("Cannot form a cluster: its members agree on no leader that hears of all of them");
  }

  /** The member that leads a stream; `null` if there is none. */
  async leader(stream: string): Promise<NatsServer | null> {
    // Only the leader's own answer counts. The others keep naming a leader that is paused or dead.
    const claims = this.nodes.map(async (node, index) => {
      const details = (await this.#jsz(node)).account_details ?? [];
      const found = details.flatMap((account) => account.stream_detail ?? []).find(({ name }) => name === stream);
      if (found?.cluster?.leader !== `n${index + 1}`) throw new Error("does not lead");
      return node;
    });
    return await Promise.any(claims).catch(() => null);
  }

  /** Stops all members and removes their stores. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  /** The same as {@linkcode NatsCluster.stop}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #jsz(node: NatsServer): Promise<JszAnswer> {
    try {
      return await node.monitor("jsz?accounts=true&streams=true") as JszAnswer;
    } catch {
      return {};
    }
  }
}

/** True if all members agree on one leader that hears of all others: it assigns no stream to one that it does not hear. */
function isFormed(metas: readonly (Meta | undefined)[]): boolean {
  const leader = metas.findIndex((meta, index) => meta?.leader === `n${index + 1}`);
  const agree = metas.every((meta) => meta?.leader === `n${leader + 1}` && meta.cluster_size === metas.length);
  const heard = metas[leader]?.replicas?.filter(({ current, offline = false }) => current && !offline) ?? [];
  return agree && heard.length === metas.length - 1;
}
