import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { Kvm } from "@nats-io/kv";
import { BadParameterError, BucketConfigError, DEFAULT_KEY_NAME, Locker, LockerClosedError } from "@x/natslock";
import { newKeyValue, withServer } from "../helpers/nats.ts";
import { connectionError } from "../helpers/errors.ts";

const OTHER = "0b8ad0a6-2b3a-4b5e-9f5e-6a1d5a1c9e01";

Deno.test("Locker.acquireLead() takes and keeps the lead, and refuses another candidate", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 3000);
    const [a, b] = [new Locker({ kv }), new Locker({ kv })];
    assertEquals(await a.acquireLead(), true);
    assertEquals(await a.acquireLead(), true);
    assertEquals(await b.acquireLead(), false);
    assertEquals((await kv.get(DEFAULT_KEY_NAME))?.string(), a.id);
  }));

Deno.test("Locker.releaseLead() lets another take the lead at once", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 3000);
    const [a, b] = [new Locker({ kv }), new Locker({ kv })];
    await a.acquireLead();
    assertEquals(await b.acquireLead(), false);
    await a.releaseLead();
    assertEquals(await b.acquireLead(), true);
  }));

Deno.test("Locker.releaseLead() leaves the record of another id untouched", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 3000);
    const [a, b] = [new Locker({ kv }), new Locker({ kv })];
    await a.acquireLead();
    const before = await kv.get(DEFAULT_KEY_NAME);
    await b.releaseLead();
    assertEquals((await kv.get(DEFAULT_KEY_NAME))?.revision, before?.revision);
  }));

Deno.test("Locker.releaseLead() of an absent key resolves", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 3000);
    await new Locker({ kv }).releaseLead();
    assertEquals(await kv.get(DEFAULT_KEY_NAME), null);
  }));

Deno.test("Locker.releaseLead() releases what an earlier Locker with the same id took", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 3000);
    await new Locker({ kv, id: OTHER }).acquireLead();
    await new Locker({ kv, id: OTHER }).releaseLead();
    assertEquals(await new Locker({ kv }).acquireLead(), true);
  }));

Deno.test("Locker.acquireLead() takes over a plain put of its own id, as the Go package writes it", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 3000);
    const revision = await kv.put(DEFAULT_KEY_NAME, OTHER);
    const locker = new Locker({ kv, id: OTHER });
    assertEquals(await locker.acquireLead(), true);
    assert(((await locker.leader())?.token ?? 0) > revision);
  }));

Deno.test("Locker.acquireLead() respects a plain put of another id", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 3000);
    const revision = await kv.put(DEFAULT_KEY_NAME, OTHER);
    const locker = new Locker({ kv });
    assertEquals(await locker.acquireLead(), false);
    const leader = await locker.leader();
    assertEquals([leader?.holder, leader?.token, leader?.since], [OTHER, revision, null]);
  }));

Deno.test("Locker.acquireLead() never takes over a value that is not a UUID, and warns", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 3000);
    const revision = await kv.put(DEFAULT_KEY_NAME, new Uint8Array([0, 255, 1]));
    const warnings: unknown[] = [];
    const logger = { debug: () => {}, info: () => {}, warn: (line: unknown) => warnings.push(line) };
    const locker = new Locker({ kv, logger });
    assertEquals(await locker.acquireLead(), false);
    assertEquals((await kv.get(DEFAULT_KEY_NAME))?.revision, revision);
    assertStringIncludes(String(warnings), "is not a UUID");
  }));

Deno.test("Locker.acquireLead() and releaseLead() reject with the reason once the bucket is deleted", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 3000);
    const [holder, other] = [new Locker({ kv }), new Locker({ kv })];
    await holder.acquireLead();
    await kv.destroy();
    for (const call of [() => holder.acquireLead(), () => other.acquireLead(), () => holder.releaseLead()]) {
      const error = await connectionError(call());
      assertEquals(error.why, "bucket_missing");
      assertStringIncludes(error.message, '"locks"');
    }
  }));

Deno.test("Locker.acquireLead() works again once the bucket is re-created", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 3000);
    const locker = new Locker({ kv });
    for (let round = 0; round < 5; round++) await locker.acquireLead();
    await kv.destroy();
    await connectionError(locker.acquireLead());
    await newKeyValue(nc, "locks", 2000);
    assertEquals(await locker.acquireLead(), true);
    assertEquals(await locker.ttl(), 2000);
  }));

