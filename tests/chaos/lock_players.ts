/**
 * The processes of `deno task chaos --locks`, and the rounds that each of them has left.
 *
 * @module
 */

import type { NatsServer } from "../../tools/nats/server.ts";
import type { Chance } from "../sim/chance.ts";
import { Actor, type Engine } from "./actor.ts";
import { now } from "./history.ts";

/** Name of the bucket, and lease length of the sessions in ms. */
export const BUCKET = "storm";
export const TTL = 1000;

/** Number of managers, each in a process of its own. */
const MANAGERS = 20;

/** While fewer processes play, none is killed: a single one could be killed each time before it has played a round. */
const FEWEST = 4;

/** Who plays. */
export interface Crowd {
  readonly seed: number;
  /** Rounds of each manager. */
  readonly rounds: number;
  /** Folder of the histories. It must exist. */
  readonly folder: string;
  readonly engines: readonly Engine[];
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The processes, and how many rounds each of them has left. */
export class Players {
  readonly #options: Crowd;
  readonly #servers: readonly NatsServer[];
  readonly #actors: Actor[] = [];
  /** Rounds that were played by killed predecessors of each process. */
  readonly #before: number[] = Array.from({ length: MANAGERS }, () => 0);
  readonly #done = new Set<Actor>();
  #generation = 0;

  constructor(options: Crowd, servers: readonly NatsServer[]) {
    this.#options = options;
    this.#servers = servers;
    for (let place = 0; place < MANAGERS; place++) this.#start(place);
  }

  get histories(): string[] {
    const { folder } = this.#options;
    return [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".jsonl"))
      .map(({ name }) => `${folder}/${name}`);
  }

  /** Number of rounds that have ended. */
  get settled(): number {
    return this.#actors.reduce(
      (sum, { client }, place) => sum + (this.#before[place] ?? 0) + this.#roundsOf(client),
      0,
    );
  }

  /** Names of the clients that were not killed. */
  get survivors(): ReadonlySet<string> {
    return new Set(this.#actors.map(({ client }) => client));
  }

  /** Kills one process that still plays, and starts another for its other rounds. Returns false if few play. */
  async killOne(chance: Chance): Promise<boolean> {
    const playing = this.#actors.filter((actor) => !this.#done.has(actor));
    if (playing.length < FEWEST) return false;
    const actor = chance.pick(playing);
    await actor.kill();
    const place = this.#actors.indexOf(actor);
    this.#before[place] = (this.#before[place] ?? 0) + this.#roundsOf(actor.client);
    this.#start(place);
    return true;
  }

  /** Waits until all rounds are played, at most for `limit` ms. Returns false if they are not. */
  async played(limit: number, tell: () => void): Promise<boolean> {
    for (const start = now(); now() - start < limit;) {
      if (this.#done.size === MANAGERS && this.#actors.every((actor) => this.#done.has(actor))) return true;
      tell();
      await pause(1000);
    }
    return false;
  }

  /** Ends all processes. Returns what they complain about. */
  async stop(): Promise<string[]> {
    await Promise.all(this.#actors.map((actor) => this.#done.has(actor) ? actor.tell("stop") : actor.kill()));
    return (await Promise.all(this.#actors.map(({ ended }) => ended))).filter((complaint) => complaint !== "");
  }

  #start(place: number): void {
    const { folder, engines, rounds, seed } = this.#options;
    const number = ++this.#generation;
    const client = `p${place + 1}.${number}`;
    const actor = new Actor(engines[number % engines.length] as Engine, this.#servers, {
      ...{ client, history: `${folder}/${client}.jsonl`, bucket: BUCKET, ttl: TTL },
      ...{ seed: seed + number, rounds: rounds - (this.#before[place] ?? 0) },
    });
    this.#actors[place] = actor;
    actor.calm.then(() => {
      if (!actor.asked) this.#done.add(actor);
    });
  }

  #roundsOf(client: string): number {
    return Deno.readTextFileSync(`${this.#options.folder}/${client}.jsonl`).split('"settled"').length - 1;
  }
}
