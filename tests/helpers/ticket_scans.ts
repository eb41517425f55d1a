/**
 * Tests of scans that every TicketStore must pass.
 *
 * @module
 */

import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import type { Ticket } from "../../src/store/ticket.ts";
import {
  append,
  appendMany,
  appendNew,
  applied,
  type Case,
  entriesOf,
  OTHER,
  RECORD,
  recordOf,
  revisionsOf,
  TICKET,
  timeout,
} from "./ticket_lab.ts";

/** Tests of `scan()`, each for any replica and for the leader. */
export const SCANS: Readonly<Record<string, Case>> = {
  "scan() of an empty bucket, and of a filter without messages, is empty": async ({ store }, leader) => {
    assertEquals(await store.scan(">", { from: 1, timeout, leader }), { kind: "seen", entries: [] });
    await appendNew(store, "=q.a.s.0");
    assertEquals(await store.scan("=q.b.>", { from: 1, timeout, leader }), { kind: "seen", entries: [] });
  },
  "scan() returns every field of a ticket": async (under, leader) => {
    const { store } = under;
    const tickets: Ticket[] = [
      TICKET,
      { ...TICKET, session: OTHER, attempt: "b", mode: "shared", limit: 5, weight: 3, since: null },
      { ...TICKET, mode: "shared", lock: "caf\u00e9 \u0000\ud800 \u{1f512}" },
      { ...TICKET, lock: "\u00e9".repeat(10_000) },
    ];
    for (const [slot, ticket] of tickets.entries()) await appendNew(store, `=q.a.s.${slot}`, { ticket });
    const entries = await entriesOf(under, { filter: "=q.a.>", leader, count: tickets.length });
    assertEquals(entries.map(({ ticket }) => ticket), tickets);
    const records = entries.map(({ keyState }) => keyState.kind === "held" && keyState.record);
    assertEquals(records, tickets.map(recordOf));
    assertEquals(entries.map(({ key }) => key), ["=q.a.s.0", "=q.a.s.1", "=q.a.s.2", "=q.a.s.3"]);
  },
  "scan() returns the messages under its filter only, in the order of their revisions": async (under, leader) => {
    const { store } = under;
    const keys = ["=q.a.s1.0", "=q.b.s1.0", "=q.a.s2.0", "=s.s1", "=q.a.s1.1", "=q.a", "=q.ab.s1.0"];
    const places = new Map<string, number>();
    for (const key of keys) places.set(key, await appendNew(store, key));
    const expected = (...wanted: string[]) => wanted.map((key) => places.get(key));
    const filters = {
      ">": keys,
      "=q.>": keys.filter((key) => key.startsWith("=q.")),
      "=q.a.>": ["=q.a.s1.0", "=q.a.s2.0", "=q.a.s1.1"],
      "=q.*.s1.>": ["=q.a.s1.0", "=q.b.s1.0", "=q.a.s1.1", "=q.ab.s1.0"],
      "=q.a.*.0": ["=q.a.s1.0", "=q.a.s2.0"],
      "=q.a.s2.0": ["=q.a.s2.0"],
      "=q.a": ["=q.a"],
      "*": [],
    };
    for (const [filter, wanted] of Object.entries(filters)) {
      const found = await revisionsOf(under, { filter, leader, count: wanted.length });
      assertEquals(found, expected(...wanted), filter);
    }
  },
  "scan() shows a key that was written again once, at its new place": async (under, leader) => {
    const { store } = under;
    const first = await appendNew(store, "=q.a.s.0");
    const second = await appendNew(store, "=q.a.s.1");
    const mark = applied(await store.remove("=q.a.s.0", { expected: first, timeout }));
    const again = applied(await append(store, "=q.a.s.0", { expected: mark }));
    const entries = await entriesOf(under, { filter: "=q.a.>", leader, count: 2, last: again });
    assertEquals(entries.map(({ revision }) => revision), [second, again]);
  },
  "scan() begins at `from` and ends at `upTo`": async (under, leader) => {
    const places = await appendMany(under.store, 10);
    const [from, upTo] = [places[3] ?? 0, places[7] ?? 0];
    assertEquals(await revisionsOf(under, { filter: "=q.a.>", leader, count: 7, from }), places.slice(3));
    assertEquals(await revisionsOf(under, { filter: "=q.a.>", leader, count: 8, upTo }), places.slice(0, 8));
    assertEquals(await revisionsOf(under, { filter: "=q.a.>", leader, count: 5, from, upTo }), places.slice(3, 8));
    assertEquals(await revisionsOf(under, { filter: "=q.a.>", leader, count: 0, from: 1 + (places[9] ?? 0) }), []);
  },
  "scan() shows a marker as vacant, until it expires": async (under, leader) => {
    const { store, expire } = under;
    const place = await appendNew(store, "=q.a.s.0");
    const revision = applied(await store.remove("=q.a.s.0", { expected: place, timeout, markerTtl: 1000 }));
    const entries = await entriesOf(under, { filter: "=q.a.>", leader, count: 1, last: revision });
    const about = entries.map(({ keyState, ticket, key }) => ({ keyState, ticket, key }));
    assertEquals(about, [{ keyState: { kind: "vacant", revision }, ticket: null, key: "=q.a.s.0" }]);
    await expire(1000);
    assertEquals(await revisionsOf(under, { filter: "=q.a.>", leader }), []);
  },
  "scan() does not show a ticket that expired": async (under, leader) => {
    await appendNew(under.store, "=q.a.s.0", { ttl: 1000 });
    const stays = await appendNew(under.store, "=q.a.s.1");
    await under.expire(1000);
    assertEquals(await revisionsOf(under, { filter: "=q.a.>", leader, count: 1 }), [stays]);
  },
  "scan() shows what is not a ticket, or cannot be read, without one": async (under, leader) => {
    const { store, put } = under;
    applied(await store.write("=s.s", { record: RECORD, expected: 0, ttl: 2000, timeout }));
    await put("=q.a.s.0", RECORD);
    await put("=q.a.s.1", "foreign");
    await appendNew(store, "=q.a.s.2", { ticket: { ...TICKET, weight: 0 } });
    await appendNew(store, "=q.a.s.3", { ticket: { ...TICKET, limit: 3 } });
    const entries = await entriesOf(under, { filter: ">", leader, count: 5 });
    const about = entries.map(({ key, keyState, ticket }) => [key, keyState.kind, ticket] as const);
    assertEquals(about, [
      ["=s.s", "held", null],
      ["=q.a.s.0", "held", null],
      ["=q.a.s.1", "foreign", null],
      ["=q.a.s.2", "held", null],
      ["=q.a.s.3", "held", null],
    ]);
  },
  "scan() says when the server stored each message": async (under, leader) => {
    const { store, pass } = under;
    await appendNew(store, "=q.a.s.0");
    await pass(200);
    await appendNew(store, "=q.a.s.1");
    const [first, second] = await entriesOf(under, { filter: "=q.a.>", leader, count: 2 });
    assertGreaterOrEqual((second?.storedAt ?? 0) - (first?.storedAt ?? 0), 190);
    assertGreaterOrEqual(first?.storedAt ?? 0, Date.UTC(2020));
  },
  ...Object.fromEntries([1, 4, 5, 36, 40, 300].map((count): [string, Case] => [
    `scan() of ${count} messages among others returns all of them`,
    async (under, leader) => {
      await appendNew(under.store, "=q.b.s.0");
      const places = await appendMany(under.store, count);
      await appendNew(under.store, "=q.b.s.1");
      assertEquals(await revisionsOf(under, { filter: "=q.a.>", leader, count }), places);
    },
  ])),
};
