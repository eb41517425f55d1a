/**
 * History files: clients write them, the checker reads them.
 *
 * @module
 */

import { appendFileSync, readFileSync } from "node:fs";
import type { LockMode } from "../../src/store/ticket.ts";

/** The kinds of work that a client does under a lock. Each kind has its own key. */
export type Work = "set" | "election" | "storm";

/** All kinds of work. */
export const WORKS: readonly Work[] = ["set", "election", "storm"];

/** One event, without time and client. Durations are in milliseconds. */
export type Happening =
  /** The client asks for the lock of `work`. `ask` is the number of the request. */
  | { readonly on: "ask"; readonly work: Work; readonly ask: number }
  /** The client holds the lock. `id` is the ID of its Locker. */
  | {
    readonly on: "held";
    readonly work: Work;
    readonly ask: number;
    readonly id: string;
    readonly token: number;
    readonly epoch: string;
  }
  /** The client did not get the lock: another holds it, the wait was too long, or there was an error. */
  | {
    readonly on: "refused" | "timeout" | "error";
    readonly work: Work;
    readonly ask: number;
    readonly why: string;
  }
  /** The hold ended. `late`: time between the last known end of the lease and the report of its loss. */
  | { readonly on: "ended"; readonly work: Work; readonly ask: number; readonly why: string; readonly late: number }
  /** An item was added to a shared set. `ok` is false if the resource refused it. */
  | { readonly on: "added"; readonly set: SetName; readonly item: string; readonly ok: boolean }
  /** The process did not run for this time before now. */
  | { readonly on: "stalled"; readonly for: number }
  /** An observer of the election saw this. */
  | { readonly on: "observed"; readonly token: number | null; readonly holder: string }
  /** The client requests locks by name. `request` is the number of the request. */
  | { readonly on: "wanted"; readonly request: number; readonly names: readonly string[] }
  /** The client holds one of the locks. */
  | {
    readonly on: "locked";
    readonly request: number;
    readonly lock: string;
    readonly mode: LockMode;
    readonly limit: number | null;
    readonly weight: number;
    readonly token: number;
    readonly epoch: string;
  }
  /** A lock has ended. `until`: the last time at which the client believed that it held, on the axis of `at`. */
  | {
    readonly on: "unlocked";
    readonly request: number;
    readonly lock: string;
    readonly why: string;
    readonly until: number;
  }
  /** All locks of a request have ended, or it was not granted. */
  | { readonly on: "settled"; readonly request: number; readonly why: string }
  /** The client has ended all of its work; the client ends. */
  | { readonly on: "calm" | "bye" };

/** The shared set that checks tokens, the one that does not, and one that checks the tokens of a lock by name. */
export type SetName = "guarded" | "bare" | "named";

/** One line of a history. `at`: milliseconds since the Unix epoch, by the client's monotonic clock. */
export type Entry = Happening & { readonly at: number; readonly client: string };

/** Milliseconds since the Unix epoch by this process's monotonic clock. Processes on one machine can be compared. */
export const now = (): number => performance.timeOrigin + performance.now();

/** A history file. Each line is written immediately, so that the history of a killed client is complete. */
export class HistoryFile {
  readonly #path: string;
  readonly #client: string;

  /** `client`: name of the client. */
  constructor(path: string, client: string) {
    this.#path = path;
    this.#client = client;
  }

  /** Records an event that happens now. */
  note(happening: Happening): void {
    const entry: Entry = { at: now(), client: this.#client, ...happening };
    appendFileSync(this.#path, `${JSON.stringify(entry)}\n`);
  }
}

/** Reads all entries of the files, in order of time. Drops a last line that was cut off by a kill. */
export function readHistories(paths: readonly string[]): Entry[] {
  const entries = paths.flatMap((path) => {
    const lines = readFileSync(path, "utf8").split("\n");
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Entry);
  });
  return entries.sort((a, b) => a.at - b.at);
}
