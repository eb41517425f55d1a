import { assertEquals } from "@std/assert";
import { Kvm } from "@nats-io/kv";
import { Locker } from "@x/natslock";
import { messagesOf, newKeyValue, withServer } from "../helpers/nats.ts";

Deno.test("Locker.acquireLead() of a key never seen sends one message", () =>
  withServer(async ({ nc }) => {
    const locker = new Locker({ kv: await newKeyValue(nc, "locks", 3000) });
    assertEquals(await messagesOf(nc, () => locker.acquireLead()), 1);
  }));

Deno.test("Locker.acquireLead() sends one message for each renewal", () =>
  withServer(async ({ nc }) => {
    const locker = new Locker({ kv: await newKeyValue(nc, "locks", 3000) });
    await locker.acquireLead();
    for (let round = 0; round < 3; round++) assertEquals(await messagesOf(nc, () => locker.acquireLead()), 1);
  }));

Deno.test("Locker.releaseLead() sends one message, and taking a key that was seen vacant sends one", () =>
  withServer(async ({ nc }) => {
    const locker = new Locker({ kv: await newKeyValue(nc, "locks", 3000) });
    for (let round = 0; round < 3; round++) {
      assertEquals(await messagesOf(nc, () => locker.acquireLead()), 1);
      assertEquals(await messagesOf(nc, () => locker.releaseLead()), 1);
    }
  }));

Deno.test("Locker.acquireLead() sends one message for each refusal after the first", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 3000);
    const [holder, other] = [new Locker({ kv }), new Locker({ kv })];
    await holder.acquireLead();
    assertEquals(await messagesOf(nc, () => other.acquireLead()), 2);
    for (let round = 0; round < 3; round++) assertEquals(await messagesOf(nc, () => other.acquireLead()), 1);
  }));

Deno.test("Locker reads the settings once in a bucket that it did not open", () =>
  withServer(async ({ nc }) => {
    await newKeyValue(nc, "locks", 3000);
    const kv = await new Kvm(nc).open("locks");
    assertEquals(await messagesOf(nc, () => new Locker({ kv }).acquireLead()), 2);
    const another = new Locker({ kv, key: "another" });
    assertEquals(await messagesOf(nc, () => another.acquireLead()), 1);
    assertEquals(await messagesOf(nc, () => another.ttl()), 0);
  }));

Deno.test("Locker.close() of a candidate that holds nothing sends no message", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 3000);
    const [holder, other] = [new Locker({ kv }), new Locker({ kv })];
    await holder.acquireLead();
    await other.acquireLead();
    assertEquals(await messagesOf(nc, () => other.close()), 0);
    assertEquals(await messagesOf(nc, () => holder.close()), 1);
  }));
