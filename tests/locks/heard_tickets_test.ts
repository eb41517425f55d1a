import { assertEquals } from "@std/assert";
import { HeardTickets } from "../../src/locks/heard_tickets.ts";
import { ManualClock } from "../../src/memory/manual_clock.ts";
import { MemoryStore } from "../../src/memory/memory_store.ts";
import { Contact } from "../../src/store/contact.ts";

/** Does something with a store, then passes 10 ms. Returns how long ago the store was last heard from. */
async function lastAfter(deed: (heard: HeardTickets, store: MemoryStore) => void): Promise<number | null> {
  const clock = new ManualClock();
  const store = new MemoryStore(clock, { ttl: 1000 });
  const heard = new HeardTickets(store, new Contact(clock));
  assertEquals(heard.contact.last, null);
  deed(heard, store);
  await clock.advance(10);
  return heard.contact.last;
}

Deno.test("HeardTickets notes a push under a filter", async () => {
  const last = await lastAfter((heard, store) => {
    heard.follow("a.*", () => {});
    store.put("a.b", "mark");
  });
  assertEquals(last, 10);
});

Deno.test("HeardTickets notes the answer to a scan", async () => {
  assertEquals(await lastAfter((heard) => void heard.scan(">", { from: 1, timeout: 100 })), 10);
});

Deno.test("HeardTickets notes the answer to a write of a ticket", async () => {
  const ticket = {
    session: "s",
    lock: "a",
    attempt: "1",
    mode: "exclusive",
    limit: null,
    weight: 1,
    since: 0,
  } as const;
  const last = await lastAfter((heard) => void heard.append("a", { ticket, expected: 0, ttl: 1000, timeout: 100 }));
  assertEquals(last, 10);
});

Deno.test("HeardTickets notes nothing while nothing comes back", async () => {
  assertEquals(await lastAfter((heard) => void heard.follow("a.*", () => {})), null);
});
