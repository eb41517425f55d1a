import { assertLess } from "@std/assert";
import { type Lock, LockManager } from "@x/natslock";
import { withServer } from "../helpers/nats.ts";
import { Proxy } from "../helpers/proxy.ts";
import { within } from "../runtimes/expect.ts";

const TTL = 2000;
/** Default of `timing.requestTimeout`. */
const ANSWER = TTL / 4;
/** Longest wait for the end of a connection, as documented for `LockManager.close()`. */
const GOODBYE = 2000;
/** Time that a busy machine may add. */
const SLACK = 300;
/** After this time a row has failed. */
const HANGS = 20_000;

/** A call, and the longest time that it may take on a connection that drops everything. */
type Row = readonly [
  call: string,
  /** Longest time in milliseconds, without SLACK. */
  most: number,
  /** Runs on the healthy connection. The function that it returns is timed on the dead one. */
  prepare: (locks: LockManager) => Promise<() => Promise<unknown>> | (() => Promise<unknown>),
];

/** Holds a lock by a callback. `finish` ends the callback. */
async function holding(locks: LockManager): Promise<{ readonly finish: () => void; readonly request: Promise<void> }> {
  const { promise: work, resolve: finish } = Promise.withResolvers<void>();
  const { promise: granted, resolve: began } = Promise.withResolvers<void>();
  const request = locks.request("a", () => {
    began();
    return work;
  });
  request.catch(() => {});
  await granted;
  return { finish, request };
}

const ROWS: readonly Row[] = [
  ["acquire({ timeout })", 700, (locks) => () => locks.acquire("a", { timeout: 700 })],
  ["acquire({ signal })", 700, (locks) => () => locks.acquire("a", { signal: AbortSignal.timeout(700) })],
  ["acquire({ timeout: 0 })", 2 * ANSWER, (locks) => () => locks.acquire("a", { timeout: 0 })],
  ["acquire({ ifAvailable })", 2 * ANSWER, (locks) => () => locks.acquire("a", { ifAvailable: true })],
  ["acquire({ timeout }) of several", 700, (locks) => () => locks.acquire(["a", "b"], { timeout: 700 })],
  ["request() whose work ends", ANSWER, async (locks) => {
    const { finish, request } = await holding(locks);
    return () => {
      finish();
      return request;
    };
  }],
  ["release()", ANSWER, async (locks) => {
    const lock = await locks.acquire("a");
    return () => lock.release();
  }],
  ["query()", ANSWER, (locks) => () => locks.query()],
  ["close() that holds nothing", 2 * ANSWER + GOODBYE, (locks) => () => locks.close()],
  ["close() that holds and waits", 4 * ANSWER + GOODBYE, async (locks) => {
    await locks.acquire("a");
    locks.acquire("a").catch(() => {});
    await locks.query();
    return () => locks.close();
  }],
  ["close() under work that never ends", TTL + 2 * ANSWER + GOODBYE, async (locks) => {
    await holding(locks);
    return () => locks.close();
  }],
];

for (const [call, most, prepare] of ROWS) {
  Deno.test(`LockManager on a connection that drops everything: ${call} ends within ${most} ms`, () =>
    withServer(async ({ server }) => {
      await using proxy = new Proxy(server.wsPort);
      const locks = await LockManager.open({ servers: proxy.url, bucket: "queues", ttl: TTL, maxHold: 60_000 });
      await locks.request("the first request opens the session", () => {});
      const run = await prepare(locks);
      proxy.forwardRequests = proxy.forwardAnswers = false;
      const start = performance.now();
      await within(HANGS, call, run().catch(() => {}));
      const took = performance.now() - start;
      await within(HANGS, "close()", locks.close());
      assertLess(took, most + SLACK);
    }));
}

Deno.test("Lock.held is false, and its signal is aborted, within a lease length on a connection that drops everything", () =>
  withServer(async ({ server }) => {
    await using proxy = new Proxy(server.wsPort);
    const locks = await LockManager.open({ servers: proxy.url, bucket: "queues", ttl: TTL, maxHold: 60_000 });
    const lock: Lock = await locks.acquire("a");
    proxy.forwardRequests = proxy.forwardAnswers = false;
    const start = performance.now();
    const aborted = new Promise((done) => lock.signal.addEventListener("abort", done, { once: true }));
    await within(HANGS, "the loss", aborted);
    assertLess(performance.now() - start, TTL);
    assertLess(lock.remaining, 1);
    await locks.close();
  }));
