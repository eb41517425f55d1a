import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type CliLab, runs, type StartOptions, until, withCli } from "../helpers/cli.ts";
import { withPackage } from "./cli_package.ts";
import { Proxy } from "../helpers/proxy.ts";
import { Terminal } from "../helpers/terminal.ts";
import { bunPath, nodePath } from "../../tools/npm/packages.ts";

type Case = (lab: CliLab, options: { readonly by: readonly string[] }) => Promise<void>;

/** Short versions of the command line tests that every runtime must pass. The tests on Deno are more detailed. */
const CASES: Readonly<Record<string, Case>> = {
  "run passes input, output and exit code, over TCP and over a websocket": async ({ run, server }, { by }) => {
    for (const servers of [`127.0.0.1:${server.port}`, server.url]) {
      const script = "cat; echo oops >&2; exit 7";
      const ended = await run(["run", "--create", "-q", "job", "-s", servers, "--", "sh", "-c", script], {
        by,
        stdin: "in\n",
      });
      assertEquals(ended, { code: 7, stdout: "in\n", stderr: "oops\n" });
    }
  },
  "exit codes": async ({ start, run }, { by }) => {
    const options: StartOptions = { by };
    const holder = start(["run", "--create", "job", "--", "sh", "-c", "echo held; sleep 60"], options);
    await holder.says(/held/);
    const codes = [
      await run(["run", "--try", "job", "--", "true"], options),
      await run(["run", "other", "--", "no-such-command"], options),
      await run(["run", "other", "--", "sh", "-c", "kill -TERM $$"], options),
      await run(["run", "other", "-s", "127.0.0.1:1", "--", "true"], options),
      await run(["run", "--tyr"], options),
    ].map(({ code }) => code);
    assertEquals(codes, [75, 127, 143, 69, 64]);
    holder.signal("SIGTERM");
    assertEquals((await holder.finished()).code, 143);
  },
  "the command is ended when the lease is lost": async ({ start, run, server }, { by }) => {
    await using line = new Proxy(server.port);
    await run(["bucket", "create", "locks", "--ttl", "2s"], { by });
    const through = ["-s", line.url.replace("ws:", "nats:")];
    const script = 'trap "" TERM; echo "pid $$"; while :; do sleep 0.02; done';
    const running = start(["run", "job", ...through, "--", "bash", "-c", script], { by });
    const pid = Number(/pid (\d+)/.exec(await running.says(/pid \d+\n/))?.[1]);
    line.forwardRequests = line.forwardAnswers = false;
    const { code, stderr } = await running.finished();
    assertEquals(code, 124, stderr);
    await until(() => !runs(pid), "the command is gone");
  },
  "signals reach the command, a second TERM hurries, and orphans are ended": async ({ start, run }, { by }) => {
    await run(["bucket", "create", "locks", "--ttl", "2s"], { by });
    const traps = ["ALRM", "USR1", "USR2"].map((name) => `trap "echo got ${name}" ${name}`).join("; ");
    const orphan = `(sh -c 'trap "" TERM; echo "pid $$"; while :; do sleep 0.05; done' &)`;
    const script =
      `trap "echo got TERM" TERM; ${traps}; ${orphan}; sleep 0.5; echo ready; while :; do sleep 0.02; done`;
    const running = start(["run", "job", "bash", "-c", script], { by });
    const pid = Number(/pid (\d+)/.exec(await running.says(/pid \d+\n/))?.[1]);
    await running.says(/ready/);
    for (const name of ["ALRM", "USR1", "USR2", "TERM"]) {
      running.signal(`SIG${name}` as Deno.Signal);
      await running.says(new RegExp(`got ${name}\n`));
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
    running.signal("SIGTERM");
    const { code, stderr } = await running.finished();
    assertEquals(code, 137, stderr);
    await until(() => !runs(pid), "the orphan is gone");
  },
  "ls, status, watch, evict and bucket check": async ({ start, run }, { by }) => {
    await run(["bucket", "create", "locks", "--ttl", "2s"], { by });
    await start(["run", "job", "--name", "nightly", "--", "sh", "-c", "echo held; sleep 60"], { by }).says(/held/);
    const watching = start(["watch", "--json"], { by });
    await watching.says(/"key":"job","state":"held"/);
    assertMatch((await run(["ls"], { by })).stdout, /^KEY +HOLDER .*\njob +nightly /);
    assertStringIncludes((await run(["status", "job"], { by })).stdout, "nightly");
    assertStringIncludes((await run(["bucket", "check"], { by })).stdout, "fit for locks");
    assertEquals((await run(["evict", "--yes", "job"], { by })).code, 0);
    await watching.says(/"key":"job","state":"free"/);
    watching.signal("SIGINT");
    assertEquals((await watching.finished()).code, 130);
  },
  "Ctrl-C and the question on a terminal": async ({ start, run, env }, { by }) => {
    await run(["bucket", "create", "locks", "--ttl", "2s"], { by });
    const holder = start(["run", "job", "--", "sh", "-c", "echo held; sleep 60"], { by });
    await holder.says(/held/);
    await using asking = new Terminal("natslock evict job; echo code $?", env, by);
    await asking.shows(/Evict it\?/);
    asking.type("y\r");
    await asking.shows(/Evicted .*\ncode 0/);
    await holder.finished();
    await using terminal = new Terminal(
      "trap : INT; natslock run job -- sh -c 'echo on; exec sleep 60'; echo code $?",
      env,
      by,
    );
    await terminal.shows(/on\n/);
    terminal.type("\x03");
    await terminal.shows(/code 130/);
    assertEquals((await run(["run", "--try", "job", "--", "echo", "free"], { by })).stdout, "free\n");
  },
};

Deno.test("the command line on Node and Bun", async (t) => {
  const runtimes = { "Node 24": await nodePath(24), Bun: await bunPath() };
  await withPackage(async (program) => {
    for (const [name, runtime] of Object.entries(runtimes)) {
      for (const [title, body] of Object.entries(CASES)) {
        await t.step(`${name}: ${title}`, () => withCli((lab) => body(lab, { by: [runtime, program] })));
      }
    }
  });
});
