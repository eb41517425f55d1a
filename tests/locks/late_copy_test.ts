/** A ticket that a late copy of a write leaves under a key of a living session. */

import { assertEquals } from "@std/assert";
import { fleetOf, type Member, TTL } from "./fleet.ts";

/** Far less than the time until all requests look again. */
const SOON = TTL / 10;

/** Longer than the marker of a release stays. */
const MARKER_IS_GONE = 1500;

/** The key of the first ticket that a process wrote. */
function firstKey({ sent }: Member): string {
  return sent.find((request) => request.startsWith("append "))?.slice("append ".length) ?? "";
}

Deno.test("A request does not wait for a late copy of a ticket that another request of its session has written over", async () => {
  const [fleet, process] = fleetOf(1);
  await using _ = fleet;
  await fleet.until(process.locks.request("a", () => {}));
  await fleet.pass(MARKER_IS_GONE);
  const key = firstKey(process);
  const [, , session = ""] = key.split(".");
  const ticket = { session, attempt: `${crypto.randomUUID()}.1`, lock: "a", mode: "exclusive" } as const;
  // No push tells the session of the copy.
  process.isCut = true;
  await fleet.store.append(key, {
    ticket: { ...ticket, limit: null, weight: 1, since: 0 },
    expected: 0,
    ttl: 60_000,
    timeout: TTL,
  });
  await fleet.pass(5);
  process.isCut = false;
  process.delayOf = (request) => request === `append ${key}` ? 50 : 0;
  const over = process.locks.acquire("a");
  over.catch(() => {});
  const other = await fleet.until(process.locks.acquire("a"), SOON);
  assertEquals(process.sent.filter((request) => request === `append ${key}`).length, 3);
  await fleet.until(other.release());
  await fleet.until(over, SOON);
});
