/**
 * What each client writes down, and how it is read again.
 *
 * @module
 */

import { appendFileSync, readFileSync } from "node:fs";

/** The work that a client does under a lock; each kind has a key of its own. */
export type Work = "set" | "election" | "storm";

/** All of them. */
export const WORKS: readonly Work[] = ["set", "election", "storm"];

/** What happened, without when and to whom. Lengths are milliseconds. */
export type Happening =
  /** A client asks for the lock of `work`; `ask` numbers its questions. */
  | { readonly on: "ask"; readonly work: Work; readonly ask: number }
  /** It holds; `id` is its Locker's. */
  | {
    readonly on: "held";
    readonly work: Work;
    readonly ask: number;
    readonly id: string;
    readonly token: number;
    readonly epoch: string;
  }
  /** It got no lock: another has it, the wait was too long, or there was trouble. */
  | {
    readonly on: "refused" | "timeout" | "error";
    readonly work: Work;
    readonly ask: number;
    readonly why: string;
  }
  /** The hold is over; `late`: by how much the loss was told after the last known end of the lease. */
  | { readonly on: "ended"; readonly work: Work; readonly ask: number; readonly why: string; readonly late: number }
  /** An item was added to the shared set; `ok` is false if the resource refused it. */
  | { readonly on: "added"; readonly set: SetName; readonly item: string; readonly ok: boolean }
  /** The process did not run for a while before now. */
  | { readonly on: "stalled"; readonly for: number }
  /** An observer of the election saw this. */
  | { readonly on: "observed"; readonly token: number | null; readonly holder: string }
  /** It begins no work any more; it has ended all of it. */
  | { readonly on: "calm" | "bye" };

/** The shared set that checks tokens, and the one that does not. */
export type SetName = "guarded" | "bare";

/** One line of a history. `at`: milliseconds by the client's monotonic clock, counted from the Unix epoch. */
export type Entry = Happening & { readonly at: number; readonly client: string };

/** Milliseconds by this process's monotonic clock, counted from the Unix epoch: comparable on one machine. */
export const now = (): number => performance.timeOrigin + performance.now();

/** A history that grows; each line is written at once, so that a killed client leaves all that it did. */
export class HistoryFile {
  readonly #path: string;
  readonly #client: string;

  /** `client` says whose it is. */
  constructor(path: string, client: string) {
    this.#path = path;
    this.#client = client;
  }

  /** Writes down what happened now. */
  note(happening: Happening): void {
    const entry: Entry = { at: now(), client: this.#client, ...happening };
    appendFileSync(this.#path, `${JSON.stringify(entry)}\n`);
  }
}

/** All entries of the files, in the order of time. A last line that was cut off by a kill is left out. */
export function readHistories(paths: readonly string[]): Entry[] {
  const entries = paths.flatMap((path) => {
    const lines = readFileSync(path, "utf8").split("\n");
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Entry);
  });
  return entries.sort((a, b) => a.at - b.at);
}
