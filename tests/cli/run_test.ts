import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { natslock, withCli } from "../helpers/cli.ts";

Deno.test("natslock run passes the exit code of the command on, and its output and input unchanged", () =>
  withCli(async ({ run }) => {
    const ended = await run(["run", "job", "--", "sh", "-c", "cat; echo oops >&2; exit 7"], { stdin: "in\n" });
    assertEquals(ended, { code: 7, stdout: "in\n", stderr: "oops\n" });
  }));

Deno.test("natslock run tells the command its key, token, holder and epoch", () =>
  withCli(async ({ run }) => {
    const print = 'echo "$NATSLOCK_KEY|$NATSLOCK_TOKEN|$NATSLOCK_HOLDER|$NATSLOCK_EPOCH"';
    const first = await run(["run", "job", "--", "sh", "-c", print]);
    const second = await run(["run", "job", "--", "sh", "-c", print]);
    assertMatch(first.stdout, /^job\|\d+\|[-0-9a-f]{36}\|\d{4}-\d\d-\d\dT/);
    const token = ({ stdout }: { stdout: string }) => Number(stdout.split("|")[1]);
    assert(token(second) > token(first), first.stdout + second.stdout);
  }));

Deno.test("natslock run takes the arguments of the command as they are", () =>
  withCli(async ({ run }) => {
    const { stdout } = await run(["run", "job", "--ttl", "5s", "--", "printf", "%s|", "--try", "--", "a b", "$HOME"]);
    assertEquals(stdout, "--try|--|a b|$HOME|");
  }));

Deno.test("natslock run --try ends with 75 while another holds the lock, and does not run the command", () =>
  withCli(async ({ start, run }) => {
    await start(["run", "job", "--", "sh", "-c", "echo held; sleep 60"]).says(/held/);
    const { code, stdout, stderr } = await run(["run", "--try", "job", "--", "echo", "ran"]);
    assertEquals([code, stdout], [75, ""]);
    assertEquals(
      stderr,
      'natslock: Cannot take key "job": another candidate holds it; see the holder with "natslock status job"\n',
    );
  }));

Deno.test("natslock run --timeout ends with 75 once the time is up", () =>
  withCli(async ({ start, run }) => {
    await start(["run", "job", "--", "sh", "-c", "echo held; sleep 60"]).says(/held/);
    const { code, stdout, stderr } = await run(["run", "job", "--timeout", "300ms", "--", "echo", "ran"]);
    assertEquals([code, stdout], [75, ""]);
    assertStringIncludes(stderr, 'Cannot take key "job" within 300 ms');
  }));

Deno.test("natslock run waits for the lock, says for whom, and runs as soon as it is free", () =>
  withCli(async ({ start }) => {
    const holder = start(["run", "job", "--name", "first", "--", "sh", "-c", "echo held; sleep 60"]);
    await holder.says(/held/);
    const waiter = start(["run", "job", "--", "echo", "ran"]);
    await waiter.says(/natslock: Waiting for "job", held by [-0-9a-f]{36} \(first\) since/);
    holder.signal("SIGTERM");
    assertEquals((await waiter.finished()).stdout, "ran\n");
  }));

Deno.test("natslock run --ttl gives the lock a lease length of its own", () =>
  withCli(async ({ start, run }) => {
    await run(["bucket", "create", "locks", "--ttl", "1m"]);
    await start(["run", "job", "--ttl", "5s", "--", "sh", "-c", "echo held; sleep 60"]).says(/held/);
    await start(["run", "other", "--", "sh", "-c", "echo held; sleep 60"]).says(/held/);
    const { stdout } = await run(["status", "job", "other", "--json"]);
    const lines = stdout.trim().split("\n").map((line) => JSON.parse(line) as { ttl: number });
    assertEquals(lines.map(({ ttl }) => ttl), [5000, 60_000]);
  }));

