import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { natslock, withCli, withLocks } from "../helpers/cli.ts";

const UNSENT: readonly (readonly [args: readonly string[], said: string])[] = [
  [["evict", "job", "--if-token", "x"], 'Cannot use --if-token "x": must be a number'],
  [["bucket", "create", "a.b"], 'Cannot use bucket "a.b": must be at most 252 letters, digits,'],
  [["bucket", "create", "--replicas", "2"], 'Cannot use --replicas "2": must be 1, 3 or 5'],
  [["bucket", "create", "--max-bytes", "1k"], 'Cannot use --max-bytes "1k": must be a whole number above 0'],
  [["bucket", "create", "--storage", "disk"], 'Cannot use --storage "disk": must be "file" or "memory"'],
  [["bucket", "create", "--ttl", "5"], 'Cannot use --ttl "5": must be a duration with a unit; write "5s"'],
];

for (const [args, said] of UNSENT) {
  Deno.test(`natslock ${args.join(" ").slice(0, 40)} exits with 64 before it connects, in the words of the flags`, async () => {
    const { code, stdout, stderr } = await natslock(args, { env: { NATS_URL: "nats://127.0.0.1:1" } });
    assertEquals([code, stdout], [64, ""], stderr);
    assertStringIncludes(stderr, said);
  });
}

const NO_KEYS: readonly (readonly [args: readonly string[], said: string])[] = [
  [["evict", "a b"], 'Cannot use key "a b": must be letters, digits,'],
  [["evict", "jobs.*"], 'Cannot use key "jobs.*": must be the key of one lock, not a filter; for example "job"'],
  [["status", ".a"], 'Cannot use key ".a": must be letters, digits,'],
  [["status", "a b"], 'Cannot use key "a b": must be letters, digits,'],
  [["watch", "a b"], 'Cannot use key "a b": must be letters, digits,'],
  [["ls", "x".repeat(1025)], "must have at most 1024 characters"],
  [["evict", "job", "--place", "1"], 'Cannot use --place in bucket "locks": it is not for queues'],
];

Deno.test("natslock exits with 64 for a key that no lock of the bucket can have, and says what a key is", () =>
  withLocks(async ({ run }) => {
    for (const [args, said] of NO_KEYS) {
      const { code, stdout, stderr } = await run(args);
      assertEquals(code, 64, stderr);
      assert(!stdout.includes("free"), stdout);
      assertStringIncludes(stderr, said);
      assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
    }
  }));

Deno.test("natslock bucket create names the flag and the unit of a lease length that no server accepts", () =>
  withCli(async ({ run }) => {
    const { code, stderr } = await run(["bucket", "create", "--ttl", "50ms"]);
    assertEquals(code, 64);
    assertStringIncludes(
      stderr,
      "Cannot use --ttl: must be at least 0.1s, the server's minimum, current value is 0.05s",
    );
  }));

Deno.test("natslock names the missing bucket in the command that creates it", () =>
  withCli(async ({ run }) => {
    const next = 'create it with "natslock bucket create prod", or set another with --bucket\n';
    for (const args of [["ls", "-b", "prod"], ["bucket", "check", "prod"], ["watch", "-b", "prod"]]) {
      const { code, stderr } = await run(args);
      assertEquals([code, stderr], [78, `natslock: Cannot use bucket "prod": the bucket does not exist; ${next}`]);
    }
  }));

Deno.test("natslock bucket check reports times with units", () =>
  withCli(async ({ run, env }) => {
    const nc = await connect({ servers: env.NATS_URL ?? "" });
    const { streams } = await jetstreamManager(nc);
    const config = { name: "KV_odd", subjects: ["$KV.odd.>"], max_msgs_per_subject: 1, max_age: 90e9 };
    await streams.add({ ...config, allow_msg_ttl: true, allow_rollup_hdrs: true, subject_delete_marker_ttl: 60e9 });
    await nc.close();
    const { code, stdout } = await run(["bucket", "check", "odd"]);
    assertEquals(code, 78);
    assertMatch(stdout, /wrong {3}subject_delete_marker_ttl: is 1m, must be unset/);
  }));
