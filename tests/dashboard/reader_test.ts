import { assertEquals, assertRejects } from "@std/assert";
import { jetstream } from "@nats-io/jetstream";
import { newKeyValue } from "@x/natslock";
import { list, look, UnansweredError } from "../../examples/dashboard/feed/reader.ts";
import { withServer } from "../helpers/nats.ts";

const HOLDER = "00000000-0000-4000-8000-00000000000a";
const MANY = 2500;

Deno.test("list() finds every key of a bucket, also if the server returns them in several batches", () =>
  withServer(async ({ nc }) => {
    await newKeyValue(nc, "locks", 60_000);
    const js = jetstream(nc);
    for (let from = 0; from < MANY; from += 250) {
      await Promise.all(Array.from({ length: 250 }, (_, i) => js.publish(`$KV.locks.k${from + i}`, HOLDER)));
    }
    const found = new Set<string>();
    await list({ nc, bucket: "locks", inboxPrefix: "_INBOX" }, ({ key, keyState }) => {
      if (keyState.kind === "held") found.add(key);
    });
    assertEquals(found.size, MANY);
  }));

Deno.test("list() finds nothing in an empty bucket, and rejects if no bucket answers", () =>
  withServer(async ({ nc }) => {
    await newKeyValue(nc, "locks", 60_000);
    const keys: string[] = [];
    await list({ nc, bucket: "locks", inboxPrefix: "_INBOX" }, ({ key }) => keys.push(key));
    assertEquals(keys, []);
    await assertRejects(() => list({ nc, bucket: "none", inboxPrefix: "_INBOX" }, () => {}), UnansweredError);
  }));

Deno.test("look() finds the record of a key, and null if there is none", () =>
  withServer(async ({ nc }) => {
    await newKeyValue(nc, "locks", 60_000);
    const { seq } = await jetstream(nc).publish("$KV.locks.a.b", HOLDER);
    const change = await look(nc, "locks", "a.b");
    assertEquals([change?.key, change?.keyState.revision, change?.previous], ["a.b", seq, null]);
    assertEquals(await look(nc, "locks", "c"), null);
  }));
