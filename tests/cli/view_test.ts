import { assert, assertEquals, assertFalse, assertMatch, assertObjectMatch, assertStringIncludes } from "@std/assert";
import { type CliLab, withCli } from "../helpers/cli.ts";
import { Terminal } from "../helpers/terminal.ts";

type Line = Readonly<Record<string, unknown>>;

const linesOf = (text: string): Line[] =>
  text.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line) as Line);

/** Starts a holder that keeps a lock until the end of the test. */
async function hold({ start }: CliLab, key: string, ...flags: string[]): Promise<void> {
  await start(["run", "--create", key, ...flags, "--", "sh", "-c", "echo held; sleep 60"]).says(/held/);
}

Deno.test("natslock status shows the state of a held lock and of a free one", () =>
  withCli(async (lab) => {
    await hold(lab, "job", "--name", "nightly");
    const { code, stdout, stderr } = await lab.run(["status", "job", "nothing"]);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(
      stdout,
      /^job {2}held by nightly for \d\S*s\n {2}since {3}.*\n {2}lease {3}1\ds of 15s left, unless renewed\n/,
    );
    assertMatch(stdout, /\n {2}meta {4}host=\S+ pid=\d+ user=.* command=sh runtime=deno \S+\n\nnothing {2}free\n$/);
    const { stdout: withIds } = await lab.run(["status", "job", "--ids"]);
    assertMatch(withIds, /\n {2}id {6}[-0-9a-f]{36}\n {2}token {3}\d+\n {2}write {3}revision \d+\n$/);
  }));

Deno.test("natslock ls lists held locks sorted by key, and only those that match the filter", () =>
  withCli(async (lab) => {
    await hold(lab, "jobs.b", "--name", "second");
    await hold(lab, "jobs.a", "--name", "first");
    await hold(lab, "other");
    await lab.run(["run", "jobs.done", "--", "true"]);
    const { stdout } = await lab.run(["ls", "jobs.*"]);
    assertMatch(
      stdout,
      /^KEY {5}HOLDER {2}HELD FOR {2}LEFT\njobs.a {2}first {3}\d.* 1\ds\njobs.b {2}second {2}\d.* 1\ds\n$/,
    );
    assertMatch((await lab.run(["ls", "--ids"])).stdout, /LEFT {2}TOKEN {2}ID\n.* {2}\d {6}[-0-9a-f]{36}\n/);
    const keys = linesOf((await lab.run(["ls", "--json"])).stdout).map(({ key }) => key);
    assertEquals(keys, ["jobs.a", "jobs.b", "other"]);
  }));

Deno.test("natslock ls and status print the same facts as JSON", () =>
  withCli(async (lab) => {
    await hold(lab, "job", "--name", "nightly");
    for (const args of [["ls", "--json"], ["status", "job", "--json"]]) {
      const [line = {}] = linesOf((await lab.run(args)).stdout);
      assertObjectMatch(line, { key: "job", state: "held", name: "nightly", ttl: 15_000, meta: { command: "sh" } });
      assertMatch(String(line.since), /^\d{4}-.*Z$/);
      const remaining = Number(line.remaining);
      assert(remaining > 9000 && remaining <= 15_000, `${remaining}`);
    }
    assertEquals(linesOf((await lab.run(["status", "free", "--json"])).stdout), [{ key: "free", state: "free" }]);
  }));

Deno.test("natslock ls prints nothing on standard output if no lock is held", () =>
  withCli(async ({ run }) => {
    await run(["bucket", "create"]);
    const { code, stdout, stderr } = await run(["ls"]);
    assertEquals([code, stdout, stderr], [0, "", 'natslock: No lock is held in bucket "locks"\n']);
  }));

Deno.test("natslock ls, status, watch and evict exit with 78 and say what to do if the bucket is missing", () =>
  withCli(async ({ run }) => {
    for (const args of [["ls"], ["status", "job"], ["watch"], ["evict", "job", "--yes"]]) {
      const { code, stderr } = await run(args);
      assertEquals(code, 78, stderr);
      assertMatch(stderr, /the bucket does not exist; create it with "natslock bucket create"/);
    }
  }));

Deno.test("natslock watch prints the current holder of a key, then each change", () =>
  withCli(async (lab) => {
    await lab.run(["bucket", "create"]);
    const watching = lab.start(["watch", "job", "--json"]);
    await watching.says(/"state":"free"/);
    for (const name of ["first", "second"]) {
      const holder = lab.start(["run", "--create", "job", "--name", name, "--", "sleep", "60"]);
      await watching.says(new RegExp(`"${name}"`));
      holder.signal("SIGTERM");
      await watching.says(new RegExp(`"${name}".*\n.*"free"`));
    }
    const text = await watching.says(/second.*\n.*free/);
    const seen = linesOf(text).map(({ state, name }) => name ?? state);
    assertEquals(seen, ["free", "first", "free", "second", "free"]);
    watching.signal("SIGINT");
    assertEquals((await watching.finished()).code, 130);
  }));

for (const republish of [true, false]) {
  Deno.test(`natslock watch finds new keys ${republish ? "with" : "without"} republishing`, () =>
    withCli(async (lab) => {
      const { wsconnect } = await import("@nats-io/nats-core");
      const { newKeyValue } = await import("@x/natslock");
      const nc = await wsconnect({ servers: lab.server.url });
      await newKeyValue(nc, "locks", 15_000, republish ? {} : { republish: null });
      await nc.close();
      await hold(lab, "old");
      const watching = lab.start(["watch", "--json"]);
      await watching.says(/"key":"old","state":"held"/);
      await hold(lab, "new");
      await watching.says(/"key":"new","state":"held"/);
      watching.signal("SIGTERM");
      assertEquals((await watching.finished()).code, 143);
    }));
}

Deno.test("natslock ls prints colours on a terminal, and none elsewhere or with NO_COLOR", () =>
  withCli(async (lab) => {
    await hold(lab, "job");
    const onTerminal = async (line: string) => {
      await using terminal = new Terminal(line, lab.env);
      await terminal.ended();
      return terminal;
    };
    const shown = await onTerminal("natslock ls; natslock status job");
    assertStringIncludes(shown.screen, "\x1b[1mKEY\x1b[22m");
    assertMatch(shown.text, /KEY +HOLDER +HELD FOR +LEFT\njob +sh@\S+ +\d\S*s +\d+s/);
    // deno-lint-ignore no-control-regex
    const escapes = /\u001b\[[0-9;]+m/;
    assertFalse(escapes.test((await lab.run(["ls"])).stdout));
    assertFalse(escapes.test((await onTerminal("export NO_COLOR=1; natslock ls")).screen));
    assertFalse(escapes.test((await onTerminal("natslock ls | cat")).screen));
  }));

Deno.test("natslock status replaces control characters in what other clients wrote", () =>
  withCli(async (lab) => {
    await lab.run(["bucket", "create"]);
    const { connect } = await import("@nats-io/transport-node");
    const { headers } = await import("@nats-io/nats-core");
    const { jetstream } = await import("@nats-io/jetstream");
    const nc = await connect({ servers: lab.env.NATS_URL ?? "" });
    const head = headers();
    head.set("Natslock-Meta", String.raw`{"note":"evil\u001b[2Jname\u009b31m"}`);
    await jetstream(nc).publish("$KV.locks.job", crypto.randomUUID(), { headers: head });
    await nc.close();
    const { stdout } = await lab.run(["status", "job"]);
    assertMatch(stdout, /note=evil\?\[2Jname\?31m/);
    // deno-lint-ignore no-control-regex
    assert(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(stdout), JSON.stringify(stdout));
  }));
