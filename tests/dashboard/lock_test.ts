import { assertEquals } from "@std/assert";
import type { Change } from "../../examples/dashboard/model/change.ts";
import { afterChange, afterNothing, type Lock, phaseOf, unconfirmed } from "../../examples/dashboard/model/lock.ts";
import type { LeaseRecord } from "../../src/store/record.ts";

const TTL = 1000;
const ADA = "00000000-0000-4000-8000-00000000000a";
const BOB = "00000000-0000-4000-8000-00000000000b";

interface Write {
  readonly revision: number;
  readonly at: number;
  readonly previous?: number | null;
}

function held(holder: string, token: number | null, { revision, at, previous = 0 }: Write): Change {
  const record: LeaseRecord = { holder, attempt: "a", token, name: "", since: null, ttl: TTL, meta: {} };
  return { key: "k", keyState: { kind: "held", revision, record }, at, previous };
}

function released({ revision, at, previous = 0 }: Write): Change {
  return { key: "k", keyState: { kind: "vacant", revision }, at, previous };
}

function after(...changes: readonly Change[]): Lock {
  let lock: Lock | undefined;
  for (const change of changes) lock = afterChange(lock, change, 0);
  if (!lock) throw new Error("There is no change");
  return lock;
}

/** Holder, begin, end and ending of each tenure. */
function story({ tenures }: Lock): unknown[] {
  return tenures.map(({ holder, from, to, ending }) => [holder, from, to, ending]);
}

const GRANT = held(ADA, null, { revision: 1, at: 0 });
const RENEWAL = held(ADA, 1, { revision: 2, at: 400, previous: 1 });

Deno.test("afterChange() keeps one tenure through renewals and moves the end of the lease", () => {
  const lock = after(GRANT, RENEWAL);
  assertEquals([story(lock), lock.end, lock.transitions], [[[ADA, 0, null, null]], 400 + TTL, 1]);
});

Deno.test("afterChange() distinguishes a released lock from one whose lease expired", () => {
  const graceful = after(GRANT, released({ revision: 2, at: 300, previous: 1 }));
  assertEquals([story(graceful), phaseOf(graceful, 300)], [[[ADA, 0, 300, "released"]], "vacant"]);
  const crashed = after(GRANT, RENEWAL, held(BOB, null, { revision: 3, at: 1700, previous: 0 }));
  assertEquals(story(crashed), [[ADA, 0, 1400, "expired"], [BOB, 1700, null, null]]);
});

Deno.test("afterChange() calls a valid lease overtaken if another overwrote it, and removed if an admin deleted it", () => {
  assertEquals(story(after(GRANT, held(BOB, null, { revision: 2, at: 500, previous: 1 }))), [
    [ADA, 0, 500, "overtaken"],
    [BOB, 500, null, null],
  ]);
  assertEquals(story(after(GRANT, held(BOB, null, { revision: 2, at: 500, previous: 0 })))[0], [
    ADA,
    0,
    500,
    "removed",
  ]);
});

Deno.test("afterChange() calls the end of a tenure unseen if changes are missing", () => {
  const missing = held(BOB, null, { revision: 9, at: 5000, previous: 7 });
  assertEquals(story(after(GRANT, missing))[0], [ADA, 0, TTL, "unseen"]);
  const back = afterChange(unconfirmed(after(GRANT)), held(BOB, null, { revision: 9, at: 5000 }), 0);
  assertEquals(story(back)[0], [ADA, 0, TTL, "unseen"]);
});

Deno.test("afterChange() ignores a change that is older than what it knows", () => {
  const lock = after(GRANT, RENEWAL);
  assertEquals(afterChange(lock, { ...GRANT, previous: null }, 0), lock);
});

Deno.test("afterChange() follows revisions that go back while time goes on, as in a re-created bucket", () => {
  const lock = after(held(ADA, null, { revision: 50, at: 0 }), held(BOB, null, { revision: 1, at: 9000 }));
  assertEquals([lock.revision, lock.leader?.holder], [1, BOB]);
});

Deno.test("afterChange() uses the bucket's lease length if the record states none, else no end", () => {
  const change = held(ADA, null, { revision: 1, at: 0 });
  const silent = change.keyState.kind === "held" ? { ...change.keyState.record, ttl: null } : null;
  if (!silent) throw new Error("not held");
  const said: Change = { ...change, keyState: { kind: "held", revision: 1, record: silent } };
  assertEquals([afterChange(undefined, said, 7000).end, afterChange(undefined, said, 0).end], [7000, null]);
});

Deno.test("afterChange() marks a tenure that began before the page was opened, and counts no transition", () => {
  const lock = after(held(ADA, 3, { revision: 8, at: 5000, previous: null }));
  assertEquals([lock.tenures[0]?.sawBegin, lock.transitions], [false, 0]);
});

Deno.test("phaseOf() is overdue from the exact end of the lease until the end is confirmed", () => {
  const lock = after(GRANT);
  assertEquals([phaseOf(lock, TTL - 1), phaseOf(lock, TTL)], ["held", "overdue"]);
  const gone = afterNothing(lock, 1, TTL + 300);
  assertEquals([phaseOf(gone, TTL + 300), story(gone)], ["vacant", [[ADA, 0, TTL, "expired"]]]);
});

Deno.test("phaseOf() is stale for every lock that is not confirmed", () => {
  assertEquals(phaseOf(unconfirmed(after(GRANT)), 10), "stale");
  assertEquals(phaseOf(unconfirmed(after(GRANT, released({ revision: 2, at: 5, previous: 1 }))), 10), "stale");
});

Deno.test("afterNothing() ignores a replica that may lag, and a read that began before the latest change", () => {
  const lock = after(GRANT, RENEWAL);
  assertEquals(afterNothing(lock, 2, 500), lock);
  assertEquals(afterNothing(lock, 1, 9000), lock);
});

Deno.test("afterNothing() shows a lock without a lease length as vacant once its record is missing for some time", () => {
  const lock: Lock = { ...after(GRANT), end: null };
  const gone = afterNothing(lock, 1, 6000);
  assertEquals([phaseOf(gone, 6000), gone.tenures[0]?.ending], ["vacant", "expired"]);
});

Deno.test("afterNothing() confirms after a reconnect that a lock is still vacant", () => {
  const lock = unconfirmed(after(GRANT, released({ revision: 2, at: 5, previous: 1 })));
  assertEquals(phaseOf(afterNothing(lock, 2, 10), 10), "vacant");
});
