/** What a queue costs a process that has thousands of requests in it. Work is counted, since times depend on luck. */

import { assertEquals, assertLessOrEqual } from "@std/assert";
import { type QueuedRequest, startOf } from "../../src/locks/queued_request.ts";
import { type Claim, QueueFront } from "../../src/locks/queue_rules.ts";
import { Slots } from "../../src/locks/slots.ts";
import { fleetOf } from "./fleet.ts";

const COUNT = 2000;

/** Claims that count how often their weight is read. */
function counted(of: Claim): { readonly claims: readonly Claim[]; readonly reads: () => number } {
  let reads = 0;
  const claims = Array.from({ length: COUNT }, () => ({
    ...of,
    get weight(): number {
      reads++;
      return of.weight;
    },
  }));
  return { claims, reads: () => reads };
}

const KINDS: readonly (readonly [what: string, claim: Claim, reads: number])[] = [
  ["exclusive", { mode: "exclusive", limit: null, weight: 1 }, 2],
  ["shared", { mode: "shared", limit: null, weight: 1 }, 3],
  ["limited", { mode: "shared", limit: 5, weight: 1 }, 10],
];

for (const [what, claim, most] of KINDS) {
  Deno.test(`QueueFront decides for each of ${COUNT} ${what} requests without looking at all before it`, () => {
    const { claims, reads } = counted(claim);
    const front = new QueueFront<Claim>();
    for (const each of claims) {
      front.verdict(each);
      front.add(each);
    }
    assertLessOrEqual(reads(), most * COUNT);
  });
}

/** Requests at rising places, and how many of them were looked at. */
function waiting(): { readonly all: readonly QueuedRequest[]; readonly seen: () => number } {
  let seen = 0;
  const all = Array.from({ length: COUNT }, (_, index) => ({
    needsAll: false,
    want: { claim: { mode: "exclusive" } },
    get place(): number {
      seen++;
      return index + 1;
    },
  }));
  return { all: all as unknown as readonly QueuedRequest[], seen: () => seen };
}

Deno.test("startOf() looks at no request behind the last one that is due", () => {
  const { all, seen } = waiting();
  assertEquals(startOf(all.slice(10, 12), all, 1), 10);
  assertLessOrEqual(seen(), 12);
});

Deno.test(`startOf() looks at each of ${COUNT} requests once if all are due`, () => {
  const { all, seen } = waiting();
  assertEquals(startOf(all, all, 1), 1);
  assertLessOrEqual(seen(), COUNT);
});

Deno.test("Slots.take() returns the lowest free slot", () => {
  const slots = new Slots();
  assertEquals([slots.take(), slots.take(), slots.take()], [0, 1, 2]);
  slots.free(1);
  slots.free(0);
  assertEquals([slots.take(), slots.take(), slots.take(), slots.size], [0, 1, 3, 4]);
});

Deno.test("LockManager grants requests of one process in the order of their places although the answers to their writes are reversed", async () => {
  const [fleet, holder, member] = fleetOf(2);
  await using _ = fleet;
  const lock = await fleet.until(holder.locks.acquire("a"));
  // The first request opens the session.
  await fleet.until(member.locks.request("b", () => {}));
  let delay = 100;
  member.delayOf = (request) => request.startsWith("append =q.a.") ? delay -= 10 : 0;
  const tokens: number[] = [];
  const all = Array.from({ length: 8 }, () => member.locks.request("a", ({ token }) => tokens.push(token)));
  await fleet.pass(200);
  await fleet.until(lock.release());
  await fleet.until(Promise.all(all));
  assertEquals(tokens, tokens.toSorted((one, other) => one - other));
});
