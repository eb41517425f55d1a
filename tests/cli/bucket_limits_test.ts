import { jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type CliLab, withCli } from "../helpers/cli.ts";

const FIT: Partial<StreamConfig> = {
  ...{ max_msgs_per_subject: 1, max_age: 15e9, discard: "new", deny_delete: true, allow_msg_ttl: true },
  ...{ republish: { src: "$KV.odd.>", dest: "natslock.odd.>" } },
};

/** Creates the bucket "odd" with `consumers` consumers. It is fit for locks except for the given settings. */
async function make(
  { env }: CliLab,
  settings: { [field in keyof StreamConfig]?: StreamConfig[field] | undefined },
  consumers = 0,
): Promise<void> {
  const nc = await connect({ servers: env.NATS_URL ?? "" });
  const manager = await jetstreamManager(nc);
  const config = { name: "KV_odd", subjects: ["$KV.odd.>"], ...FIT, ...settings };
  await manager.streams.add(config as Parameters<typeof manager.streams.add>[0]);
  for (let i = 0; i < consumers; i++) await manager.consumers.add("KV_odd", { name: `c${i}`, ack_policy: "none" });
  await nc.close();
}

const MOVED = { src: "$KV.odd.>", dest: "$KV.moved.>" };

const WRONG: readonly (readonly [settings: Partial<StreamConfig>, said: string, edit: string])[] = [
  [{ max_msg_size: 64 }, "max_msg_size: is 64, must be at least 267", "--max-msg-size=2048"],
  [{ max_bytes: 60 }, "max_bytes: is 60, must be at least", "--max-bytes=1048576"],
  [{ subjects: ["$KV.odd.jobs.>"] }, "subjects: is [", "--subjects='$KV.odd.>'"],
  [{ subject_transform: MOVED }, "subject_transform: is {", "--no-transform"],
];

for (const [settings, said, edit] of WRONG) {
  Deno.test(`natslock bucket check reports ${JSON.stringify(settings)} once, and prints the command that fixes it`, () =>
    withCli(async (lab) => {
      await make(lab, settings);
      const { code, stdout } = await lab.run(["bucket", "check", "odd"]);
      assertEquals(code, 78);
      assertStringIncludes(stdout, `  wrong   ${said}`);
      assertStringIncludes(stdout, `\n  nats stream edit KV_odd ${edit}\n`.trimEnd());
      assertEquals(stdout.includes("advice"), false, stdout);
    }));
}

Deno.test("natslock bucket check reports that no consumer is left in a bucket where every wait needs one", () =>
  withCli(async (lab) => {
    await make(lab, { republish: undefined, max_consumers: 1 }, 1);
    const { code, stdout } = await lab.run(["bucket", "check", "odd"]);
    assertEquals(code, 0);
    assertMatch(stdout, /advice {2}max_consumers: 1, of which 1 in use: .* re-reads its key on a timer\n/);
    assertStringIncludes(stdout, "nats kv edit odd --republish-source='$KV.odd.>'");
  }));

Deno.test("natslock bucket create accepts a size limit and a description", () =>
  withCli(async ({ run, env }) => {
    assertEquals((await run(["bucket", "create", "odd", "--max-bytes", "4096", "--description", "of x"])).code, 0);
    const nc = await connect({ servers: env.NATS_URL ?? "" });
    const { config } = await (await jetstreamManager(nc)).streams.info("KV_odd");
    await nc.close();
    assertEquals([config.max_bytes, config.description], [4096, "of x"]);
    const { code, stderr } = await run(["bucket", "create", "tiny", "--max-bytes", "100"]);
    assertEquals(code, 64);
    assertMatch(stderr, /Cannot use --max-bytes: must be at least \d+ to fit a record, current value is 100/);
  }));

Deno.test("natslock run reports which limit of a full bucket was reached and what to do, and nothing else", () =>
  withCli(async (lab) => {
    await make(lab, { max_msgs: 1 });
    const nc = await connect({ servers: lab.env.NATS_URL ?? "" });
    await nc.request("$KV.odd.first", "0b8ad0a6-2b3a-4b5e-9f5e-6a1d5a1c9e01");
    await nc.close();
    const { code, stderr } = await lab.run(["run", "-b", "odd", "second", "--try", "--", "true"]);
    assertEquals(code, 69);
    assertMatch(stderr, /bucket "odd" is full: its stream allows max_msgs 1; raise it .* or remove other keys\n$/);
  }));
