/**
 * One client process of a chaos run, on Deno or Node. It works under the locks until it is asked to stop.
 *
 * Its only argument is its settings as JSON. It reads commands as lines: `calm` = start no new work; it answers with a
 * line when all of its work has ended. `stop` = end.
 *
 * @module
 */

import { argv, exit, stdin, stdout } from "node:process";
import { Locker, NatslockError } from "../../mod.ts";
import { HistoryFile } from "./history.ts";
import { Resource } from "./resource.ts";
import { LockAsker, openLocks } from "./lock_asker.ts";
import { workByName } from "./lock_work.ts";
import { type Bench, campaign, look, setByCalls, setByLease, storm } from "./worker.ts";

/** Settings of a client. Times are in milliseconds. */
export interface ClientSettings {
  readonly client: string;
  readonly servers: readonly string[];
  readonly bucket: string;
  readonly ttl: number;
  /** Name of the bucket of the locks by name, and the file of the resource that one of them protects. */
  readonly queues: string;
  readonly namedResource: string;
  /** Files of its history and of the resource. */
  readonly history: string;
  readonly resource: string;
  /** How it leads for the shared sets: by leases that renew themselves, or by calls in a loop. */
  readonly way: "lease" | "calls";
  /** Number of candidates that want the lock of the storm. */
  readonly waiters: number;
}

/** How often the process checks whether it ran, and the gap that counts as a stall, in ms. */
const TICK = 20;
const STALL = 60;

/** Retries until the servers answer: a client may start during an outage. */
async function open({ servers, bucket, ttl, client }: ClientSettings): Promise<Locker> {
  for (;;) {
    try {
      return await Locker.open({ servers, bucket, ttl, key: "unused", name: client });
    } catch (error) {
      if (!(error instanceof NatslockError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** Records when the process did not run. It cannot report a loss during that time. */
function watchOver(history: HistoryFile): () => void {
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - last > STALL) history.note({ on: "stalled", for: Math.round(now - last) });
    last = now;
  }, TICK);
  return () => clearInterval(timer);
}

async function main(settings: ClientSettings): Promise<void> {
  const { client, ttl, way, waiters } = settings;
  const history = new HistoryFile(settings.history, client);
  const [calm, over] = [new AbortController(), new AbortController()];
  const stopped = Promise.withResolvers<void>();
  stdin.on("data", (data) => {
    calm.abort();
    if (String(data).includes("stop")) stopped.resolve();
  });
  const unwatch = watchOver(history);
  using resource = new Resource(settings.resource, client);
  await using opened = await open(settings);
  const bench: Bench = { kv: opened.kv, client, history, resource, calm: calm.signal };
  const looking = look(bench, over.signal);
  const working = [way === "lease" ? setByLease(bench) : setByCalls(bench, ttl / 10), campaign(bench)];
  for (let waiter = 0; waiter < waiters; waiter++) working.push(storm(bench));
  const { servers, queues } = settings;
  await using locks = await openLocks({ servers, bucket: queues, ttl, name: client, replicas: 3 });
  using named = new Resource(settings.namedResource, client);
  const asker = new LockAsker(locks, history);
  working.push(workByName({ asker, client, history, resource: named, calm: calm.signal }));
  await Promise.all(working);
  history.note({ on: "calm" });
  stdout.write("calm\n");
  await stopped.promise;
  over.abort();
  await looking;
  unwatch();
  history.note({ on: "bye" });
}

await main(JSON.parse(argv[2] ?? "") as ClientSettings);
exit(0);
