import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { assertEquals, assertMatch } from "@std/assert";
import { type CliLab, withCli } from "../helpers/cli.ts";
import { Terminal } from "../helpers/terminal.ts";

const exists = async ({ run }: CliLab, bucket = "locks"): Promise<boolean> =>
  (await run(["bucket", "check", bucket, "--json"])).stdout.includes(`"bucket":"${bucket}"`);

Deno.test("natslock bucket delete asks on a terminal, and deletes only after a yes", () =>
  withCli(async (lab) => {
    await lab.run(["bucket", "create"]);
    for (
      const [answer, said] of [["\r", /Nothing was changed\ncode 1\n/], [
        "y\r",
        /Deleted bucket "locks"\ncode 0\n/,
      ]] as const
    ) {
      assertEquals(await exists(lab), true);
      await using terminal = new Terminal("natslock bucket delete locks; echo code $?", lab.env);
      assertMatch(await terminal.shows(/Delete it\? \(y\/N\)/), /Bucket "locks" has no messages and no held lock\n/);
      terminal.type(answer);
      await terminal.ended();
      assertMatch(terminal.text, said);
    }
    assertEquals(await exists(lab), false);
  }));

Deno.test("natslock bucket delete without a terminal needs --yes", () =>
  withCli(async (lab) => {
    await lab.run(["bucket", "create"]);
    const { code, stderr } = await lab.run(["bucket", "delete", "locks"]);
    assertEquals(code, 64);
    assertMatch(stderr, /delete bucket "locks": there is no terminal; use --yes to delete without asking\n$/);
    assertEquals((await lab.run(["bucket", "delete", "locks", "--yes"])).code, 0);
    const again = await lab.run(["bucket", "rm", "locks", "--yes"]);
    assertEquals([again.code, again.stderr], [78, 'natslock: Cannot delete bucket "locks": it does not exist\n']);
  }));

Deno.test("natslock bucket delete refuses a bucket with a held lock, names the holder, and deletes it with --force", () =>
  withCli(async (lab) => {
    await lab.run(["bucket", "create"]);
    const holder = lab.start(["run", "job", "--name", "nightly", "--", "sh", "-c", "echo held; sleep 60"]);
    await holder.says(/held/);
    const { code, stderr } = await lab.run(["bucket", "delete", "locks", "--yes"]);
    assertEquals(code, 75);
    assertMatch(stderr, /Cannot delete bucket "locks": 1 lock is held: "job" by nightly; wait .*or use --force\n$/);
    const forced = await lab.run(["bucket", "delete", "locks", "--force"]);
    assertEquals([forced.code, await exists(lab)], [0, false], forced.stderr);
  }));

Deno.test("natslock bucket delete refuses a bucket that is not for locks, unless forced", () =>
  withCli(async (lab) => {
    const nc = await connect({ servers: lab.env.NATS_URL ?? "" });
    const { streams } = await jetstreamManager(nc);
    await streams.add({ name: "KV_other", subjects: ["$KV.other.>"], max_msgs_per_subject: 5 });
    const { code, stderr } = await lab.run(["bucket", "delete", "other", "--yes"]);
    assertEquals(code, 78);
    assertMatch(stderr, /it is not a bucket for locks \("max_msgs_per_subject"\); use --force to delete it anyway\n$/);
    assertEquals((await streams.info("KV_other")).config.name, "KV_other");
    assertEquals((await lab.run(["bucket", "delete", "other", "--force"])).code, 0);
    await nc.close();
  }));
