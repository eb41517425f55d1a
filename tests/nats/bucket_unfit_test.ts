import type { StreamConfig } from "@nats-io/jetstream";
import { assertEquals } from "@std/assert";
import { settingsOf } from "../../src/nats/bucket_rules.ts";

/** Lease length in ms, and in nanoseconds as the server stores it. */
const TTL = 15_000;
const NANOS = TTL * 1_000_000;

const OWN: Partial<StreamConfig> = { max_age: NANOS, allow_msg_ttl: true };

/** Server versions, and how long a release marker stays. Before 2.11.7, one with its own TTL left a second marker. */
const MARKS = [
  ["2.10.29", TTL],
  ["2.11.0", TTL],
  ["2.11.6", TTL],
  ["2.11.7", 1000],
  ["2.11.10", 1000],
  ["2.12.0", 1000],
  ["2.15.1", 1000],
  ["3.0.0", 1000],
  ["", TTL],
] as const;

for (const [version, mark] of MARKS) {
  Deno.test(`settingsOf() says that a release marker stays for ${mark} ms on server "${version}"`, () => {
    assertEquals(settingsOf(OWN, "e", version).markerTtl, mark);
  });
}

Deno.test("settingsOf() gives a release marker no TTL of its own if the bucket does not allow one", () => {
  for (const allowed of [{ allow_msg_ttl: false }, {}]) {
    const { perKeyTtl, markerTtl } = settingsOf({ max_age: NANOS, ...allowed }, "e", "2.15.1");
    assertEquals([perKeyTtl, markerTtl], [false, TTL]);
  }
});

Deno.test("settingsOf() of a bucket without max_age has no ttl, and a release marker without its own TTL stays forever", () => {
  for (const age of [{ max_age: 0 }, {}]) {
    const { ttl, markerTtl } = settingsOf({ allow_msg_ttl: true, ...age }, "e", "2.11.6");
    assertEquals([ttl, markerTtl], [null, Infinity]);
  }
});

Deno.test("settingsOf() takes roll-ups as forbidden unless the config allows them", () => {
  const rights = [{ allow_rollup_hdrs: true }, { allow_rollup_hdrs: false }, {}];
  assertEquals(rights.map((right) => settingsOf({ ...OWN, ...right }, "e").rollups), [true, false, false]);
});

Deno.test("settingsOf() names the epoch, the server version and the republish setting", () => {
  const republish = { src: "$KV.locks.>", dest: "natslock.locks.>" };
  const settings = settingsOf({ ...OWN, republish }, "2026-01-01", "2.15.1");
  assertEquals([settings.epoch, settings.server, settings.ttl, settings.republish], [
    "2026-01-01",
    "2.15.1",
    TTL,
    republish,
  ]);
});
