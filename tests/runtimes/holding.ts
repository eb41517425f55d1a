/** Checks of the suite: acquiring, being refused, keeping and releasing. */

import { type Bench, TTL } from "./bench.ts";
import { aborted, expect, expectSame, pause } from "./expect.ts";

/** A candidate acquires a vacant lock by a call and is its leader. */
export async function takes(bench: Bench): Promise<void> {
  const { locker, events } = await bench.candidate({ name: "first", meta: { zone: "a" } });
  expectSame(await locker.acquireLead(), true, "acquireLead() on a vacant lock");
  const leader = await locker.leader();
  expectSame([leader?.holder, leader?.name, leader?.meta], [locker.id, "first", { zone: "a" }], "the leader");
  expectSame(leader?.token, locker.token, "the leader's token");
  expectSame(events.map(({ type }) => type), ["acquired"], "the events");
}

/** A candidate is refused while another holds the lock. */
export async function isRefused(bench: Bench): Promise<void> {
  const [a, b] = [await bench.candidate(), await bench.candidate()];
  expectSame(await a.locker.acquireLead(), true, "the first acquireLead()");
  expectSame(await b.locker.acquireLead(), false, "acquireLead() of another");
  expectSame(await b.locker.tryAcquire(), null, "tryAcquire() of another");
  await b.locker.releaseLead();
  expectSame((await b.locker.leader())?.holder, a.locker.id, "the leader after another's releaseLead()");
}

/** However many candidates ask, exactly one is granted. */
export async function isGrantedOnce(bench: Bench): Promise<void> {
  const candidates = await Promise.all(Array.from({ length: 6 }, () => bench.candidate()));
  const answers = await Promise.all(candidates.map(({ locker }) => locker.acquireLead()));
  expectSame(answers.filter((leads) => leads).length, 1, "how many of six lead");
}

/** A lease renews itself beyond its length and keeps its token. */
export async function keeps(bench: Bench): Promise<void> {
  const [a, b] = [await bench.candidate(), await bench.candidate()];
  const lease = await a.locker.acquire();
  const { token } = lease;
  await pause(TTL * 1.4);
  expect(lease.held && lease.remaining > 0, "a lease that is held after more than its length");
  expectSame([lease.token, (await b.locker.leader())?.token], [token, token], "the token after renewals");
  expectSame(await b.locker.tryAcquire(), null, "tryAcquire() of another after more than a lease length");
  expect(a.events.filter(({ type }) => type === "renewed").length >= 3, "three renewals or more");
}

/** After a release by a call, another candidate acquires immediately, with a higher token. */
export async function releases(bench: Bench): Promise<void> {
  const [a, b] = [await bench.candidate(), await bench.candidate()];
  await a.locker.acquireLead();
  const first = a.locker.token ?? Infinity;
  await a.locker.releaseLead();
  expectSame([a.locker.token, await b.locker.leader()], [null, null], "token and leader after a release");
  expectSame(await b.locker.acquireLead(), true, "acquireLead() of another after a release");
  expect((b.locker.token ?? 0) > first, "a token higher than that of the earlier hold");
}

/** run() holds a lease while its work runs. */
export async function runsUnderLease(bench: Bench): Promise<void> {
  const { locker } = await bench.candidate();
  const result = await locker.run(async (lease) => {
    expect(lease.held && lease.remaining > 0 && !lease.signal.aborted, "a lease that is held");
    expectSame((await locker.leader())?.token, lease.token, "the leader's token");
    return lease;
  });
  expectSame([result.held, result.remaining], [false, 0], "held and remaining after run()");
  expectSame((await aborted(result.signal)).name, "LeaseReleasedError", "the reason of the signal");
  expectSame(await locker.leader(), null, "the leader after run()");
}

/** Disposing a lease or a Locker releases the lock. */
export async function disposes(bench: Bench): Promise<void> {
  const { locker } = await bench.candidate();
  const lease = await locker.acquire();
  await lease[Symbol.asyncDispose]();
  expectSame(await locker.leader(), null, "the leader after the lease was disposed");
  const [a, b] = [await bench.candidate(), await bench.candidate()];
  await a.locker.acquire();
  await a.locker[Symbol.asyncDispose]();
  expectSame(await b.locker.leader(), null, "the leader after the Locker was disposed");
}

/** lead() is elected again after its work ended. */
export async function leadsAgain(bench: Bench): Promise<void> {
  const { locker } = await bench.candidate();
  const end = new AbortController();
  const tokens: number[] = [];
  const led = locker.lead((lease) => {
    tokens.push(lease.token);
    if (tokens.length === 2) end.abort(new Error("enough"));
  }, { signal: end.signal });
  expectSame(await led, undefined, "what lead() resolves to when its signal is aborted");
  expect(tokens.length === 2 && Number(tokens[0]) < Number(tokens[1]), "two terms with rising tokens");
  expectSame(await locker.leader(), null, "the leader after lead() was ended");
}
