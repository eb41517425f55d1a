/**
 * Tests that every TicketStore must pass. They run on the memory store and on real servers.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Push } from "../../src/store/ticket_store.ts";
import {
  append,
  appendNew,
  applied,
  type Case,
  recordOf,
  revisionsOf,
  TICKET,
  type TicketFixture,
  type TicketStoreUnderTest,
  timeout,
  TTL,
  until,
} from "./ticket_lab.ts";
import { SCANS } from "./ticket_scans.ts";

const WRITES: Readonly<Record<string, Case>> = {
  "append() at 0 is applied, and read() returns a record of the session": async ({ store }) => {
    const revision = await appendNew(store, "=q.a.s.0");
    const keyState = { kind: "held", revision, record: recordOf(TICKET) } as const;
    assertEquals(await store.read("=q.a.s.0", { timeout }), { kind: "seen", keyState });
  },
  "append() at another revision is a conflict that names the current revision": async ({ store }) => {
    const first = await appendNew(store, "=q.a.s.0");
    assertEquals(await append(store, "=q.a.s.0"), { kind: "conflict", current: first });
    assertEquals(await append(store, "=q.a.s.1", { expected: first }), { kind: "conflict", current: 0 });
  },
  "append() by many at the same revision at the same time is applied for exactly one": async ({ store }) => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => append(store, "=q.a.s.0")));
    assertEquals(outcomes.filter(({ kind }) => kind === "applied").length, 1);
    assertEquals(outcomes.filter(({ kind }) => kind === "conflict").length, 19);
  },
  "append() and scan() of a deleted bucket fail with bucket_missing": async ({ store, deleteBucket }) => {
    await deleteBucket();
    for (const leader of [false, true]) {
      const outcomes = [await append(store, "=q.a.s.0"), await store.scan(">", { from: 1, timeout, leader })];
      for (const outcome of outcomes) {
        assert(outcome.kind === "failed" && "why" in outcome.error, JSON.stringify(outcome));
        assertEquals(outcome.error.why, "bucket_missing");
      }
    }
  },
  "remove() with a markerTtl keeps the marker for that time": async (under) => {
    const { store, pass, expire } = under;
    const [short, long] = [await appendNew(store, "k.1"), await appendNew(store, "k.2")];
    applied(await store.remove("k.1", { expected: short, timeout }));
    const kept = applied(await store.remove("k.2", { expected: long, timeout, markerTtl: 3000 }));
    await expire(1000);
    assertEquals(await revisionsOf(under, { filter: "k.*", leader: true }), [kept]);
    await pass(1000);
    assertEquals(await revisionsOf(under, { filter: "k.*", leader: true }), [kept]);
    await expire(1000);
    assertEquals(await revisionsOf(under, { filter: "k.*", leader: true }), []);
  },
  "settings() find the bucket fit for queues of this time, and not of a longer one": async ({ store }) => {
    const { unfitForQueues = (ms: number) => ms > TTL ? { setting: "max_age" } : null } = await store.settings();
    assertEquals([unfitForQueues(TTL), unfitForQueues(TTL + 1000)?.setting], [null, "max_age"]);
  },
};

const PUSHES: Readonly<Record<string, Case>> = {
  "follow() pushes what is written and removed under its filter, with the key, until it is stopped": async (under) => {
    const { store } = under;
    const pushes: Push[] = [];
    const other: Push[] = [];
    const stops = [
      store.follow("=q.*.s.>", (push) => pushes.push(push)),
      store.follow("=q.b.s.0", (push) => other.push(push)),
    ];
    const first = await appendNew(store, "=q.a.s.0");
    await appendNew(store, "=q.a.t.0");
    const second = await appendNew(store, "=q.b.s.0");
    const mark = applied(await store.remove("=q.a.s.0", { expected: first, timeout }));
    await until(under, () => pushes.length >= 3 && other.length >= 1);
    const record = recordOf(TICKET);
    const ofSecond: Push = { kind: "seen", key: "=q.b.s.0", keyState: { kind: "held", revision: second, record } };
    assertEquals(pushes, [
      { kind: "seen", key: "=q.a.s.0", keyState: { kind: "held", revision: first, record } },
      ofSecond,
      { kind: "seen", key: "=q.a.s.0", keyState: { kind: "vacant", revision: mark } },
    ]);
    assertEquals(other, [ofSecond]);
    for (const stop of stops) stop();
    applied(await append(store, "=q.a.s.0", { expected: mark }));
    await under.pass(50);
    assertEquals([pushes.length, other.length], [3, 1]);
  },
};

/** All tests of the contract by title. */
export const CONTRACT: readonly (readonly [title: string, body: (under: TicketStoreUnderTest) => Promise<void>])[] = [
  ...Object.entries({ ...WRITES, ...PUSHES }).map(([title, body]) => [title, body, false] as const),
  ...Object.entries(SCANS).map(([title, body]) => [title, body, false] as const),
  ...Object.entries(SCANS).map(([title, body]) => [`from the leader: ${title}`, body, true] as const),
].map(([title, body, leader]) => [title, (under) => body(under, leader)]);

/** Registers the tests under a name. */
export function testTicketStore(name: string, fixture: TicketFixture): void {
  for (const [title, body] of CONTRACT) Deno.test(`${name}: ${title}`, () => fixture(body));
}
