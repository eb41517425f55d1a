/**
 * Measures a LockManager against the bare messages that it cannot do without, interleaved in one run.
 *
 * @module
 */

import { jetstream } from "@nats-io/jetstream";
import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { type Lock, LockManager } from "@x/natslock";
import { bareHandOver } from "../helpers/bare_hand_over.ts";
import { elapse, eventually, timed } from "../helpers/measure.ts";
import { WorkerProcess } from "../locks/worker_process.ts";

/** Where to measure. */
export interface BenchPlace {
  readonly urls: readonly string[];
  readonly replicas: 1 | 3;
  /** Number of samples of each kind. */
  readonly rounds: number;
}

/** Samples by what was measured, in milliseconds. */
export type Samples = Readonly<Record<string, readonly number[]>>;

const BUCKET = "bench";
const TTL = 30_000;
const WARM_UP = 50;
/** Rest before each sample, in ms. Without it one kind would find the machine more awake and look faster. */
const REST = 5;
const PROCESSES = 10;
const WAITERS = 1000;

/** A lock manager that tells when a request of it waits. */
class Client {
  readonly locks: LockManager;
  readonly nc: NatsConnection;
  #waiting = Promise.withResolvers<void>();

  private constructor(nc: NatsConnection, open: (onWait: () => void) => LockManager) {
    this.nc = nc;
    this.locks = open(() => this.#waiting.resolve());
  }

  static async open({ urls, replicas }: BenchPlace): Promise<Client> {
    const nc = await wsconnect({ servers: [...urls.slice(0, 1)] });
    let told = () => {};
    const onEvent = ({ type }: { type: string }) => type === "waiting" && told();
    const locks = await LockManager.open({ nc, bucket: BUCKET, ttl: TTL, replicas, onEvent });
    return new Client(nc, (onWait) => (told = onWait, locks));
  }

  /** Requests a lock that another holds. Resolves when nothing but its release can end the wait. */
  async wait(name: string): Promise<() => Promise<Lock>> {
    this.#waiting = Promise.withResolvers();
    const lock = this.locks.acquire(name);
    await this.#waiting.promise;
    return () => lock;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.locks.close();
    await this.nc.close();
  }
}

/** Keeps samples by name, without those of the warm-up. */
class Notes {
  readonly samples: Record<string, number[]> = {};

  add(round: number, name: string, took: number): void {
    if (round >= WARM_UP) (this.samples[name] ??= []).push(took);
  }
}

/** Acquires and releases while nobody else is there, and one raw compare-and-set publish. */
export async function alone(place: BenchPlace): Promise<Samples> {
  await using client = await Client.open(place);
  const js = jetstream(client.nc);
  const notes = new Notes();
  const id = crypto.randomUUID();
  let expected = 0;
  for (let round = 0; round < WARM_UP + place.rounds; round++) {
    await elapse(REST);
    const publish = timed(async () => {
      const expect = { lastSubjectSequence: expected };
      expected = (await js.publish(`$KV.${BUCKET}.raw`, id, { expect })).seq;
    });
    notes.add(round, "raw publish", await publish);
    await elapse(REST);
    let lock: Lock | undefined;
    notes.add(round, "acquire", await timed(async () => lock = await client.locks.acquire("alone")));
    await elapse(REST);
    notes.add(round, "release", await timed(async () => await lock?.release()));
  }
  return notes.samples;
}

/** Hands a lock over between two clients, nobody else waiting, and the bare messages of that. */
export async function oneWaiter(place: BenchPlace): Promise<Samples> {
  await using first = await Client.open(place);
  await using second = await Client.open(place);
  const bare = await bareHandOver(first.nc, second.nc, { bucket: BUCKET, rest: REST });
  const notes = new Notes();
  let lock = await first.locks.acquire("pair");
  for (let round = 0; round < WARM_UP + place.rounds; round++) {
    notes.add(round, "publish-push-publish", await bare());
    const next = await (round % 2 === 0 ? second : first).wait("pair");
    await elapse(REST);
    notes.add(round, "hand-over", await timed(() => (lock.release(), next())));
    lock = await next();
  }
  return notes.samples;
}

/**
 * The same while 1,000 requests of 10 processes wait behind those of the two clients. Then measures how long the lock
 * takes to pass through all of the 1,000, per hand-over.
 */
export async function manyWaiters(place: BenchPlace): Promise<Samples> {
  await using first = await Client.open(place);
  await using second = await Client.open(place);
  const bare = await bareHandOver(first.nc, second.nc, { bucket: BUCKET, rest: REST });
  const rounds = WARM_UP + place.rounds;
  const notes = new Notes();
  const turns: (() => Promise<Lock>)[] = [];
  let lock = await first.locks.acquire("many");
  for (let round = 0; round < rounds; round++) turns.push(await (round % 2 === 0 ? second : first).wait("many"));
  await using crowd = await Crowd.gather(place, second.locks, rounds);
  for (const [round, next] of turns.entries()) {
    notes.add(round, "publish-push-publish", await bare());
    await elapse(REST);
    notes.add(round, "hand-over", await timed(() => (lock.release(), next())));
    lock = await next();
  }
  const passing = await timed(async () => {
    const last = first.locks.acquire("many");
    lock.release();
    await (await last).release();
  });
  return { ...notes.samples, "passing through": [passing / crowd.size] };
}

/** Processes whose requests wait. */
class Crowd {
  readonly size = WAITERS;
  readonly #workers: readonly WorkerProcess[];
  readonly #file: string;

  private constructor(workers: readonly WorkerProcess[], file: string) {
    this.#workers = workers;
    this.#file = file;
  }

  /** Starts the processes. Resolves when all their requests wait behind `before` others. */
  static async gather({ urls }: BenchPlace, locks: LockManager, before: number): Promise<Crowd> {
    const file = await Deno.makeTempFile();
    const starting = Array.from(
      { length: PROCESSES },
      () => WorkerProcess.start({ servers: urls, bucket: BUCKET, ttl: TTL }),
    );
    const crowd = new Crowd(await Promise.all(starting), file);
    for (let left = WAITERS / PROCESSES; left > 0; left--) {
      for (const worker of crowd.#workers) worker.acquire({ name: "many", file });
    }
    const all = async () => (await locks.query({ prefix: "many" })).pending.length === before + WAITERS;
    await eventually("all to wait", all, 120_000);
    return crowd;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker[Symbol.asyncDispose]()));
    await Deno.remove(this.#file);
  }
}
