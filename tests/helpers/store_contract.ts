/**
 * Tests that every LeaseStore must pass. They run on the memory store and on a real server.
 *
 * @module
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import type { LeaseRecord } from "../../src/store/record.ts";
import type { LeaseStore, WriteOutcome } from "../../src/store/store.ts";

/** A store under test. Its bucket keeps records for `ttl` ms. `pass` lets time pass. */
export interface StoreUnderTest {
  readonly store: LeaseStore;
  readonly ttl: number;
  /** Resolves when `ms` have passed. */
  pass(ms: number): Promise<void>;
  /** Resolves when `ms` have passed and everything that expired until then is certainly removed. */
  expire(ms: number): Promise<void>;
  deleteBucket(): Promise<void>;
  recreateBucket(): Promise<void>;
}

/** Runs `body` with a new, empty bucket. */
export type StoreFixture = (body: (under: StoreUnderTest) => Promise<void>) => Promise<void>;

const HOLDER = "0b8ad0a6-2b3a-4b5e-9f5e-6a1d5a1c9e01";
const timeout = 2000;

const RECORD: LeaseRecord = {
  holder: HOLDER,
  attempt: "instance.1",
  token: null,
  name: "first",
  since: 1_800_000_000_000,
  ttl: 2000,
  meta: { host: "here" },
};

const CASES: Readonly<Record<string, (under: StoreUnderTest) => Promise<void>>> = {
  "read() of a key that was never written is vacant at revision 0": async ({ store }) => {
    assertEquals(await store.read("k", { timeout }), { kind: "seen", keyState: { kind: "vacant", revision: 0 } });
  },
  "write() at 0 is applied, and read() returns all of the record": async ({ store }) => {
    const revision = applied(await write(store, 0));
    const outcome = await store.read("k", { timeout });
    assertEquals(outcome, { kind: "seen", keyState: { kind: "held", revision, record: RECORD } });
  },
  "write() at an old revision is a conflict that names the current revision": async ({ store }) => {
    const first = applied(await write(store, 0));
    const second = applied(await write(store, first));
    assertEquals(await write(store, first), { kind: "conflict", current: second });
  },
  "write() at 0 of a key that has a record is a conflict": async ({ store }) => {
    const first = applied(await write(store, 0));
    assertEquals(await write(store, 0), { kind: "conflict", current: first });
  },
  "write() raises the revision across all keys of the bucket": async ({ store }) => {
    const first = applied(await write(store, 0, "a"));
    assertGreater(applied(await write(store, 0, "b")), first);
  },
  "write() by many at the same revision at the same time is applied for exactly one": async ({ store }) => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => write(store, 0)));
    assertEquals(outcomes.filter(({ kind }) => kind === "applied").length, 1);
    assertEquals(outcomes.filter(({ kind }) => kind === "conflict").length, 19);
  },
  "remove() at the current revision leaves the key vacant at the revision of the removal": async ({ store }) => {
    const first = applied(await write(store, 0));
    const revision = applied(await store.remove("k", { expected: first, timeout }));
    assertEquals(await store.read("k", { timeout }), { kind: "seen", keyState: { kind: "vacant", revision } });
  },
  "remove() at another revision is a conflict and leaves the record": async ({ store }) => {
    const first = applied(await write(store, 0));
    const second = applied(await write(store, first));
    assertEquals(await store.remove("k", { expected: first, timeout }), { kind: "conflict", current: second });
    const outcome = await store.read("k", { timeout });
    assert(outcome.kind === "seen" && outcome.keyState.kind === "held");
  },
  "remove() at 0 of a key that was never written is applied": async ({ store }) => {
    applied(await store.remove("k", { expected: 0, timeout }));
    assertEquals((await write(store, 0)).kind, "conflict");
  },
  "write() at the revision of a removal is applied": async ({ store }) => {
    const first = applied(await write(store, 0));
    const removal = applied(await store.remove("k", { expected: first, timeout }));
    assertGreater(applied(await write(store, removal)), removal);
  },
  "the release marker expires after its own TTL": async ({ store, expire }) => {
    const { markerTtl } = await store.settings();
    const first = applied(await write(store, 0));
    applied(await store.remove("k", { expected: first, timeout }));
    await expire(markerTtl);
    assertEquals(await store.read("k", { timeout }), { kind: "seen", keyState: { kind: "vacant", revision: 0 } });
  },
  "a record expires after the TTL of the bucket": async ({ store, ttl, expire }) => {
    applied(await write(store, 0));
    await expire(ttl);
    assertEquals(await write(store, 99), { kind: "conflict", current: 0 });
  },
  "a record with its own TTL expires after that TTL": async ({ store, ttl, expire }) => {
    applied(await store.write("k", { record: RECORD, expected: 0, ttl: 1000, timeout }));
    await expire(1000);
    assert(1000 < ttl);
    assertEquals(await store.read("k", { timeout }), { kind: "seen", keyState: { kind: "vacant", revision: 0 } });
  },
  "a renewal restarts the TTL": async ({ store, ttl, pass }) => {
    const first = applied(await write(store, 0));
    await pass(ttl / 2);
    const second = applied(await write(store, first));
    await pass(ttl / 2);
    const outcome = await store.read("k", { timeout });
    assert(outcome.kind === "seen" && outcome.keyState.revision === second);
  },
  "settings() report the TTL of the bucket and that a key may have its own": async ({ store, ttl }) => {
    const settings = await store.settings();
    assertEquals([settings.ttl, settings.perKeyTtl], [ttl, true]);
  },
  "every request to a deleted bucket fails with bucket_missing": async ({ store, deleteBucket }) => {
    await deleteBucket();
    const outcomes = [
      await store.read("k", { timeout }),
      await write(store, 0),
      await store.remove("k", { expected: 1, timeout }).catch((error) => ({ kind: "failed" as const, error })),
    ];
    for (const outcome of outcomes) {
      assert(outcome.kind === "failed" && "why" in outcome.error, JSON.stringify(outcome));
      assertEquals(outcome.error.why, "bucket_missing");
    }
  },
  "a re-created bucket has another epoch": async ({ store, recreateBucket }) => {
    const { epoch } = await store.settings();
    await recreateBucket();
    assert((await store.settings({ fresh: true })).epoch !== epoch);
  },
};

/** Registers the tests under a name. */
export function testStore(name: string, fixture: StoreFixture): void {
  for (const [title, body] of Object.entries(CASES)) {
    Deno.test(`${name}: ${title}`, () => fixture(body));
  }
}

function write(store: LeaseStore, expected: number, key = "k"): Promise<WriteOutcome> {
  return store.write(key, { record: RECORD, expected, ttl: null, timeout });
}

function applied(outcome: WriteOutcome): number {
  assert(outcome.kind === "applied", `wanted applied: ${JSON.stringify(outcome)}`);
  return outcome.revision;
}
