import { assertEquals } from "@std/assert";
import { leadershipOf } from "../../src/lease/leadership.ts";
import type { LeaseRecord } from "../../src/store/record.ts";

const RECORD: LeaseRecord = {
  holder: "0b5e8f1c-2d3a-4c5b-9e6f-a1b2c3d4e5f6",
  attempt: "4f1d.7",
  token: 41,
  name: "worker-3",
  since: 1_800_000_000_123,
  ttl: 3_000,
  meta: { zone: "a" },
};

Deno.test("leadershipOf() returns null for a vacant key", () => {
  assertEquals(leadershipOf({ kind: "vacant", revision: 7 }, 15_000), null);
});

Deno.test("leadershipOf() returns the holder of a record, without the nonce", () => {
  const { attempt: _, ...shown } = RECORD;
  const leadership = leadershipOf({ kind: "held", revision: 44, record: RECORD }, 15_000);
  assertEquals(leadership, { ...shown, token: 41, ttl: 3_000, revision: 44 });
});

Deno.test("leadershipOf() uses the revision of a grant as its token", () => {
  const leadership = leadershipOf({ kind: "held", revision: 44, record: { ...RECORD, token: null } }, 15_000);
  assertEquals(leadership?.token, 44);
});

Deno.test("leadershipOf() uses the bucket's lease length if the record has none", () => {
  const leadership = leadershipOf({ kind: "held", revision: 44, record: { ...RECORD, ttl: null } }, 15_000);
  assertEquals(leadership?.ttl, 15_000);
});

Deno.test("leadershipOf() returns null for since if the record has none", () => {
  const leadership = leadershipOf({ kind: "held", revision: 44, record: { ...RECORD, since: null } }, 15_000);
  assertEquals(leadership?.since, null);
});

Deno.test("leadershipOf() returns a holder with an empty id for a foreign value", () => {
  const wanted = { holder: "", name: "", token: 7, since: null, ttl: 15_000, meta: {}, revision: 7 };
  assertEquals(leadershipOf({ kind: "foreign", revision: 7 }, 15_000), wanted);
});
