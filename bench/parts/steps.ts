/** Where the time of a call goes: to its requests, or to our own code before, between and after them. */

import type { NatsConnection } from "@nats-io/nats-core";
import { Locker, LockManager, newKeyValue } from "@x/natslock";
import { storeOf, ticketsOf } from "@x/natslock/internal";
import type { Measured, Row, Table } from "../figures.ts";
import { BUCKETS, overWebsocket } from "../peers/natslock.ts";
import { inTurn, type Rounds, type Sample, type Subject } from "../sampling.ts";
import { type Place, scaled } from "./place.ts";

const TTL = 30_000;

const IN_A_ROW = 50;

/** The requests of a lock, in the words of the page. */
const REQUESTS: ReadonlyMap<PropertyKey, string> = new Map([
  ["write", "the write"],
  ["append", "the ticket"],
  ["scan", "the look at the queue"],
  ["remove", "the removal"],
]);

/** Splits the time of a call at its requests. */
class Steps {
  #sample: Record<string, number> = {};
  #at = 0;
  #what = "";

  /** Returns a store that tells when its requests begin and end. */
  follow<Store extends object>(store: Store): Store {
    return new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        const send = value.bind(target) as (...args: unknown[]) => unknown;
        const request = REQUESTS.get(name);
        return request === undefined ? send : (...args: unknown[]) => this.#requested(request, () => send(...args));
      },
    });
  }

  /** Measures calls, one after the other. */
  async sample(calls: Readonly<Record<string, () => Promise<unknown>>>): Promise<Sample> {
    this.#sample = {};
    for (const [what, call] of Object.entries(calls)) await this.#call(what, call);
    return this.#sample;
  }

  async #call(what: string, call: () => Promise<unknown>): Promise<void> {
    [this.#what, this.#at] = [what, performance.now()];
    await call();
    this.#passed("own code");
    this.#what = "";
  }

  async #requested(request: string, send: () => unknown): Promise<unknown> {
    this.#passed("own code");
    const answer = await send();
    this.#passed(request);
    return answer;
  }

  #passed(what: string): void {
    const now = performance.now();
    // Renewals belong to no call.
    if (this.#what === "") return;
    const step = `${this.#what}, ${what}`;
    this.#sample[step] = (this.#sample[step] ?? 0) + now - this.#at;
    this.#at = now;
  }
}

/** A Locker by calls, a Locker by leases, and a LockManager. */
async function subjectsOf(nc: NatsConnection, stack: AsyncDisposableStack): Promise<Subject[]> {
  const kv = await newKeyValue(nc, `${BUCKETS.locker}-steps`, TTL);
  const queues = `${BUCKETS.manager}-steps`;
  await (await LockManager.open({ nc, bucket: queues, ttl: TTL })).close();
  const tickets = ticketsOf(await newKeyValue(nc, queues, TTL));
  const [ofCalls, ofLeases, ofManager] = [new Steps(), new Steps(), new Steps()];
  const caller = stack.use(new Locker({ store: ofCalls.follow(storeOf(kv)), key: "calls" }));
  const locker = stack.use(new Locker({ store: ofLeases.follow(storeOf(kv)), key: "leases" }));
  const locks = stack.use(new LockManager({ store: ofManager.follow(tickets), ttl: TTL }));
  const acquireLead = () => caller.acquireLead();
  const calls = { acquire: acquireLead, refresh: acquireLead, release: () => caller.releaseLead() };
  const held = (acquire: () => Promise<{ release(): Promise<void> }>) => {
    const granted = Promise.withResolvers<{ release(): Promise<void> }>();
    return {
      acquire: async () => granted.resolve(await acquire()),
      release: async () => await (await granted.promise).release(),
    };
  };
  return [
    { name: "Locker.acquireLead()", sample: () => ofCalls.sample(calls) },
    { name: "Locker.acquire()", sample: () => ofLeases.sample(held(() => locker.acquire())) },
    { name: "LockManager.acquire()", sample: () => ofManager.sample(held(() => locks.acquire("steps"))) },
  ];
}

/** Measures on one server, over a websocket: with a rest before each sample, and in a loop. */
export async function steps({ services, haste, say }: Place): Promise<Measured> {
  say("Where the time goes");
  await using stack = new AsyncDisposableStack();
  const nc = stack.adopt(await overWebsocket(services.nats.url)(), (line) => line.close());
  const subjects = await subjectsOf(nc, stack);
  const tableOf = async (id: string, title: string, rounds: Rounds): Promise<Table> => {
    const taken = await inTurn(subjects, rounds);
    const rows = [...taken].flatMap(([step, all]) => all.map((row): Row => ({ ...row, name: `${row.name}: ${step}` })));
    rows.sort((a, b) => a.name < b.name ? -1 : 1);
    return { id, title, unit: "ms", rows };
  };
  const where = "one server, files, websocket";
  return {
    tables: [
      await tableOf("steps", `Where the time goes: ${where}`, {
        rounds: scaled(400, { haste }),
        warmUp: scaled(80, { haste }),
      }),
      await tableOf("steps-loop", `Where the time goes in a loop: ${where}`, {
        rounds: scaled(60, { haste }),
        warmUp: scaled(40, { haste }),
        inARow: IN_A_ROW,
      }),
    ],
  };
}
