import { assertLess } from "@std/assert";
import { Kvm } from "@nats-io/kv";
import { Locker, newKeyValue } from "@x/natslock";
import { connectionOf, withServer } from "../helpers/nats.ts";
import { Proxy } from "../helpers/proxy.ts";
import { within } from "../runtimes/expect.ts";

const TTL = 2000;
/** Default of `timing.requestTimeout`. */
const ANSWER = TTL / 4;
/** Longest wait for the settings of a bucket that are not known yet. */
const SETTINGS = 5000;
/** Longest wait for the end of a connection, as documented for `Locker.close()`. */
const GOODBYE = 2000;
/** Time that a busy machine may add. */
const SLACK = 300;
/** After this time a row has failed. */
const HANGS = 20_000;

/** A call, and the longest time that it may take on a connection that drops everything. */
type Row = readonly [
  verb: string,
  /** Longest time in milliseconds, without SLACK. */
  most: number,
  /** Runs on the healthy connection. The function that it returns is timed on the dead one. */
  prepare: (locker: Locker) => Promise<() => Promise<unknown>> | (() => Promise<unknown>),
];

/** Begins a call on the healthy connection, which a signal ends on the dead one. */
function stopped(begin: (locker: Locker, signal: AbortSignal) => Promise<unknown>): Row[2] {
  return async (locker) => {
    const stop = new AbortController();
    const running = begin(locker, stop.signal).catch(() => {});
    while (locker.token === null) await new Promise((done) => setTimeout(done, 5));
    return () => {
      stop.abort(new Error("stopped"));
      return running;
    };
  };
}

/** Brings an observer into a state by `reach` on the healthy connection, and ends it on the dead one. */
function stoppedObserver(reach: (leaders: AsyncIterator<unknown>) => Promise<void>): Row[2] {
  return async (locker) => {
    const stop = new AbortController();
    const leaders = locker.observe({ signal: stop.signal })[Symbol.asyncIterator]();
    await reach(leaders);
    return async () => {
      const next = leaders.next();
      await Promise.resolve();
      stop.abort(new Error("stopped"));
      await next;
    };
  };
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => signal.addEventListener("abort", () => done(), { once: true }));

const ROWS: readonly Row[] = [
  ["ttl()", 0, (locker) => () => locker.ttl()],
  ["leader()", ANSWER, (locker) => () => locker.leader()],
  ["tryAcquire()", 2 * ANSWER, (locker) => () => locker.tryAcquire()],
  ["acquireLead() of a free lock", 2 * ANSWER, (locker) => () => locker.acquireLead()],
  ["acquireLead() that renews", 2 * ANSWER, async (locker) => {
    await locker.acquireLead();
    return () => locker.acquireLead();
  }],
  ["releaseLead()", 2 * ANSWER, async (locker) => {
    await locker.acquireLead();
    return () => locker.releaseLead();
  }],
  ["release()", 2 * ANSWER, async (locker) => {
    const lease = await locker.acquire();
    return () => lease.release();
  }],
  ["acquire({ timeout })", 700, (locker) => () => locker.acquire({ timeout: 700 })],
  ["acquire({ signal })", 700, (locker) => () => locker.acquire({ signal: AbortSignal.timeout(700) })],
  ["run({ timeout })", 700, (locker) => () => locker.run(() => {}, { timeout: 700 })],
  ["run() whose work ends", 2 * ANSWER, async (locker) => {
    const work = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    const running = locker.run(() => {
      began.resolve();
      return work.promise;
    });
    running.catch(() => {});
    await began.promise;
    return () => {
      work.resolve();
      return running;
    };
  }],
  [
    "lead({ signal }) after the abort",
    2 * ANSWER,
    stopped((locker, signal) => {
      return locker.lead((lease) => untilAborted(lease.signal), { signal });
    }),
  ],
  ["observe({ signal }) after the abort", 0, stoppedObserver(async (leaders) => void await leaders.next())],
  ["observe({ signal }) after the abort, during its first read", 0, stoppedObserver(() => Promise.resolve())],
  ["tryAcquire() with unknown settings", SETTINGS, async (locker) => {
    const fresh = new Locker({ kv: await new Kvm(connectionOf(locker)).open("locks") });
    return () => fresh.tryAcquire();
  }],
  ["newKeyValue()", SETTINGS, (locker) => () => newKeyValue(connectionOf(locker), "another", TTL)],
  ["close() that holds nothing", GOODBYE, (locker) => () => locker.close()],
  ["close() that holds a lease", 2 * ANSWER + GOODBYE, async (locker) => {
    await locker.acquire();
    return () => locker.close();
  }],
  ["await using", 2 * ANSWER + GOODBYE, async (locker) => {
    await locker.acquireLead();
    return async () => {
      await using _ = locker;
    };
  }],
];

for (const [verb, most, prepare] of ROWS) {
  Deno.test(`Locker on a connection that drops everything: ${verb} ends within ${most} ms`, () =>
    withServer(async ({ server }) => {
      await using proxy = new Proxy(server.wsPort);
      const locker = await Locker.open({ servers: proxy.url, bucket: "locks", ttl: TTL });
      const call = await prepare(locker);
      proxy.forwardRequests = proxy.forwardAnswers = false;
      const start = performance.now();
      await within(HANGS, verb, call().catch(() => {}));
      const took = performance.now() - start;
      await within(HANGS, "close()", locker.close());
      assertLess(took, most + SLACK);
    }));
}

for (
  const [what, bytes] of [["stopped", 0], ["stopped, with more to send than the socket takes", 30_000_000]] as const
) {
  Deno.test(`Locker.close() ends in time and leaves no timer while its server is ${what}`, () =>
    withServer(async ({ server }) => {
      const locker = await Locker.open({ servers: server.url, bucket: "locks", ttl: TTL });
      await locker.acquire();
      server.pause();
      const nc = connectionOf(locker);
      for (let sent = 0; sent < bytes; sent += 1_000_000) nc.publish("elsewhere", new Uint8Array(1_000_000));
      const start = performance.now();
      await within(HANGS, "close()", locker.close());
      const took = performance.now() - start;
      server.resume();
      assertLess(took, 2 * ANSWER + GOODBYE + SLACK);
    }));
}
