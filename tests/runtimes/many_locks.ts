/** Checks of the suite: many locks by name. */

import type { Lock } from "@x/natslock";
import type { Bench } from "./bench.ts";
import { expect, expectSame, rejection } from "./expect.ts";

/** Requests are granted one after the other, with rising tokens. */
export async function grantsInOrder(bench: Bench): Promise<void> {
  const [a, b] = [await bench.manager(), await bench.manager()];
  const tokens: number[] = [];
  const work = ({ token, held }: Lock) => {
    expect(held, "a lock that is held");
    tokens.push(token);
  };
  await Promise.all([a, b, a, b].map((locks) => locks.request("job", work)));
  expectSame([tokens.length, [...tokens].sort((one, other) => one - other)], [4, tokens], "the tokens");
}

/** Shared requests hold together, an exclusive one alone, and a limit counts. */
export async function sharesUpToLimit(bench: Bench): Promise<void> {
  const [a, b] = [await bench.manager(), await bench.manager()];
  const shared = { mode: "shared", limit: 2 } as const;
  const [one, two] = [await a.acquire("pool", shared), await b.acquire("pool", shared)];
  expectSame(await a.request("pool", { ...shared, ifAvailable: true }, (lock) => lock), null, "a third of two");
  await one.release();
  const third = await b.acquire("pool", shared);
  const { held } = await a.query();
  expectSame(held.map(({ token }) => token), [two.token, third.token], "who holds");
  await Promise.all([two.release(), third.release()]);
}

/** A wait ends with its signal, and any string is a name. */
export async function takesAnyName(bench: Bench): Promise<void> {
  const [a, b] = [await bench.manager(), await bench.manager()];
  for (const name of ["", "a.b *>", "\0", "\ud800", "x".repeat(10_000)]) {
    const lock = await a.acquire(name);
    const signal = AbortSignal.abort(new Error("enough"));
    expectSame((await rejection(b.acquire(name, { signal }))).message, "enough", "what an aborted wait rejects with");
    expectSame(await b.acquire(name, { ifAvailable: true }), null, `a second holder of ${JSON.stringify(name)}`);
    await lock.release();
  }
  expectSame((await rejection(a.acquire("-"))).name, "NotSupportedError", "a name with a hyphen first");
}

/** A theft aborts the signal of the holder. */
export async function steals(bench: Bench): Promise<void> {
  const [a, b] = [await bench.manager(), await bench.manager()];
  let reason: unknown;
  const robbed = a.request("job", (lock) =>
    new Promise<void>((done) => {
      lock.signal.addEventListener("abort", () => {
        reason = lock.signal.reason;
        done();
      });
      b.request("job", { steal: true }, () => {}).catch(() => {});
    }));
  expectSame((await rejection(robbed)).name, "AbortError", "what the robbed request rejects with");
  expectSame((reason as { why?: string }).why, "stolen", "the reason of the signal");
}
