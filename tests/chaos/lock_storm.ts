/**
 * `deno task chaos --locks`: many processes play rounds under locks by name, while the leader of the bucket steps down,
 * followers lag and processes are killed.
 *
 * @module
 */

import { LockManager } from "../../mod.ts";
import { NatsCluster } from "../../tools/nats/cluster.ts";
import { percentile } from "../helpers/measure.ts";
import { type Course, only } from "./checker.ts";
import { now, readHistories } from "./history.ts";
import { LockFaults } from "./lock_faults.ts";
import { BUCKET, type Crowd, Players, TTL } from "./lock_players.ts";
import { handOvers, holdsByLock, lockViolations, namedDeaths, namedHolds } from "./lock_checker.ts";

/** Options of a run. */
export interface StormOptions extends Crowd {
  /** Called with each step as text. */
  readonly progress?: (line: string) => void;
}

/** Result of a run. */
export interface StormOutcome {
  /** Figures by name. */
  readonly figures: readonly (readonly [name: string, value: string | number])[];
  readonly violations: readonly string[];
}

/** A request that waits longer than this starves, and a lock that nobody takes for this time is lost. In ms. */
const STARVED = 30_000;
const LOST = 2 * TTL + 3000;
/** Time limit of the rounds in ms. */
const LIMIT = 1_500_000;

/** Performs a run. */
export async function storm(options: StormOptions): Promise<StormOutcome> {
  await using cluster = await NatsCluster.start();
  await using _locks = await LockManager.open({ servers: cluster.urls, bucket: BUCKET, ttl: TTL, replicas: 3 });
  const players = new Players(options, cluster.nodes);
  const start = now();
  await using faults = new LockFaults(options.seed, cluster, players);
  const ended = await players.played(LIMIT, () => options.progress?.(`${players.settled} rounds, ${faults}`));
  const took = now() - start;
  await faults[Symbol.asyncDispose]();
  const complaints = await players.stop();
  const course = { entries: readHistories(players.histories), survivors: players.survivors, ttl: TTL };
  const late = ended ? [] : [`Only ${players.settled} rounds were played within ${LIMIT / 1000} s`];
  const figures = [["rounds played", players.settled], ["time", `${Math.round(took / 1000)} s`], [
    "faults",
    `${faults}`,
  ]] as const;
  return {
    figures: [...figures, ...figuresOf(course)],
    violations: [...late, ...complaints, ...judge(course)],
  };
}

/** What is judged: all entries, and the clients that were not killed. */
type Played = Pick<Course, "entries" | "survivors" | "ttl">;

/** Returns the broken rules as text. */
function judge(course: Played): string[] {
  const holds = namedHolds(course.entries);
  const starved = holds.filter(({ from, wanted }) => from - wanted > STARVED)
    .map(({ client, lock, from, wanted }) => `${client} waits ${Math.round(from - wanted)} ms for "${lock}"`);
  const lost = handOvers(holds, afterDeaths(course)).filter((gap) => gap > LOST)
    .map((gap) => `Nobody takes a lock for ${Math.round(gap)} ms that could be held`);
  return [...lockViolations(course), ...starved, ...lost];
}

/** A dead process may delay others until its session is buried. */
const afterDeaths = (course: Played) => ({ deaths: namedDeaths(course), grace: TTL + 500 });

function figuresOf(course: Played): (readonly [string, string | number])[] {
  const { entries } = course;
  const holds = namedHolds(entries);
  const spread = (samples: readonly number[]) =>
    [50, 99, 100].map((percent) => `p${percent} ${percentile(samples, percent).toFixed(1)} ms`).join(", ");
  const counts = Map.groupBy(only(entries, "settled"), ({ why }) => why);
  const losses = Map.groupBy(only(entries, "unlocked"), ({ why }) => why);
  const list = (groups: ReadonlyMap<string, readonly unknown[]>) =>
    [...groups].map(([why, { length }]) => `${why} ${length}`).join(", ");
  const modes = Map.groupBy(holds, ({ mode, limit }) => limit === null ? mode : "limited");
  return [
    ["locks granted", `${holds.length}: ${list(modes)}`],
    ["queues", holdsByLock(holds).length],
    ["rounds ended", list(counts)],
    ["locks ended", list(losses)],
    ["from request to grant", spread(holds.map(({ from, wanted }) => from - wanted))],
    ["from when a lock could be held to its grant", spread(handOvers(holds))],
    [`without ${TTL + 500} ms after each death`, spread(handOvers(holds, afterDeaths(course)))],
  ];
}
