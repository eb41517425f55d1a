/** Checks of the suite: waiting, observing and cancelling. */

import type { Leadership } from "@x/natslock";
import { type Bench, TTL } from "./bench.ts";
import { expect, expectSame, rejection, within } from "./expect.ts";

/** Longest time of a push, in milliseconds. It is much shorter than any timer that would also find the release. */
const PUSH = TTL / 2;

/** A release is pushed to a waiting candidate. */
export async function isHandedOver(bench: Bench): Promise<void> {
  const [a, b] = [await bench.candidate(), await bench.candidate()];
  const lease = await a.locker.acquire();
  const waiting = b.locker.acquire();
  await until(b.events, "waiting");
  // A waiting candidate reads the key once more after its watch has started. After that, only a push can end its wait.
  expectSame((await b.locker.leader())?.holder, a.locker.id, "the leader while another waits");
  await lease.release();
  const next = await within(PUSH, "the hand-over", waiting);
  expect(next.held && next.token > lease.token, "a lease with a greater token");
}

/** An observer sees the current leader, then each change. */
export async function observes(bench: Bench): Promise<void> {
  const [a, b, watcher] = [await bench.candidate(), await bench.candidate(), await bench.candidate()];
  const lease = await a.locker.acquire();
  const end = new AbortController();
  const seen = watcher.locker.observe({ signal: end.signal })[Symbol.asyncIterator]();
  const next = async (): Promise<Leadership | null> => (await within(PUSH, "a change", seen.next())).value ?? null;
  expectSame((await next())?.token, lease.token, "the first that is seen");
  await lease.release();
  expectSame(await next(), null, "what is seen after a release");
  const second = await b.locker.acquire();
  expectSame((await next())?.token, second.token, "what is seen after the next grant");
  end.abort(new Error("seen enough"));
  expectSame((await seen.next()).done, true, "whether an aborted observe() has ended");
}

/** A cancelled wait rejects with the given reason and leaves nothing behind. */
export async function isCancelled(bench: Bench): Promise<void> {
  const [a, b, c] = [await bench.candidate(), await bench.candidate(), await bench.candidate()];
  const lease = await a.locker.acquire();
  const end = new AbortController();
  const waiting = b.locker.acquire({ signal: end.signal });
  await until(b.events, "waiting");
  end.abort(new Error("changed my mind"));
  expectSame((await rejection(waiting)).message, "changed my mind", "what a cancelled wait rejects with");
  await lease.release();
  expect(await c.locker.tryAcquire() !== null, "a lock that is free after its only waiter gave up");
}

/** A wait that takes too long rejects with AcquireTimeoutError. */
export async function timesOut(bench: Bench): Promise<void> {
  const [a, b] = [await bench.candidate(), await bench.candidate()];
  await a.locker.acquire();
  const { name } = await rejection(b.locker.acquire({ timeout: 200 }));
  expectSame(name, "AcquireTimeoutError", "what a wait rejects with that takes too long");
}

/** A closed Locker rejects calls, and waits on it end. */
export async function isClosed(bench: Bench): Promise<void> {
  const [a, b] = [await bench.candidate(), await bench.candidate()];
  await a.locker.acquire();
  const waiting = rejection(b.locker.acquire());
  await until(b.events, "waiting");
  await b.locker.close();
  expectSame((await waiting).name, "LockerClosedError", "what a wait rejects with when its Locker is closed");
  expectSame((await rejection(b.locker.acquireLead())).name, "LockerClosedError", "what a closed Locker rejects with");
}

/** Resolves when an event of that type was reported. */
async function until(events: readonly { readonly type: string }[], type: string): Promise<void> {
  await within(TTL, `the event "${type}"`, told(events, type));
}

async function told(events: readonly { readonly type: string }[], type: string): Promise<void> {
  while (!events.some((event) => event.type === type)) await new Promise((resolve) => setTimeout(resolve, 5));
}