Deno.test("natslock run --keep-trying runs the command at each win until a signal ends it", () =>
  withCli(async ({ start, run }) => {
    const elected = start(["run", "--keep-trying", "job", "--", "sh", "-c", "echo win $NATSLOCK_TOKEN; exit 3"]);
    const text = await elected.says(/win \d+\n(.*\n)*win \d+\n/);
    const tokens = [...text.matchAll(/win (\d+)/g)].map(([, token]) => Number(token));
    assert((tokens[1] ?? 0) > (tokens[0] ?? 0), text);
    elected.signal("SIGTERM");
    const { code } = await elected.finished();
    assert(code === 143 || code === 3, `exit code ${code}`);
    assertStringIncludes((await run(["status", "job"])).stdout, "free");
  }));

Deno.test("natslock run --keep-trying that a signal ends before it ever won ends as that signal ends a program", () =>
  withCli(async ({ start }) => {
    await start(["run", "job", "--", "sh", "-c", "echo held; sleep 60"]).says(/held/);
    const waiter = start(["run", "--keep-trying", "job", "--", "echo", "ran"]);
    await waiter.says(/Waiting for "job"/);
    waiter.signal("SIGTERM");
    const { code, stdout } = await waiter.finished();
    assertEquals([code, stdout], [143, ""]);
  }));

Deno.test("natslock run says 127 for a command that is not there and 126 for one that cannot be run", () =>
  withCli(async ({ run }) => {
    const missing = await run(["run", "job", "--", "no-such-command"]);
    assertEquals(missing.code, 127);
    assertEquals(missing.stderr, 'natslock: Cannot run "no-such-command": command not found\n');
    assertEquals((await run(["run", "job", "--", "/etc/passwd"])).code, 126);
    assertStringIncludes((await run(["status", "job"])).stdout, "free");
  }));

Deno.test("natslock run ends as the command did where a signal ended it", () =>
  withCli(async ({ run }) => {
    const { code, stderr } = await run(["run", "job", "--", "sh", "-c", "kill -TERM $$"]);
    assertEquals([code, stderr], [143, ""]);
  }));

for (const signal of ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGINT"] as const) {
  Deno.test(`natslock run passes ${signal} on to the command, whose answer to it counts`, () =>
    withCli(async ({ start, run }) => {
      const name = signal.slice(3);
      const script = `trap "echo got ${name}; exit 9" ${name}; echo ready; while :; do sleep 0.05; done`;
      const running = start(["run", "job", "--", "bash", "-c", script]);
      await running.says(/ready/);
      running.signal(signal);
      const { code, stdout } = await running.finished();
      assertEquals([code, stdout], [9, `ready\ngot ${name}\n`]);
      assertStringIncludes((await run(["status", "job"])).stdout, "free");
    }));
}

Deno.test("natslock run says 69 and what to do where no server is", async () => {
  const { code, stdout, stderr } = await natslock(["run", "-s", "nats://127.0.0.1:1", "job", "--", "echo", "ran"]);
  assertEquals([code, stdout], [69, ""]);
  assertMatch(stderr, /^natslock: Cannot connect to nats:\/\/127.0.0.1:1: no server could be reached.*; check .*\n$/);
});

const MISTAKES: readonly (readonly [what: string, args: readonly string[], said: RegExp])[] = [
  ["a flag that is none", ["run", "--tyr", "job", "--", "true"], /unknown option '--tyr'.*--try.*natslock run --help/],
  ["no command to run", ["run", "job"], /missing required argument 'command'; see "natslock run --help"/],
  ["a command that is none", ["rnu"], /unknown command 'rnu'.*run/],
  ["a time without a unit", ["run", "job", "--timeout", "5", "--", "true"], /--timeout "5".*write "5s"/],
  ["--try with --timeout", ["run", "--try", "job", "--timeout", "5s", "--", "true"], /--try with --timeout/],
  ["a server that is none", ["run", "job", "-s", "http://x", "--", "true"], /"http:\/\/x".*nats:\/\/127/],
  ["a key that is none", ["status", "a b"], /Cannot use "key".*"a b"/],
];

for (const [what, args, said] of MISTAKES) {
  Deno.test(`natslock says 64 in one line for ${what}`, async () => {
    const { code, stdout, stderr } = await natslock(args);
    assertEquals([code, stdout], [64, ""], stderr);
    assertMatch(stderr, said);
    assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  });
}
