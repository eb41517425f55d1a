import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { type CliLab, withCli } from "../helpers/cli.ts";

/** Creates a bucket without natslock. */
async function make({ env }: CliLab, name: string, settings: Partial<StreamConfig>): Promise<void> {
  const nc = await connect({ servers: env.NATS_URL ?? "" });
  const { streams } = await jetstreamManager(nc);
  await streams.add({ name: `KV_${name}`, subjects: [`$KV.${name}.>`], allow_rollup_hdrs: true, ...settings });
  await nc.close();
}

Deno.test("natslock bucket create creates a bucket that passes natslock bucket check", () =>
  withCli(async ({ run }) => {
    const made = await run(["bucket", "create", "mine", "--ttl", "1m", "--storage", "memory"]);
    assertEquals([made.code, made.stdout], [0, ""]);
    assertMatch(made.stderr, /^natslock: Bucket "mine" is fit for locks: maximum lease 1m; .*\n$/);
    const checked = await run(["bucket", "check", "mine"]);
    assertEquals(checked.code, 0);
    assertMatch(checked.stdout, /^mine {2}fit for locks\n {2}advice {2}storage: memory/);
    assertEquals((await run(["run", "-b", "mine", "job", "--", "echo", "ran"])).stdout, "ran\n");
  }));

Deno.test("natslock bucket create exits with 78 and names what differs if the bucket exists with other settings", () =>
  withCli(async ({ run }) => {
    await run(["bucket", "create", "--ttl", "1m", "--description", "old"]);
    const { code, stderr } = await run(["bucket", "create", "--storage", "memory", "--description", "new"]);
    assertEquals([code, stderr], [
      78,
      'natslock: Bucket "locks" exists with other settings: --ttl is 1m, not 15s; --storage is file, not memory; ' +
      `--description is 'old', not 'new'; accept them with "natslock bucket create locks --ttl 1m --storage file ` +
      `--description 'old'", or use another bucket\n`,
    ]);
    assertEquals((await run(["bucket", "create", "locks", "--ttl", "60s"])).code, 0);
  }));

Deno.test("natslock bucket create leaves a bucket with the same settings as it is, and says that it exists", () =>
  withCli(async ({ run }) => {
    await run(["bucket", "create"]);
    await run(["run", "job", "--", "true"]);
    const { code, stderr } = await run(["bucket", "create"]);
    assertEquals(code, 0);
    assertMatch(stderr, /^natslock: Bucket "locks" exists and is fit for locks: maximum lease 15s; .*\n$/);
  }));

Deno.test("natslock bucket check lists every wrong setting, and the nats commands that fix them", () =>
  withCli(async (lab) => {
    await make(lab, "bad", { max_msgs_per_subject: 5, no_ack: true });
    const { code, stdout } = await lab.run(["bucket", "check", "bad"]);
    assertEquals(code, 78);
    assertMatch(stdout, /^bad {2}not fit for locks\n {2}wrong {3}max_msgs_per_subject: is 5, must be 1/);
    assertMatch(stdout, /\n {2}wrong {3}max_age: is 0, must be/);
    assertMatch(stdout, /\n {2}wrong {3}no_ack: is true, must be false/);
    assertStringIncludes(stdout, "\n  nats kv edit bad --history=1 --ttl=15s --republish-source='$KV.bad.>'");
    assertStringIncludes(stdout, "\n  nats stream edit KV_bad --ack --allow-msg-ttl --deny-delete\n");
  }));

Deno.test("natslock bucket check lists the settings that an edit cannot fix", () =>
  withCli(async (lab) => {
    await make(lab, "work", {
      max_msgs_per_subject: 1,
      max_age: 15e9,
      retention: "workqueue" as StreamConfig["retention"],
    });
    const { code, stdout } = await lab.run(["bucket", "check", "work"]);
    assertEquals(code, 78);
    assertStringIncludes(
      stdout,
      "An edit cannot fix retention; create another bucket and switch to it:\n  natslock bucket create",
    );
  }));

Deno.test("natslock bucket check --json prints one line of JSON", () =>
  withCli(async (lab) => {
    await make(lab, "bad", { max_msgs_per_subject: 5, max_age: 15e9 });
    const { stdout } = await lab.run(["bucket", "check", "bad", "--json"]);
    const { bucket, fit, problems, fix } = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
    assertEquals([bucket, fit, (problems as unknown[]).length, (fix as unknown[]).length], ["bad", false, 1, 2]);
  }));

Deno.test("natslock run exits with 78 in an unfit bucket, and refers to natslock bucket check", () =>
  withCli(async (lab) => {
    await make(lab, "bad", { max_msgs_per_subject: 5, max_age: 15e9 });
    const { code, stderr } = await lab.run(["run", "-b", "bad", "job", "--", "true"]);
    assertEquals(code, 78);
    assertMatch(stderr, /"max_msgs_per_subject" must be 1.*; see "natslock bucket check bad"\n$/);
  }));
