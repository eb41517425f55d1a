/** Tests of the settings that a bucket with queues needs. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { StreamConfig } from "@nats-io/jetstream";
import { BucketConfigError } from "../../src/base/errors.ts";
import { settingsOf } from "../../src/nats/bucket_rules.ts";
import { storeOf } from "../../src/nats/kv_store.ts";
import { newKeyValue, withServer } from "../helpers/nats.ts";

const DAY = 86_400_000;

const GOOD: Partial<StreamConfig> = {
  name: "KV_queues",
  max_age: DAY * 1_000_000,
  allow_msg_ttl: true,
  allow_direct: true,
  allow_rollup_hdrs: false,
  republish: { src: "$KV.queues.>", dest: "natslock.queues.>" },
};

const problemOf = (changes: Record<string, unknown>, version = "2.15.1") =>
  settingsOf({ ...GOOD, ...changes } as Partial<StreamConfig>, "now", version).unfitForQueues(DAY);

const FIT: Readonly<Record<string, readonly [changes: Record<string, unknown>, version?: string]>> = {
  "as the library creates it": [{}],
  "that keeps records for longer": [{ max_age: 2 * DAY * 1_000_000 }],
  "that keeps records forever": [{ max_age: 0 }],
  "whose server's version is unknown": [{}, ""],
  "on the first server that can": [{}, "2.11.0"],
  "that republishes everything": [{ republish: { src: ">", dest: "copy.>" } }],
};

for (const [what, [changes, version]] of Object.entries(FIT)) {
  Deno.test(`unfitForQueues() finds nothing wrong with a bucket ${what}`, () => {
    assertEquals(problemOf(changes, version), null);
  });
}

const UNFIT: readonly (readonly [changes: Record<string, unknown>, setting: string, why: string, version?: string])[] =
  [
    [{ allow_msg_ttl: false }, "allow_msg_ttl", "own lifetime"],
    [{ allow_msg_ttl: undefined }, "allow_msg_ttl", "2.11 or later, not 2.10.29", "2.10.29"],
    [{}, "allow_msg_ttl", "2.11 or later, not 2.10.29", "2.10.29"],
    [{ max_age: (DAY - 1000) * 1_000_000 }, "max_age", `${DAY * 1_000_000} or more`],
    [{ allow_direct: false }, "allow_direct", "direct gets"],
    [{ republish: undefined }, "republish", "wakes waiters"],
    [{ republish: { src: "$KV.queues.a.>", dest: "natslock.>" } }, "republish", "$KV.queues.>"],
    [{ republish: { ...GOOD.republish, headers_only: true } }, "republish", "with values"],
    [{ allow_rollup_hdrs: true }, "allow_rollup_hdrs", "remove all tickets"],
  ];

for (const [changes, setting, why, version] of UNFIT) {
  Deno.test(`unfitForQueues() names the setting, its value and the reason: ${JSON.stringify(changes)} ${version ?? ""}`, () => {
    const problem = problemOf(changes, version);
    assert(problem !== null);
    const value = { ...GOOD, ...changes }[setting as keyof StreamConfig] ?? null;
    assertEquals([problem.bucket, problem.setting, problem.value], ["queues", setting, value]);
    assertStringIncludes(problem.wanted, why);
    assertStringIncludes(new BucketConfigError(problem).message, `"${setting}" must be`);
  });
}

Deno.test("unfitForQueues() reports the first of several problems", () => {
  assertEquals(problemOf({ allow_direct: false, allow_rollup_hdrs: true })?.setting, "allow_direct");
});

Deno.test("newKeyValue() creates a bucket that is fit for queues if roll-ups are off, else not", () =>
  withServer(async ({ nc }) => {
    const problems = [];
    for (const [name, rollups] of [["queues", false], ["locks", true]] as const) {
      const { unfitForQueues } = await storeOf(await newKeyValue(nc, name, DAY, { rollups })).settings();
      problems.push(unfitForQueues(DAY)?.setting ?? null);
    }
    assertEquals(problems, [null, "allow_rollup_hdrs"]);
  }));
