/**
 * A process with lock managers, for tests in which a process is killed, stopped or cut off.
 *
 * Its only argument is its settings as JSON. It reads orders and prints news, each as one line of JSON.
 *
 * @module
 */

import { LeaseLostError, type Lock, LockManager, type LockOptions } from "../../mod.ts";
import { eachLine } from "../../tools/lines.ts";

/** Settings of a worker. */
export interface WorkerSettings {
  readonly servers: string | readonly string[];
  readonly bucket: string;
  /** Lease length of its sessions in milliseconds. */
  readonly ttl: number;
  /** Number of its lock managers. Default: 1. */
  readonly managers?: number;
}

/** What a worker is asked to do. `id` is the number of a request. */
export type Order =
  | {
    readonly act: "acquire";
    readonly id: number;
    readonly name: string;
    /** Number of the manager. Default: 0. */
    readonly manager?: number;
    readonly options?: LockOptions;
    /** File to append the token to while the lock is held; the lock is then released. */
    readonly file?: string;
  }
  | { readonly act: "look" | "release"; readonly id: number };

/** What a worker tells. `id` is the number of the request; `at` is the time in ms since the Unix epoch. */
export type News =
  | { readonly on: "open" }
  | { readonly on: "granted"; readonly id: number; readonly token: number; readonly at: number }
  | { readonly on: "failed"; readonly id: number; readonly message: string }
  | { readonly on: "ended"; readonly id: number; readonly why: string }
  | { readonly on: "state"; readonly id: number; readonly held: boolean; readonly remaining: number };

const locks = new Map<number, Lock>();

function tell(news: News): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(news)}\n`));
}

function granted(id: number, lock: Lock): void {
  locks.set(id, lock);
  tell({ on: "granted", id, token: lock.token, at: Date.now() });
  lock.signal.addEventListener("abort", () => {
    const { reason } = lock.signal;
    tell({ on: "ended", id, why: reason instanceof LeaseLostError ? reason.why : "released" });
  });
}

async function obey(order: Order, managers: readonly LockManager[]): Promise<void> {
  if (order.act === "acquire") {
    const { id, name, manager = 0, options = {}, file } = order;
    const lock = await managers[manager]?.acquire(name, options);
    if (!lock) throw new Error(`"${name}" is not available`);
    granted(id, lock);
    if (file === undefined) return;
    Deno.writeTextFileSync(file, `${lock.token}\n`, { append: true });
    return await lock.release();
  }
  const lock = locks.get(order.id);
  if (order.act === "release") await lock?.release();
  else tell({ on: "state", id: order.id, held: lock?.held ?? false, remaining: lock?.remaining ?? 0 });
}

async function main({ managers: count = 1, ...settings }: WorkerSettings): Promise<void> {
  const managers = await Promise.all(Array.from({ length: count }, () => LockManager.open(settings)));
  tell({ on: "open" });
  await eachLine(Deno.stdin.readable, (line) => {
    const order = JSON.parse(line) as Order;
    obey(order, managers).catch((error: Error) => tell({ on: "failed", id: order.id, message: error.message }));
  });
  await Promise.all(managers.map((manager) => manager.close()));
}

if (import.meta.main) {
  await main(JSON.parse(Deno.args[0] ?? "") as WorkerSettings);
  Deno.exit(0);
}
