/** Where the time of an acquire and a release goes: to the requests, or to our own code before and after them. */

import { Locker, LockManager, newKeyValue } from "@x/natslock";
import { storeOf, ticketsOf } from "@x/natslock/internal";
import type { Measured, Row } from "../figures.ts";
import { BUCKETS, overWebsocket } from "../peers/natslock.ts";
import { inTurn, type Sample, type Subject } from "../sampling.ts";
import { type Place, scaled } from "./place.ts";

const TTL = 30_000;

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

  /** Measures an acquire and the release after it. */
  async sample(acquire: () => Promise<{ release(): Promise<void> }>): Promise<Sample> {
    this.#sample = {};
    const held = await this.#call("acquire", acquire);
    await this.#call("release", () => held.release());
    return this.#sample;
  }

  async #call<T>(what: string, call: () => Promise<T>): Promise<T> {
    [this.#what, this.#at] = [what, performance.now()];
    const result = await call();
    this.#passed("own code");
    this.#what = "";
    return result;
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

/** Measures a Locker and a LockManager on one server, over a websocket. */
export async function steps({ services, haste, say }: Place): Promise<Measured> {
  say("Where the time goes");
  await using stack = new AsyncDisposableStack();
  const nc = stack.adopt(await overWebsocket(services.nats.url)(), (line) => line.close());
  const kv = await newKeyValue(nc, `${BUCKETS.locker}-steps`, TTL);
  const queues = `${BUCKETS.manager}-steps`;
  await (await LockManager.open({ nc, bucket: queues, ttl: TTL })).close();
  const [ofLocker, ofManager] = [new Steps(), new Steps()];
  const locker = stack.use(new Locker({ store: ofLocker.follow(storeOf(kv)), key: "steps" }));
  const tickets = ticketsOf(await newKeyValue(nc, queues, TTL));
  const locks = stack.use(new LockManager({ store: ofManager.follow(tickets), ttl: TTL }));
  const subjects: Subject[] = [
    { name: "Locker", sample: () => ofLocker.sample(() => locker.acquire()) },
    { name: "LockManager", sample: () => ofManager.sample(() => locks.acquire("steps")) },
  ];
  const taken = await inTurn(subjects, { rounds: scaled(400, { haste }), warmUp: scaled(80, { haste }) });
  const rows = [...taken].flatMap(([step, all]) => all.map((row): Row => ({ ...row, name: `${row.name}: ${step}` })));
  rows.sort((a, b) => a.name < b.name ? -1 : 1);
  return { tables: [{ id: "steps", title: "Where the time goes: one server, files, websocket", unit: "ms", rows }] };
}
