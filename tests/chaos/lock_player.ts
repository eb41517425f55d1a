/**
 * One process of `deno task chaos --locks`: a lock manager that plays rounds. Its only argument is its settings as
 * JSON. It prints a line when its rounds are played, and ends when it reads one.
 *
 * @module
 */

import { argv, exit, stdin, stdout } from "node:process";
import type { Lock } from "../../mod.ts";
import { Chance } from "../sim/chance.ts";
import type { ActorSettings } from "./actor.ts";
import { HistoryFile } from "./history.ts";
import { type AskedOptions, LockAsker, openLocks } from "./lock_asker.ts";

/** Settings of a player. Times are in milliseconds. */
export interface PlayerSettings extends ActorSettings {
  readonly servers: readonly string[];
  readonly bucket: string;
  readonly ttl: number;
  readonly seed: number;
  /** Number of rounds to play. */
  readonly rounds: number;
}

/** The names of the locks. Shared requests for the last one have a limit. */
export const NAMES = ["one", "two", "limited"] as const;

/** The most weight that holds the limited lock at once. */
const LIMIT = 3;

/** Longest hold, and longest rest between two rounds. */
const LONGEST_HOLD = 8;
const LONGEST_REST = 10;

interface Round {
  readonly names: readonly string[];
  readonly options: AskedOptions;
}

/** Draws a round. */
function draw(chance: Chance): Round {
  const [one, two, limited] = NAMES;
  if (chance.happens(0.1)) return { names: chance.happens(0.5) ? [one, limited] : [two, one], options: {} };
  const name = chance.pick(NAMES);
  const limit = name === limited ? { limit: LIMIT, weight: chance.between(1, LIMIT + 1) } : {};
  const mode = chance.happens(0.5) ? {} : { mode: "shared", ...limit } as const;
  const kind = chance.next();
  const way = kind < 0.1 ? { ifAvailable: true } : kind < 0.2 ? { timeout: chance.between(1, 100) } : {};
  return { names: [name], options: { ...mode, ...way } };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function main({ client, history, seed, rounds, ...about }: PlayerSettings): Promise<void> {
  const stopped = new Promise<void>((resolve) => stdin.once("data", () => resolve()));
  const chance = new Chance(seed);
  const locks = await openLocks({ ...about, name: client });
  const asker = new LockAsker(locks, new HistoryFile(history, client));
  const work = async (_held: readonly Lock[]) => await pause(chance.between(0, LONGEST_HOLD));
  for (let round = 0; round < rounds; round++) {
    const { names, options } = draw(chance);
    await asker.ask(names, options, work);
    await pause(chance.between(0, LONGEST_REST));
  }
  stdout.write("calm\n");
  await stopped;
  await locks.close();
}

await main(JSON.parse(argv[2] ?? "") as PlayerSettings);
exit(0);
