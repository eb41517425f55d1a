/** Checks of the suite: losing the lock. */

import { LeaseLostError } from "@x/natslock";
import { type Bench, TTL } from "./bench.ts";
import { aborted, expect, expectSame, within } from "./expect.ts";

/** What a machine under load may add, in milliseconds. */
const SLACK = 2000;

/** A holder that is cut off stands down by its own clock before another is granted. Then the lock is taken over. */
export async function isTakenOver(bench: Bench): Promise<void> {
  const [a, b] = [await bench.candidate(), await bench.candidate()];
  const lease = await a.locker.acquire();
  const waiting = b.locker.acquire({ timeout: TTL + SLACK }).then((granted) => ({ granted, held: lease.held }));
  a.mute();
  const reason = await within(TTL + SLACK, "the loss", aborted(lease.signal));
  expect(reason instanceof LeaseLostError, "a LeaseLostError as the signal's reason");
  expectSame([reason.why, lease.held, lease.remaining], ["deadline", false, 0], "why, held and remaining");
  const { granted, held } = await waiting;
  expectSame(held, false, "whether the first believed that it held when the second was granted");
  expect(granted.token > lease.token, "a token higher than that of the lost hold");
  expectSame(a.events.filter(({ type }) => type === "lost").length, 1, "how often the loss was reported");
}

/** A candidate that leads by calls and stops calling is replaced without a release. */
export async function lapses(bench: Bench): Promise<void> {
  const [a, b] = [await bench.candidate(), await bench.candidate()];
  expectSame(await a.locker.acquireLead(), true, "acquireLead()");
  await b.locker.acquire({ timeout: TTL + SLACK });
  expectSame(a.locker.token, null, "the token of the candidate that stopped calling");
  expectSame(await a.locker.acquireLead(), false, "acquireLead() of the candidate that stopped calling");
}

/** If another client removes the record of a lease, its signal is aborted at the next renewal. */
export async function noticesRemoval(bench: Bench): Promise<void> {
  const { locker } = await bench.candidate();
  const lease = await locker.acquire();
  await locker.kv.purge(locker.key);
  const reason = await within(TTL + SLACK, "the loss", aborted(lease.signal));
  expectSame([reason.name, reason.why], ["LeaseLostError", "removed"], "the reason of the signal");
}

/** If another client overwrites the record of a lease, its signal is aborted at the next renewal. */
export async function noticesOverwriting(bench: Bench): Promise<void> {
  const { locker } = await bench.candidate();
  const lease = await locker.acquire();
  await locker.kv.put(locker.key, crypto.randomUUID());
  const reason = await within(TTL + SLACK, "the loss", aborted(lease.signal));
  expectSame([reason.name, reason.why], ["LeaseLostError", "superseded"], "the reason of the signal");
}

/** run() rejects if its lease was lost. */
export async function tellsOfUnprotectedWork(bench: Bench): Promise<void> {
  const { locker } = await bench.candidate();
  const running = locker.run(async (lease) => {
    await locker.kv.purge(locker.key);
    await aborted(lease.signal);
  });
  const reason = await within(TTL + SLACK, "run()", running.catch((error: Error) => error.name));
  expectSame(reason, "LeaseLostError", "what run() rejects with");
}
