import { assertEquals } from "@std/assert";
import { type LockOptions, NatslockError } from "@x/natslock";
import { LockManager } from "../../src/locks/lock_manager.ts";
import { ManualClock } from "../../src/memory/manual_clock.ts";
import type { Intercept, StoreRequest } from "../../src/memory/memory_link.ts";
import { MemoryStore } from "../../src/memory/memory_store.ts";
import type { Push, TicketStore } from "../../src/store/ticket_store.ts";
import { fixedRandom } from "./cell.ts";
import { type Asked, type Lies, LOCKS_KINDS } from "./locks_kinds.ts";

/** Lease length of the session, and the times that follow from it by default, in ms. */
const TTL = 3000;
const RETRY_EVERY = TTL / 15;
const REQUEST = TTL / 4;

/** Most requests within any `retryEvery`, for each name that is requested; with a flood of pushes that many more. */
const MOST = 48;
const MOST_BY_PUSHES = 96;

/** How long each call may take, in ms. The bound of a request that waits is its timeout. */
const DECIDED = 2 * TTL + REQUEST;
const TIMEOUT = 2000;
const CLOSED = TTL + 4 * REQUEST;

const NAMES = ["a", "b"] as const;

/** What is called, how many locks that are, and within which time it has to settle. */
interface Verb {
  readonly title: string;
  readonly names: number;
  readonly within: number;
  call(locks: LockManager, clock: ManualClock): Promise<unknown>;
}

function verb(title: string, options: LockOptions, within: number, name: string | typeof NAMES = "a"): Verb {
  const names = typeof name === "string" ? 1 : name.length;
  const call = (locks: LockManager): Promise<unknown> =>
    typeof name === "string" ? locks.acquire(name, options) : locks.acquire(name, options);
  return { title, names, within, call };
}

function aborted(locks: LockManager, clock: ManualClock): Promise<unknown> {
  const stop = new AbortController();
  const cancel = clock.after(TIMEOUT, () => stop.abort(new DOMException("enough", "AbortError")));
  return locks.acquire("a", { signal: stop.signal }).finally(cancel);
}

const VERBS: readonly Verb[] = [
  verb("a wait", {}, Infinity),
  verb("ifAvailable", { ifAvailable: true }, DECIDED),
  verb("timeout: 0", { timeout: 0 }, DECIDED),
  verb("a timeout", { timeout: TIMEOUT }, TIMEOUT),
  verb("a theft", { steal: true }, Infinity),
  verb("two names", {}, Infinity, NAMES),
  verb("two names, ifAvailable", { ifAvailable: true }, DECIDED, NAMES),
  { title: "a signal", names: 1, within: TIMEOUT, call: aborted },
  { title: "query()", names: 1, within: DECIDED, call: (locks) => locks.query() },
];

/** Answers with lies, each after a millisecond. */
function intercepting(lies: Lies, clock: ManualClock, sent: number[]): Intercept {
  const kinds = { read: "read", remove: "remove", write: "write", append: "append", scan: "scan", settings: "" };
  return async <Outcome>(request: StoreRequest<Outcome>): Promise<Outcome> => {
    const { kind, key } = request;
    sent.push(clock.now());
    await new Promise<void>((done) => clock.after(1, done));
    const of = kind === "append" || kind === "scan" || kind === "settings"
      ? ""
      : key.startsWith("=q.")
      ? "Ticket"
      : "Session";
    const lie = lies[`${kinds[kind]}${of}` as keyof Lies] as ((asked: Asked<Outcome>) => Outcome) | undefined;
    return await (lie?.({ key, sane: () => request.perform() }) ?? request.perform());
  };
}

/** Pushes for each key that is followed, and for the latest ticket to who follows own ones. */
function pushing(store: TicketStore, clock: ManualClock, push: (key: string) => Push): void {
  const [follow, append] = [store.follow.bind(store), store.append.bind(store)];
  let latest = "";
  store.append = (key, request) => {
    latest = key;
    return append(key, request);
  };
  store.follow = (filter, listener) => {
    let cancel = () => {};
    const tick = () => {
      const key = filter.startsWith("=q.*") ? latest : filter;
      if (key !== "") listener(push(key));
      cancel = clock.after(1, tick);
    };
    cancel = clock.after(1, tick);
    const unfollow = follow(filter, listener);
    return () => {
      cancel();
      unfollow();
    };
  };
}

/** Returns the most requests within any `retryEvery`. */
function worst(sent: readonly number[]): number {
  let [most, first] = [0, 0];
  for (const [last, at] of sent.entries()) {
    while (at - (sent[first] ?? at) >= RETRY_EVERY) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

async function complaints({ names, within, call }: Verb, lies: Lies): Promise<string[]> {
  const clock = new ManualClock();
  const sent: number[] = [];
  const store = new MemoryStore(clock, { ttl: 86_400_000 }).link({ intercept: intercepting(lies, clock, sent) });
  if (lies.push) pushing(store, clock, lies.push);
  const locks = new LockManager({ store, clock, random: fixedRandom(), ttl: TTL });
  const wrong: string[] = [];
  const settles = async (what: string, promise: Promise<unknown>, longest: number) => {
    const begun = clock.now();
    let isOpen = true;
    promise.catch((error: unknown) => {
      if (!(error instanceof NatslockError) && (error as Error).name !== "AbortError") wrong.push(`${what}: ${error}`);
    }).finally(() => isOpen = false);
    while (isOpen && clock.now() - begun <= longest) await clock.advance(1);
    if (isOpen && longest < 3 * TTL) wrong.push(`${what} has not ended after ${longest} ms`);
  };
  const called = call(locks, clock);
  await settles("the call", called, Math.min(within, 3 * TTL));
  await settles("close()", locks.close(), CLOSED);
  await settles("the call after close()", called, 1);
  const [most, limit] = [worst(sent), names * MOST + (lies.push ? MOST_BY_PUSHES : 0)];
  if (most > limit) wrong.push(`${most} requests within ${RETRY_EVERY} ms, ${limit} allowed`);
  if (clock.pending > 0) wrong.push(`${clock.pending} timers are left behind`);
  return wrong;
}

for (const [title, lies] of LOCKS_KINDS) {
  Deno.test(`LockManager ends its calls and sends no flood on a store whose answers are false: ${title}`, async (t) => {
    for (const each of VERBS) {
      await t.step(each.title, async () => assertEquals(await complaints(each, lies()), []));
    }
  });
}
