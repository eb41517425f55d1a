// deno-lint-ignore-file no-console
import { assert, assertEquals, assertGreater } from "@std/assert";
import { Locker, newKeyValue } from "@x/natslock";
import { hindrance } from "../runtimes/attempt.ts";
import { aborted, within } from "../runtimes/expect.ts";
import { elapse, eventually } from "../helpers/measure.ts";
import { withServer } from "../helpers/nats.ts";
import { buildCandidate, GoCandidate } from "./go_candidate.ts";

/** Lease length of the bucket, in milliseconds. */
const TTL = 2000;
/** What a server and a machine under load may add, in milliseconds. */
const SLACK = 2500;

const folder = await Deno.makeTempDir({ prefix: "natslock-interop-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
let building: Promise<string> | undefined;
const built = (): Promise<string> => building ??= buildCandidate(folder);
const reason = await hindrance(built);
if (reason !== null) console.log(`Candidates in Go: skipped, ${reason}`);

/** A candidate in Go and a Locker on one bucket. */
interface Pair {
  readonly go: GoCandidate;
  readonly locker: Locker;
  /** Opens another Locker on the same key. */
  another(): Promise<Locker>;
}

type Maker = "Go" | "TypeScript";
const MAKERS: readonly Maker[] = ["Go", "TypeScript"];

async function withPair(maker: Maker, body: (pair: Pair) => Promise<void>): Promise<void> {
  const path = await built();
  await withServer(async ({ nc, server }) => {
    if (maker === "TypeScript") await newKeyValue(nc, "locks", TTL);
    await using go = await GoCandidate.start(path, { port: server.port, bucket: "locks", ttl: TTL });
    const another = async () => new Locker({ kv: await newKeyValue(nc, "locks", TTL) });
    await using locker = await another();
    await body({ go, locker, another });
  });
}

/** Registers a test that runs with a bucket of each of the makers. */
function withGo(name: string, makers: readonly Maker[], body: (pair: Pair) => Promise<void>): void {
  const fn = async () => {
    const ends = await Promise.allSettled(makers.map((maker) => withPair(maker, body)));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  };
  Deno.test({ name: `${name}, in a bucket that ${makers.join(" or ")} made`, ignore: reason !== null, fn });
}

/** Calls `step` repeatedly for longer than a lease. */
async function outlasting(step: () => Promise<void>): Promise<void> {
  for (const start = performance.now(); performance.now() - start < TTL * 1.3;) {
    await step();
    await elapse(TTL / 8);
  }
}

withGo("A Locker respects a hold of a Go candidate, and acquires after its release", MAKERS, async ({ go, locker }) => {
  assertEquals((await go.acquire()).leads, true);
  assertEquals([await locker.acquireLead(), await locker.tryAcquire()], [false, null]);
  assertEquals((await locker.leader())?.holder, go.id);
  const { revision } = await go.acquire();
  assertEquals([await locker.acquireLead(), (await locker.leader())?.token], [false, revision]);
  await locker.releaseLead();
  assertEquals((await go.leader()).leads, true);
  await go.release();
  assertEquals([await locker.leader(), await locker.acquireLead()], [null, true]);
  assertGreater(locker.token ?? 0, revision);
});

withGo(
  "A Go candidate respects the hold of a Locker, and acquires after its release",
  MAKERS,
  async ({ go, locker }) => {
    assertEquals(await locker.acquireLead(), true);
    assertEquals(await go.acquire(), { leads: false, holder: locker.id, revision: 0 });
    assertEquals(await locker.acquireLead(), true);
    assertEquals(await go.acquire(), { leads: false, holder: locker.id, revision: 0 });
    await go.release();
    assertEquals((await go.leader()).holder, locker.id);
    await locker.releaseLead();
    assertEquals((await go.acquire()).leads, true);
  },
);

withGo("A waiting Locker is granted when a Go candidate releases", MAKERS, async ({ go, locker }) => {
  const { revision } = await go.acquire();
  const waiting = locker.acquire({ timeout: TTL + SLACK });
  await go.acquire();
  await go.release();
  // Sooner than its record could have expired.
  assertGreater((await within(TTL * 0.75, "the hand-over", waiting)).token, revision);
});

withGo(
  "A Go candidate keeps its hold by refreshing; a Locker takes over after its crash",
  MAKERS,
  async ({ go, locker }) => {
    let revision = 0;
    await outlasting(async () => {
      ({ revision } = await go.acquire());
      assertEquals(await locker.acquireLead(), false);
    });
    const { revision: latest } = await go.acquire();
    const last = performance.now();
    await go[Symbol.asyncDispose]();
    const lease = await locker.acquire({ timeout: TTL + SLACK });
    assertGreater(performance.now() - last, TTL * 0.9);
    assertGreater(latest, revision);
    assertGreater(lease.token, latest);
  },
);

withGo("A renewed lease keeps a Go candidate out; an expired one does not", MAKERS, async ({ go, locker }) => {
  const lease = await locker.acquire();
  await outlasting(async () => assertEquals((await go.acquire()).leads, false));
  assert(lease.held);
  await lease.release();
  assertEquals(await locker.acquireLead(), true);
  const token = locker.token ?? Infinity;
  let answer = await go.acquire();
  await eventually("the candidate in Go leads", async () => (answer = await go.acquire()).leads, TTL + SLACK);
  assertEquals(locker.token, null);
  assertGreater(answer.revision, token);
});

withGo("CreateKeyValue in Go fails and leaves the bucket usable for both", ["TypeScript"], async ({ go, locker }) => {
  assertEquals(await go.create(), "nats: stream name already in use");
  assertEquals([await locker.acquireLead(), (await go.acquire()).holder], [true, locker.id]);
});

/** The protected resource: refuses a token that is lower than the highest one so far. */
class Fence {
  #greatest = 0;

  admits(token: number): boolean {
    const isNew = token >= this.#greatest;
    if (isNew) this.#greatest = token;
    return isNew;
  }
}

/** The maker of the bucket does not matter to the races. */
const OURS: readonly Maker[] = ["TypeScript"];

withGo(
  "Get-then-put overwrites the record of a Locker, which loses its lease; the resource refuses its token",
  OURS,
  async ({ go, locker }) => {
    const goOn = await go.begin("acquire");
    const lease = await locker.acquire();
    const fence = new Fence();
    assert(fence.admits(lease.token));
    const { leads, revision } = await goOn();
    assertEquals([leads, revision > lease.token], [true, true]);
    const leader = await locker.leader();
    assertEquals([leader?.holder, leader?.token], [go.id, revision]);
    assert(fence.admits(revision));
    assert(!fence.admits(lease.token));
    const { name, why } = await within(TTL, "the loss", aborted(lease.signal));
    assertEquals([name, why, lease.held], ["LeaseLostError", "superseded", false]);
    assertEquals(await locker.tryAcquire(), null);
  },
);

withGo("A late refresh overwrites the record of the next holder, a Locker; its run() rejects", OURS, async (pair) => {
  const { go, locker } = pair;
  await go.acquire();
  const goOn = await go.begin("acquire");
  const granted = Promise.withResolvers<number>();
  const running = locker.run(async (lease) => {
    granted.resolve(lease.token);
    await aborted(lease.signal);
  }, { timeout: TTL + SLACK });
  const token = await granted.promise;
  assertGreater((await goOn()).revision, token);
  const error = await running.catch((error) => error);
  assertEquals([error.name, error.why], ["LeaseLostError", "superseded"]);
});

withGo("A late release ends the lease of the next holder, a Locker", OURS, async (pair) => {
  const { go, locker, another } = pair;
  await go.acquire();
  const goOn = await go.begin("release");
  const lease = await locker.acquire({ timeout: TTL + SLACK });
  await goOn();
  await using next = await another();
  const following = await next.acquire({ timeout: TTL + SLACK });
  assertGreater(following.token, lease.token);
  const { name } = await within(TTL, "the loss", aborted(lease.signal));
  assertEquals([name, lease.held], ["LeaseLostError", false]);
});
