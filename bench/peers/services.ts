/** The servers that the libraries use. Redis and etcd are optional: a figure without them names the reason. */

import { NatsCluster } from "../../tools/nats/cluster.ts";
import { freePorts } from "../../tools/nats/ports.ts";
import { guard, signalIfRunning, unguard } from "../../tools/nats/process.ts";
import { NatsServer } from "../../tools/nats/server.ts";
import { runs } from "../../tools/programs.ts";
import { installDebian } from "../../tests/helpers/apt.ts";
import type { Peer, PeerName } from "./client.ts";
import { etcd } from "./etcd.ts";
import { lockers, managers, overWebsocket } from "./natslock.ts";
import { redisSemaphore, redlock } from "./redis.ts";

/** Longest time for a server to listen, in milliseconds. */
const START_TIMEOUT = 20_000;

/** A server of another kind, as a child process with a folder that is removed. */
class OtherServer {
  readonly url: string;
  readonly #process: Deno.ChildProcess;
  readonly #folder: string;

  private constructor(url: string, process: Deno.ChildProcess, folder: string) {
    this.url = url;
    this.#process = process;
    this.#folder = folder;
    guard(this);
  }

  /** Starts a program whose first argument list is made from its ports and folder. Resolves when it listens. */
  static async start(name: string, made: (ports: readonly number[], folder: string) => Started): Promise<OtherServer> {
    const ports = freePorts(2);
    const folder = await Deno.makeTempDir({ prefix: "natslock-bench-" });
    const { args, url } = made(ports, folder);
    const process = new Deno.Command(name, { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
    const server = new OtherServer(url, process, folder);
    try {
      await listening(ports[0] ?? 0);
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Kills the process. */
  destroy(): void {
    signalIfRunning(this.#process, "SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
    unguard(this);
    await this.#process.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}

interface Started {
  readonly args: string[];
  readonly url: string;
}

async function listening(port: number): Promise<void> {
  for (const start = performance.now(); performance.now() - start < START_TIMEOUT;) {
    const reached = await Deno.connect({ hostname: "127.0.0.1", port }).then(
      (line) => (line.close(), true),
      () => false,
    );
    if (reached) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the server does not listen");
}

// Default durability: Redis without a log answers from memory, etcd syncs each write.
const redisServer = (ports: readonly number[], folder: string): Started => ({
  args: ["--port", `${ports[0]}`, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"],
  url: `redis://127.0.0.1:${ports[0]}`,
});

const etcdServer = ([client, peer]: readonly number[], folder: string): Started => {
  const [clients, peers] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`];
  const listen = ["--listen-client-urls", clients, "--advertise-client-urls", clients, "--listen-peer-urls", peers];
  const join = ["--initial-advertise-peer-urls", peers, "--initial-cluster", `default=${peers}`];
  return { args: ["--data-dir", `${folder}/data`, "--log-level", "error", ...listen, ...join], url: clients };
};

/** Addresses of the servers, and the reasons for those that are missing. */
export interface Services extends AsyncDisposable {
  readonly nats: NatsServer;
  readonly redis: string | null;
  readonly etcd: string | null;
  readonly missing: readonly string[];
}

/** Starts nats-server, Redis and etcd. Installs what is missing. */
export async function startServices(say: (line: string) => void): Promise<Services> {
  const stack = new AsyncDisposableStack();
  const missing: string[] = [];
  const other = async (program: string, debian: string, made: typeof redisServer) => {
    try {
      if (!await runs(program)) {
        say(`installing ${debian}`);
        await installDebian(debian);
      }
      return stack.use(await OtherServer.start(program, made)).url;
    } catch (error) {
      missing.push(`${program}: ${(error as Error).message}`);
      return null;
    }
  };
  const nats = stack.use(await NatsServer.start());
  const redis = await other("redis-server", "redis-server", redisServer);
  const etcd = await other("etcd", "etcd-server", etcdServer);
  return { nats, redis, etcd, missing, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** The libraries whose servers run. */
export function peersOf(
  { nats, redis, etcd: etcdUrl }: Pick<Services, "redis" | "etcd"> & { nats: { url: string } },
): Peer[] {
  const connect = overWebsocket(nats.url);
  return [
    lockers(connect),
    managers(connect),
    ...redis === null ? [] : [redlock(redis), redisSemaphore(redis)],
    ...etcdUrl === null ? [] : [etcd(etcdUrl)],
  ];
}

/** Addresses as text, for child processes. */
export interface Addresses {
  readonly nats: string;
  readonly redis: string | null;
  readonly etcd: string | null;
}

/** The library of this name. @throws {Error} if its server does not run */
export function peerNamed(name: PeerName, { nats, redis, etcd: etcdUrl }: Addresses): Peer {
  const found = peersOf({ nats: { url: nats }, redis, etcd: etcdUrl }).find((peer) => peer.name === name);
  if (found) return found;
  throw new Error(`Cannot use "${name}": its server does not run`);
}

/** Three nats-servers. */
export async function startCluster(): Promise<NatsCluster> {
  return await NatsCluster.start();
}

/** One more nats-server, for buckets of another kind. */
export async function startApart(): Promise<NatsServer> {
  return await NatsServer.start();
}
