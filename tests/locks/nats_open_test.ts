/** Tests of LockManager.open() and of names on a real server. */

import { assert, assertEquals, assertGreater, assertLessOrEqual, assertRejects } from "@std/assert";
import { DiscardPolicy, jetstream, jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { BucketConfigError, LockManager } from "@x/natslock";
import { type Lab, newKeyValue, withServer } from "../helpers/nats.ts";

const MAX_HOLD = 60_000;
const NANOS = 1_000_000;
/** The longest time for which a marker stays: that of a closed session, in seconds. */
const LONGEST_MARKER = 60;

const configOf = async ({ nc }: Pick<Lab, "nc">, bucket: string): Promise<StreamConfig> =>
  (await (await jetstreamManager(nc)).streams.info(`KV_${bucket}`)).config;

Deno.test("LockManager.open() creates a bucket that keeps tickets for maxHold and is fit for queues", () =>
  withServer(async ({ server, nc }) => {
    await using locks = await LockManager.open({ servers: server.url, bucket: "made", maxHold: MAX_HOLD });
    assertEquals(locks.name, "made");
    const config = await configOf({ nc }, "made");
    assertEquals(config.max_age, MAX_HOLD * NANOS);
    assertEquals([config.allow_msg_ttl, config.allow_direct, config.allow_rollup_hdrs], [true, true, false]);
    assertEquals([config.max_msgs_per_subject, config.subject_delete_marker_ttl ?? 0], [1, 0]);
    assertEquals([config.republish?.src, config.republish?.dest], ["$KV.made.>", "natslock.made.>"]);
    assertEquals(await locks.request("a", (lock) => lock.held), true);
    // A second manager opens it as it is.
    await using second = await LockManager.open({ servers: server.url, bucket: "made", maxHold: MAX_HOLD });
    assertEquals(await second.request("a", (lock) => lock.held), true);
  }));

/** Settings that make a bucket unfit, with the setting that the error has to name if it is another one. */
const UNFIT: readonly (readonly [changes: Partial<StreamConfig>, named?: string])[] = [
  [{ allow_msg_ttl: false }],
  [{ max_age: (MAX_HOLD - 1000) * NANOS }],
  [{ allow_direct: false }],
  [{ republish: { src: "$KV.odd.>", dest: "natslock.odd.>", headers_only: true } }, "republish"],
  [{ republish: { src: "$KV.odd.a.>", dest: "natslock.odd.>" } }, "republish"],
  [{ allow_rollup_hdrs: true }],
  [{ max_msgs_per_subject: 2 }],
  [{ subject_delete_marker_ttl: 60_000 * NANOS, allow_rollup_hdrs: true }, "subject_delete_marker_ttl"],
  [{ max_msgs: 10, discard: DiscardPolicy.Old }, "discard"],
  [{ max_msg_size: 100 }],
];

Deno.test("LockManager.open() refuses each unfit bucket, names the setting, and leaves the bucket as it is", () =>
  withServer(async ({ nc }) => {
    const manager = await jetstreamManager(nc);
    await newKeyValue(nc, "odd", MAX_HOLD, { rollups: false });
    const { duplicate_window: _, ...fit } = await configOf({ nc }, "odd");
    // A server may refuse a stream whose name was just deleted. So each bucket has a name of its own.
    const add = (config: object, bucket: string) =>
      manager.streams.add(JSON.parse(JSON.stringify(config).replaceAll("odd", bucket)));
    for (const [number, [changes, named = Object.keys(changes)[0] ?? ""]] of UNFIT.entries()) {
      const bucket = `odd-${number}`;
      const { config } = await add({ ...fit, ...changes }, bucket);
      const opening = LockManager.open({ nc, bucket, maxHold: MAX_HOLD });
      const error = await assertRejects(() => opening, BucketConfigError);
      assertEquals([error.bucket, error.setting], [bucket, named], error.message);
      assert(error.message.includes(`"${named}"`), error.message);
      assertEquals(await configOf({ nc }, bucket), config);
    }
    const { republish: __, ...silent } = fit;
    await add(silent, "odd-silent");
    const opening = LockManager.open({ nc, bucket: "odd-silent", maxHold: MAX_HOLD });
    assertEquals((await assertRejects(() => opening, BucketConfigError)).setting, "republish");
  }));

Deno.test("LockManager.close() leaves no key in the bucket, only markers that expire, and a given connection open", () =>
  withServer(async ({ nc }) => {
    const locks = await LockManager.open({ nc, bucket: "left", maxHold: MAX_HOLD });
    await locks.acquire("held");
    await locks.acquire(["several", "names"], { mode: "shared", limit: 3 });
    const waiting = locks.acquire("held").catch((error: Error) => error.name);
    await locks.request("released", () => {});
    await locks.query();
    await locks.close();
    assertEquals(await waiting, "LockerClosedError");
    assertEquals(nc.isClosed(), false);
    const keys: string[] = [];
    for await (const key of await (await new Kvm(jetstream(nc)).open("left")).keys()) keys.push(key);
    assertEquals(keys, []);
    const manager = await jetstreamManager(nc);
    const { state } = await manager.streams.info("KV_left", { subjects_filter: ">" });
    const subjects = Object.keys(state.subjects ?? {});
    assertGreater(subjects.length, 0);
    for (const last_by_subj of subjects) {
      const header = (await manager.streams.getMessage("KV_left", { last_by_subj }))?.header;
      assertEquals(header?.get("KV-Operation"), "PURGE", last_by_subj);
      const ttl = header?.get("Nats-TTL") ?? "";
      const seconds = ttl.endsWith("m") ? 60 * parseInt(ttl) : parseInt(ttl);
      assertLessOrEqual(seconds, LONGEST_MARKER, `${last_by_subj} ${ttl}`);
    }
  }));

const NAMES: readonly string[] = [
  ...["", " ", "\0", ".", "..", "*", ">", "a.>", "=", "==", "=002e", "$KV.names.a", "a/b", "a\r\nb: c", '"', "\\u0000"],
  ...["\u00e9", "\u{1f512}", "\ud800", "\udfff", "\udc00\ud800", "\uffff", "toString", "__proto__"],
  ...["long ".repeat(2000), `${"long ".repeat(2000)}!`, "\ud800".repeat(10_000), ".".repeat(40), `${".".repeat(40)}a`],
];

Deno.test("LockManager keeps locks with empty, odd and very long names apart, and query() returns the names as they are", () =>
  withServer(async ({ server }) => {
    const about = { servers: server.url, bucket: "names", ttl: 60_000 };
    await using one = await LockManager.open(about);
    await using other = await LockManager.open(about);
    const held = await Promise.all(NAMES.map((name) => one.acquire(name, { ifAvailable: true })));
    assertEquals(held.map((lock) => lock?.name), [...NAMES]);
    const refused = await Promise.all(NAMES.map((name) => other.acquire(name, { ifAvailable: true })));
    assertEquals(refused, NAMES.map(() => null));
    const shown = (await other.query()).held.map(({ name }) => name);
    assertEquals(shown.sort(), [...NAMES].sort());
    const next = NAMES.map((name) => other.acquire(name));
    await Promise.all(held.map((lock) => lock?.release()));
    assertEquals((await Promise.all(next)).map((lock) => lock.name), [...NAMES]);
  }));
