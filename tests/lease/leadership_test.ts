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

Deno.test("leadershipOf() a vacant key is null", () => {
  assertEquals(leadershipOf({ kind: "vacant", revision: 7 }, 15_000), null);
});

Deno.test("leadershipOf() a record shows its holder without the nonce", () => {
  const { attempt: _, ...shown } = RECORD;
  const leadership = leadershipOf({ kind: "held", revision: 44, record: RECORD }, 15_000);
  assertEquals(leadership, { ...shown, token: 41, ttl: 3_000, revision: 44 });
});

Deno.test("leadershipOf() a grant has its revision as the token", () => {
  const leadership = leadershipOf({ kind: "held", revision: 44, record: { ...RECORD, token: null } }, 15_000);
  assertEquals(leadership?.token, 44);
});

Deno.test("leadershipOf() a holder that does not say its lease length has the bucket's", () => {
  const leadership = leadershipOf({ kind: "held", revision: 44, record: { ...RECORD, ttl: null } }, 15_000);
  assertEquals(leadership?.ttl, 15_000);
});

Deno.test("leadershipOf() a holder that does not say since when has null there", () => {
  const leadership = leadershipOf({ kind: "held", revision: 44, record: { ...RECORD, since: null } }, 15_000);
  assertEquals(leadership?.since, null);
});

Deno.test("leadershipOf() a stranger's bytes show somebody without an id", () => {
  const wanted = { holder: "", name: "", token: 7, since: null, ttl: 15_000, meta: {}, revision: 7 };
  assertEquals(leadershipOf({ kind: "foreign", revision: 7 }, 15_000), wanted);
});
