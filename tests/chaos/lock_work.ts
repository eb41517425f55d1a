/**
 * The work of one client under locks by name. Each kind of work runs in its own loop.
 *
 * @module
 */

import type { Lock } from "../../mod.ts";
import type { HistoryFile } from "./history.ts";
import type { AskedOptions, LockAsker } from "./lock_asker.ts";
import type { Resource } from "./resource.ts";

/** What the work needs. */
export interface NamedBench {
  readonly asker: LockAsker;
  readonly client: string;
  readonly history: HistoryFile;
  /** The shared set that checks the tokens of the lock "set". */
  readonly resource: Resource;
  /** Aborted when no new work may start. */
  readonly calm: AbortSignal;
}

/** Accounts, of which two are locked at once. */
const ACCOUNTS = ["account 1", "account 2", "account 3"] as const;

/** The names of all locks. */
export const LOCK_NAMES: readonly string[] = ["set", "book", "crawl", ...ACCOUNTS];

/** The most weight that holds the lock "crawl" at once. */
const LIMIT = 3;

/** Longest wait for a lock, longest rest after it, and longest work, in ms. */
const PATIENCE = 20_000;
const REST = 200;
const LONGEST = 60;

/** Length of a round of work on the shared set, in ms. */
const INSIDE = 100;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Does all kinds of work until no new work may start. Resolves when it has ended. */
export async function workByName(bench: NamedBench): Promise<void> {
  const brief = () => pause(LONGEST * Math.random());
  const loop = async (draw: () => readonly [readonly string[], AskedOptions], work: Work = brief) => {
    while (!bench.calm.aborted) {
      await bench.asker.ask(...draw(), work);
      await pause(REST * Math.random());
    }
  };
  const timeout = PATIENCE;
  await Promise.all([
    loop(() => [["set"], { timeout }], ([lock]) => addItem(bench, lock)),
    loop(() => [["book"], { timeout, mode: Math.random() < 0.7 ? "shared" : "exclusive" }]),
    loop(() => [["crawl"], { timeout, mode: "shared", limit: LIMIT, weight: 1 + Math.floor(LIMIT * Math.random()) }]),
    loop(() => [ACCOUNTS.toSorted(() => Math.random() - 0.5).slice(1), { timeout }]),
  ]);
}

let nextItem = 1;

type Work = (locks: readonly Lock[]) => Promise<void>;

/** Reads the set, waits, and writes it with one more item. */
async function addItem({ client, resource, history }: NamedBench, lock: Lock | undefined): Promise<void> {
  if (lock === undefined) return;
  const item = `${client}.${nextItem++}`;
  const items = resource.read("guarded", lock);
  await pause(INSIDE * (0.8 + 0.4 * Math.random()));
  const ok = items !== null && resource.write("guarded", [...items, item], lock);
  history.note({ on: "added", set: "named", item, ok });
}