Deno.test("Locker notices that the bucket was deleted and re-created by others", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 3000);
    const locker = new Locker({ kv });
    for (let round = 0; round < 5; round++) await locker.acquireLead();
    await kv.destroy();
    await newKeyValue(nc, "locks", 2000);
    assertEquals(await locker.acquireLead(), true);
    assertEquals(await locker.ttl(), 2000);
  }));

Deno.test("Locker exposes its bucket, key, id, lease length and logger", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 3000);
    const locker = new Locker({ kv, key: "jobs.nightly", id: OTHER, logger: console });
    assertEquals([locker.name, locker.key, locker.id, await locker.ttl()], ["locks", "jobs.nightly", OTHER, 3000]);
    assert(locker.logger === console && locker.kv === kv);
    assertEquals(new Locker({ kv }).key, "leader");
  }));

Deno.test("Locker.leader() returns who leads, with name and meta", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 3000);
    const a = new Locker({ kv, name: "naïve ✓", meta: { host: "hôte", port: 1 } });
    const b = new Locker({ kv });
    assertEquals(await b.leader(), null);
    await a.acquireLead();
    const first = await b.leader();
    await a.acquireLead();
    const { since: _, ...second } = await b.leader() ?? { since: 0 };
    assertEquals(second, {
      holder: a.id,
      name: "naïve ✓",
      token: first?.token,
      ttl: 3000,
      meta: { host: "hôte", port: 1 },
      revision: (first?.revision ?? 0) + 1,
    });
    await a.releaseLead();
    assertEquals(await b.leader(), null);
  }));

Deno.test("Locker with its own lease length loses the lead after it, rounded down to whole seconds", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 30_000);
    const a = new Locker({ kv, ttl: 1900 });
    assertEquals(await a.ttl(), 1000);
    assertEquals(await a.acquireLead(), true);
    const b = new Locker({ kv, ttl: 1000 });
    const start = performance.now();
    while (!await b.acquireLead()) await new Promise((resolve) => setTimeout(resolve, 20));
    const took = performance.now() - start;
    assert(took > 900 && took < 3000, `${took}`);
  }));

Deno.test("Locker rejects a lease length longer than the bucket's", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 2000);
    await assertRejects(() => new Locker({ kv, ttl: 5000 }).acquireLead(), BadParameterError, '"ttl"');
  }));

Deno.test("Locker on an unfit bucket rejects with the setting, before it writes", () =>
  withServer(async ({ nc }) => {
    const kv = await new Kvm(nc).create("plain", { history: 5, ttl: 3000 });
    await assertRejects(() => new Locker({ kv }).acquireLead(), BucketConfigError, "max_msgs_per_subject");
    assertEquals(await kv.get(DEFAULT_KEY_NAME), null);
  }));

Deno.test("Locker on a bucket of Kvm.create() with a ttl works", () =>
  withServer(async ({ nc }) => {
    const kv = await new Kvm(nc).create("plain", { ttl: 3000 });
    const locker = new Locker({ kv });
    assertEquals(await locker.acquireLead(), true);
    await locker.releaseLead();
    assertEquals(await locker.leader(), null);
  }));

Deno.test("Locker.close() releases the lead, ends further calls, and may be called twice", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 3000);
    const locker = new Locker({ kv });
    await locker.acquireLead();
    await Promise.all([locker.close(), locker.close()]);
    for (const call of ["acquireLead", "releaseLead", "leader", "ttl"] as const) {
      await assertRejects(() => locker[call](), LockerClosedError);
    }
    assert(!nc.isClosed());
    assertEquals(await new Locker({ kv }).acquireLead(), true);
  }));

Deno.test("Locker rejects a KV handle that is missing or invalid", () => {
  // deno-lint-ignore no-explicit-any
  const make = (options: any) => () => new Locker(options);
  assertThrows(make({}), BadParameterError, '"kv"');
  assertThrows(make(undefined), BadParameterError, '"kv"');
  assertThrows(make({ kv: { get: () => null } }), BadParameterError, '"kv"');
});
