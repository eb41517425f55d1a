/**
 * What fails during the rounds of `deno task chaos --locks`.
 *
 * @module
 */

import { wsconnect } from "@nats-io/nats-core";
import type { NatsCluster } from "../../tools/nats/cluster.ts";
import { Chance } from "../sim/chance.ts";
import { BUCKET, type Players } from "./lock_players.ts";

/** Pauses between faults in ms: from, to. */
const KILLS = [1000, 1001] as const;
const STEP_DOWNS = [1000, 3000] as const;
const LAGS = [50, 400] as const;

/** How long a follower is stopped, in ms: from, to. */
const LAG = [20, 121] as const;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What fails during the rounds, until it is disposed. */
export class LockFaults {
  readonly #counts = { "step-downs": 0, "stopped followers": 0, "killed processes": 0 };
  readonly #over = new AbortController();
  readonly #running: Promise<unknown>;
  readonly #chance: Chance;

  constructor(seed: number, cluster: NatsCluster, players: Players) {
    this.#chance = new Chance(seed);
    this.#running = Promise.all([
      this.#every(KILLS, async () => {
        if (await players.killOne(this.#chance)) this.#counts["killed processes"]++;
      }),
      this.#stepDowns(cluster),
      this.#every(LAGS, () => this.#lag(cluster)),
    ]);
  }

  toString(): string {
    return Object.entries(this.#counts).map(([name, count]) => `${count} ${name}`).join(", ");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  async #every([from, to]: readonly [number, number], strike: () => Promise<unknown>): Promise<void> {
    while (!this.#over.signal.aborted) {
      await pause(this.#chance.between(from, to));
      await strike();
    }
  }

  async #stepDowns(cluster: NatsCluster): Promise<void> {
    const nc = await wsconnect({ servers: cluster.urls, maxReconnectAttempts: -1 });
    await this.#every(STEP_DOWNS, async () => {
      const asked = nc.request(`$JS.API.STREAM.LEADER.STEPDOWN.KV_${BUCKET}`, "", { timeout: 2000 });
      await asked.then(() => this.#counts["step-downs"]++, () => {});
    });
    await nc.close();
  }

  async #lag(cluster: NatsCluster): Promise<void> {
    const leader = await cluster.leader(`KV_${BUCKET}`);
    const node = this.#chance.pick(cluster.nodes.filter((each) => each !== leader));
    node.pause();
    await pause(this.#chance.between(...LAG));
    node.resume();
    this.#counts["stopped followers"]++;
  }
}
