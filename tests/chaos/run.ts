/**
 * One run: faults for a while, then a time without faults, then the checks.
 *
 * @module
 */

import { Locker } from "../../mod.ts";
import { Chance } from "../sim/chance.ts";
import type { Engine } from "./actor.ts";
import { Arena, TTL } from "./arena.ts";
import { type Course, violations } from "./checker.ts";
import { type Blow, blows, type FaultKind, strike } from "./faults.ts";
import { now, readHistories } from "./history.ts";
import { lockViolations } from "./lock_checker.ts";
import { Resource } from "./resource.ts";

/** Options of a run. Times are in milliseconds. */
export interface RunOptions {
  readonly seed: number;
  /** How long faults happen. */
  readonly length: number;
  /** Folder of the histories. It must exist. */
  readonly folder: string;
  readonly engines: readonly Engine[];
  /** Ends the faults early. */
  readonly signal?: AbortSignal;
  /** Called with each step as text. */
  readonly progress?: (line: string) => void;
}

/** Result of a run. */
export interface Outcome {
  readonly seed: number;
  readonly course: Course;
  /** When each fault started, in ms since the start. */
  readonly faults: readonly { readonly kind: FaultKind; readonly at: number }[];
  /** Broken rules; empty if none. */
  readonly violations: readonly string[];
}

/** Time limit for a client to end its work, and time for observers to see the last election, in ms. */
const CALMING = 45_000;
const SETTLING = 2 * TTL;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves to the result of a promise, or to `late` after `ms` milliseconds. */
async function within<T>(ms: number, promise: Promise<T>, late: T): Promise<T> {
  const timedOut = Promise.withResolvers<T>();
  const timer = setTimeout(() => timedOut.resolve(late), ms);
  return await Promise.race([promise, timedOut.promise]).finally(() => clearTimeout(timer));
}

/** Performs a run. */
export async function run(options: RunOptions): Promise<Outcome> {
  const { seed, progress = () => {} } = options;
  progress("starting three servers and their clients");
  await using arena = await Arena.open(options);
  const faults = await new Nemesis(arena, options).rage();
  const healedAt = now();
  progress("all faults have ended, waiting for the clients to recover");
  await pause(TTL + 10_000);
  const { lastToken, complaints } = await settle(arena, progress);
  using resource = new Resource(arena.resource, "judge");
  using named = new Resource(arena.namedResource, "judge");
  const course: Course = {
    entries: readHistories(arena.histories),
    accesses: resource.accesses(),
    guarded: resource.items("guarded"),
    bare: resource.items("bare"),
    named: named.items("guarded"),
    namedAccesses: named.accesses(),
    survivors: new Set(arena.actors.map(({ client }) => client)),
    ttl: TTL,
    healedAt,
    lastToken,
  };
  return { seed, course, faults, violations: [...complaints, ...violations(course), ...lockViolations(course)] };
}

/** Nemesis: draws faults, causes them and ends them. */
class Nemesis {
  readonly #arena: Arena;
  readonly #options: RunOptions;
  readonly #chance: Chance;
  readonly #struck: { kind: FaultKind; at: number }[] = [];
  readonly #healing = new Set<Promise<void>>();

  constructor(arena: Arena, options: RunOptions) {
    this.#arena = arena;
    this.#options = options;
    this.#chance = new Chance(options.seed);
  }

  async rage(): Promise<Outcome["faults"]> {
    const { length, signal } = this.#options;
    const start = performance.now();
    const elapsed = () => performance.now() - start;
    await pause(TTL);
    for (const blow of blows(this.#chance)) {
      if (elapsed() > length || signal?.aborted) break;
      this.#struck.push({ kind: blow.kind, at: Math.round(elapsed()) });
      this.#options.progress?.(`${Math.round(elapsed() / 1000)} s, fault ${this.#struck.length}: ${blow.kind}`);
      await this.#blow(blow);
    }
    await Promise.all(this.#healing);
    await this.#peace();
    return this.#struck;
  }

  async #blow({ kind, length, rest }: Blow): Promise<void> {
    const heal = await strike(kind, this.#arena, this.#chance);
    const healed = pause(length).then(heal);
    this.#healing.add(healed);
    healed.finally(() => this.#healing.delete(healed));
    if (rest < 0) return await pause(length / 4);
    await healed;
    await pause(rest);
  }

  /** Ends everything that combined faults may have left. */
  async #peace(): Promise<void> {
    this.#arena.heal();
    for (const actor of this.#arena.actors) actor.resume();
    for (const node of this.#arena.cluster.nodes) {
      node.resume();
      if (node.pid === 0) await node.launch();
    }
    await this.#arena.cluster.formed();
    await this.#arena.makeBuckets();
  }
}

/** Lets all clients end their work, holds one last election, and ends the clients. */
async function settle(
  arena: Arena,
  progress: (line: string) => void,
): Promise<{ lastToken: number; complaints: string[] }> {
  progress("all clients end their work");
  await Promise.all(arena.actors.map((actor) => actor.tell("calm")));
  const calm = Promise.all(arena.actors.map((actor) => actor.calm)).then(() => "");
  const complaints = [await within(CALMING, calm, "A client does not end its work")];
  await using locker = new Locker({ kv: arena.kv, key: "election", name: "last" });
  const lease = await locker.acquire({ timeout: CALMING });
  await pause(SETTLING);
  if (!lease.held) complaints.push("The last election was lost without a fault");
  await Promise.all(arena.actors.map((actor) => actor.tell("stop")));
  const ends = arena.actors.map(({ ended, client }) => within(CALMING, ended, `${client} does not end`));
  complaints.push(...await Promise.all(ends));
  return { lastToken: lease.token, complaints: complaints.filter((complaint) => complaint !== "") };
}
