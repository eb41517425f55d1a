import type { StreamConfig } from "@nats-io/jetstream";
import { assertEquals } from "@std/assert";
import { settingsOf } from "../../src/nats/bucket_rules.ts";

/** In ms, and as the server counts it. */
const TTL = 15_000;
const NANOS = TTL * 1_000_000;

const OWN: Partial<StreamConfig> = { max_age: NANOS, allow_msg_ttl: true };

/** Releases, and how long the mark of a release stays there; before 2.11.7 one with a time of its own left another mark. */
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
  Deno.test(`settingsOf() says that the mark of a release stays for ${mark} ms on server "${version}"`, () => {
    assertEquals(settingsOf(OWN, "e", version).markerTtl, mark);
  });
}

Deno.test("settingsOf() gives a mark no time of its own where the bucket does not allow that", () => {
  for (const allowed of [{ allow_msg_ttl: false }, {}]) {
    const { perKeyTtl, markerTtl } = settingsOf({ max_age: NANOS, ...allowed }, "e", "2.15.1");
    assertEquals([perKeyTtl, markerTtl], [false, TTL]);
  }
});

Deno.test("settingsOf() of a bucket without an expiry says so, and that a mark stays for ever where it has no time of its own", () => {
  for (const age of [{ max_age: 0 }, {}]) {
    const { ttl, markerTtl } = settingsOf({ allow_msg_ttl: true, ...age }, "e", "2.11.6");
    assertEquals([ttl, markerTtl], [null, Infinity]);
  }
});

Deno.test("settingsOf() takes roll-ups for forbidden unless the bucket says that they are allowed", () => {
  const rights = [{ allow_rollup_hdrs: true }, { allow_rollup_hdrs: false }, {}];
  assertEquals(rights.map((right) => settingsOf({ ...OWN, ...right }, "e").rollups), [true, false, false]);
});

Deno.test("settingsOf() names the stream and the server, and what is repeated", () => {
  const republish = { src: "$KV.locks.>", dest: "natslock.locks.>" };
  const settings = settingsOf({ ...OWN, republish }, "2026-01-01", "2.15.1");
  assertEquals([settings.epoch, settings.server, settings.ttl, settings.republish], [
    "2026-01-01",
    "2.15.1",
    TTL,
    republish,
  ]);
});
