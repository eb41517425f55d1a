import { assertEquals } from "@std/assert";
import { connect } from "nats.ws";
import { newKeyValue } from "@x/natslock";
import { ticketsOf } from "../../src/nats/kv_tickets.ts";
import type { Push } from "../../src/store/ticket_store.ts";
import { eventually } from "../helpers/measure.ts";
import { withServer } from "../helpers/nats.ts";
import { appendMany, timeout, TTL } from "../helpers/ticket_lab.ts";

Deno.test("KvTickets scans and follows queues on an existing connection of nats.ws 1.30", () =>
  withServer(async ({ server }) => {
    const old = await connect({ servers: server.url });
    try {
      const store = ticketsOf(await newKeyValue(old, "queues", TTL, { rollups: false }));
      const pushes: Push[] = [];
      const stop = store.follow("=q.a.>", (push) => pushes.push(push));
      const places = await appendMany(store, 40);
      for (const leader of [false, true]) {
        const outcome = await store.scan("=q.a.>", { from: 1, timeout, leader });
        assertEquals(outcome.kind === "seen" && outcome.entries.map(({ revision }) => revision), places);
      }
      await eventually("all pushes", () => pushes.length === places.length);
      stop();
    } finally {
      await old.close();
    }
  }));
