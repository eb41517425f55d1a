/**
 * Runs one verb on one hostile store, and returns the complaints.
 *
 * @module
 */

import { assert } from "@std/assert";
import type { Kind } from "./answers.ts";
import { Cell } from "./cell.ts";
import { TTL } from "./store.ts";
import type { Verb } from "./verbs.ts";

/** When the Locker is closed: once the verb is done, after a few turns of the promise queue, or after 1.5 s. */
export const CLOSINGS = ["once done", "at once", "after 1.5 s"] as const;
type Closing = typeof CLOSINGS[number];

/** Unhandled rejections since the last call of `rejections()`. */
const unhandled: string[] = [];
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  unhandled.push(`unhandled: ${event.reason}`);
});

/** Returns the unhandled rejections. The runtime reports them between two tasks. */
export async function rejections(): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  return unhandled.splice(0);
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

/** Runs one verb on one hostile store, closes the Locker, and returns the complaints. */
export async function complaints(
  verb: Verb,
  [, script]: Kind,
  { saneEvery, closing }: { readonly saneEvery: number; readonly closing: Closing },
): Promise<string[]> {
  const cell = new Cell();
  const { before = () => Promise.resolve() } = verb;
  let done = false;
  before(cell).then(() => done = true);
  assert(await cell.drive(() => done), `Cannot begin ${verb.title}: ${[...cell.complaints]}`);
  cell.turn(script(), saneEvery);
  done = false;
  verb.act(cell).then(() => done = true);
  if (closing === "at once") await turns(7).then(() => void cell.close());
  if (closing === "after 1.5 s") cell.after(1500, () => void cell.close());
  if (await cell.drive(() => done)) await finish(cell);
  cell.judgeRate();
  return [...cell.complaints];
}

/** Closes the Locker, and checks a lease length later what it left behind. */
async function finish(cell: Cell): Promise<void> {
  let [closed, over] = [false, false];
  Promise.all([cell.close(), cell.other.close()]).then(() => closed = true);
  if (!await cell.drive(() => closed)) return;
  cell.after(TTL, () => over = true);
  if (await cell.drive(() => over)) cell.leftovers();
}
