import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { until, withLocks } from "../helpers/cli.ts";
import { Terminal } from "../helpers/terminal.ts";

Deno.test("natslock hold keeps the lock until Ctrl-C, then releases it and exits with 130", () =>
  withLocks(async ({ run, env }) => {
    await using terminal = new Terminal("trap : INT; natslock hold job; echo code $?", env);
    await terminal.shows(/Holding "job", token \d+; Ctrl-C releases it\n/);
    assertMatch((await run(["status", "job", "--json"])).stdout, /"state":"held".*"command":"hold"/);
    assertEquals((await run(["run", "--try", "job", "true"])).code, 75);
    terminal.type("\x03");
    await terminal.shows(/code 130/);
    assertEquals((await run(["run", "--try", "job", "echo", "free"])).stdout, "free\n");
  }));

Deno.test("natslock hold waits for the lock as natslock run does, and prints nothing before it holds it", () =>
  withLocks(async ({ start, run }) => {
    const first = start(["hold", "job"]);
    await first.says(/Holding/);
    assertEquals(await run(["hold", "--timeout", "0", "-q", "job"]), { code: 75, stdout: "", stderr: "" });
    const second = start(["hold", "job"]);
    await second.says(/Waiting for "job"/);
    first.signal("SIGTERM");
    assertEquals((await first.finished()).code, 143);
    await second.says(/Holding "job", token \d+/);
    second.signal("SIGINT");
    assertEquals((await second.finished()).code, 130);
  }));

Deno.test("natslock hold keeps the lock also if nobody reads what it prints", () =>
  withLocks(async ({ run, env }) => {
    for (const output of ["> /dev/full", ">&-", "| sleep 0.1"]) {
      await using terminal = new Terminal(`natslock hold job ${output}; echo "code $?"`, env);
      await until(
        async () => (await run(["status", "job"])).stdout.includes("held"),
        `the lock is held with ${output}`,
      );
      terminal.type("\x03");
      await terminal.ended();
      assertMatch((await run(["status", "job"])).stdout, /free/);
    }
  }));

Deno.test("natslock hold exits with 124 if the lock is lost", () =>
  withLocks(async ({ start, run }) => {
    const holder = start(["hold", "job"]);
    await holder.says(/Holding/);
    assertEquals((await run(["evict", "--yes", "job"])).code, 0);
    const { code, stderr } = await holder.finished();
    assertEquals(code, 124);
    assertMatch(stderr, /The lease of key "job" was lost/);
    assertEquals(stderr.includes("command"), false, stderr);
  }, 2000));

Deno.test("natslock run --shell runs a command line with sh", () =>
  withLocks(async ({ run }) => {
    for (const flag of ["-c", "--shell"]) {
      const { code, stdout } = await run(["run", "job", flag, 'echo "$NATSLOCK_KEY" -b prod | tr a-z A-Z; exit 3']);
      assertEquals([code, stdout], [3, "JOB -B PROD\n"]);
    }
    const { code, stderr } = await run(["run", "job", "-c", "true", "echo", "hi"]);
    assertEquals(code, 64);
    assertMatch(stderr, /Cannot use --shell with the command "echo"/);
  }));

Deno.test("natslock run --conflict-exit-code replaces 75, and --quiet leaves out the message", () =>
  withLocks(async ({ start, run }) => {
    await start(["hold", "job"]).says(/Holding/);
    for (const way of [["--try", "-E", "0"], ["--timeout", "300ms", "--conflict-exit-code", "9"]]) {
      const { code, stdout, stderr } = await run(["run", ...way, "job", "echo", "ran"]);
      assertEquals([code, stdout], [Number(way.at(-1)), ""]);
      assertStringIncludes(stderr, 'Cannot take key "job"');
    }
    const quiet = await run(["run", "-q", "--try", "-E", "0", "job", "echo", "ran"]);
    assertEquals(quiet, { code: 0, stdout: "", stderr: "" });
    assertEquals((await run(["run", "-E", "300", "job", "true"])).code, 64);
  }));

Deno.test("natslock run sets NATSLOCK_HELD for the command", () =>
  withLocks(async ({ run }) => {
    assertEquals((await run(["run", "job", "printenv", "NATSLOCK_HELD"])).stdout, "1\n");
  }));
