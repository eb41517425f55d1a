import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { natslock, withCli, withLocks } from "../helpers/cli.ts";

Deno.test("natslock run returns the exit code of the command, and passes input and output through unchanged", () =>
  withLocks(async ({ run }) => {
    const ended = await run(["run", "job", "--", "sh", "-c", "cat; echo oops >&2; exit 7"], { stdin: "in\n" });
    assertEquals(ended, { code: 7, stdout: "in\n", stderr: "oops\n" });
  }));

Deno.test("natslock run passes key, token, holder and epoch to the command", () =>
  withLocks(async ({ run }) => {
    const print = 'echo "$NATSLOCK_KEY|$NATSLOCK_TOKEN|$NATSLOCK_HOLDER|$NATSLOCK_EPOCH"';
    const first = await run(["run", "job", "--", "sh", "-c", print]);
    const second = await run(["run", "job", "--", "sh", "-c", print]);
    assertMatch(first.stdout, /^job\|\d+\|[-0-9a-f]{36}\|\d{4}-\d\d-\d\dT/);
    const token = ({ stdout }: { stdout: string }) => Number(stdout.split("|")[1]);
    assert(token(second) > token(first), first.stdout + second.stdout);
  }));

Deno.test("natslock run passes the arguments to the command unchanged", () =>
  withLocks(async ({ run }) => {
    const { stdout } = await run(["run", "job", "--ttl", "5s", "--", "printf", "%s|", "--try", "--", "a b", "$HOME"]);
    assertEquals(stdout, "--try|--|a b|$HOME|");
  }));

Deno.test("natslock run --try exits with 75 if another candidate holds the lock, and does not run the command", () =>
  withLocks(async ({ start, run }) => {
    await start(["run", "job", "--", "sh", "-c", "echo held; sleep 60"]).says(/held/);
    const { code, stdout, stderr } = await run(["run", "--try", "job", "--", "echo", "ran"]);
    assertEquals([code, stdout], [75, ""]);
    assertEquals(
      stderr,
      'natslock: Cannot take key "job": another candidate holds it; see the holder with "natslock status job"\n',
    );
  }));

Deno.test("natslock run --timeout exits with 75 when the time is up", () =>
  withLocks(async ({ start, run }) => {
    await start(["run", "job", "--", "sh", "-c", "echo held; sleep 60"]).says(/held/);
    const { code, stdout, stderr } = await run(["run", "job", "--timeout", "300ms", "--", "echo", "ran"]);
    assertEquals([code, stdout], [75, ""]);
    assertStringIncludes(stderr, 'Cannot take key "job" within 300ms; see who holds it');
  }));

Deno.test("natslock run waits for the lock, reports the holder, and runs when the lock is free", () =>
  withLocks(async ({ start }) => {
    const holder = start(["run", "job", "--name", "first", "--", "sh", "-c", "echo held; sleep 60"]);
    await holder.says(/held/);
    const waiter = start(["run", "job", "--", "echo", "ran"]);
    await waiter.says(/natslock: Waiting for "job", held by first for \d+(\.\d+)?s\n/);
    holder.signal("SIGTERM");
    assertEquals((await waiter.finished()).stdout, "ran\n");
  }));

Deno.test("natslock run --ttl sets the lease length of one lock", () =>
  withCli(async ({ start, run }) => {
    await run(["bucket", "create", "locks", "--ttl", "1m"]);
    await start(["run", "job", "--ttl", "5s", "--", "sh", "-c", "echo held; sleep 60"]).says(/held/);
    await start(["run", "other", "--", "sh", "-c", "echo held; sleep 60"]).says(/held/);
    const { stdout } = await run(["status", "job", "other", "--json"]);
    const lines = stdout.trim().split("\n").map((line) => JSON.parse(line) as { ttl: number });
    assertEquals(lines.map(({ ttl }) => ttl), [5000, 60_000]);
  }));

Deno.test("natslock run --keep-trying runs the command after each grant until a signal ends it", () =>
  withLocks(async ({ start, run }) => {
    const elected = start(["run", "--keep-trying", "job", "--", "sh", "-c", "echo win $NATSLOCK_TOKEN; exit 3"]);
    const text = await elected.says(/win \d+\n(.*\n)*win \d+\n/);
    const tokens = [...text.matchAll(/win (\d+)/g)].map(([, token]) => Number(token));
    assert((tokens[1] ?? 0) > (tokens[0] ?? 0), text);
    elected.signal("SIGTERM");
    const { code } = await elected.finished();
    assert(code === 143 || code === 3, `exit code ${code}`);
    assertStringIncludes((await run(["status", "job"])).stdout, "free");
  }));

Deno.test("natslock run --keep-trying that never held the lock exits on a signal with the code of that signal", () =>
  withLocks(async ({ start }) => {
    await start(["run", "job", "--", "sh", "-c", "echo held; sleep 60"]).says(/held/);
    const waiter = start(["run", "--keep-trying", "job", "--", "echo", "ran"]);
    await waiter.says(/Waiting for "job"/);
    waiter.signal("SIGTERM");
    const { code, stdout } = await waiter.finished();
    assertEquals([code, stdout], [143, ""]);
  }));

Deno.test("natslock run exits with 127 if the command is not found, and with 126 if it cannot be run", () =>
  withLocks(async ({ run }) => {
    const missing = await run(["run", "job", "--", "no-such-command"]);
    assertEquals(missing.code, 127);
    assertEquals(missing.stderr, 'natslock: Cannot run "no-such-command": command not found\n');
    assertEquals((await run(["run", "job", "--", "/etc/passwd"])).code, 126);
    assertStringIncludes((await run(["status", "job"])).stdout, "free");
  }));

Deno.test("natslock run exits with the code of the signal that ended the command", () =>
  withLocks(async ({ run }) => {
    const { code, stderr } = await run(["run", "job", "--", "sh", "-c", "kill -TERM $$"]);
    assertEquals([code, stderr], [143, ""]);
  }));

for (const signal of ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGINT"] as const) {
  Deno.test(`natslock run passes ${signal} on to the command, and returns the exit code of the command`, () =>
    withLocks(async ({ start, run }) => {
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

Deno.test("natslock run exits with 69 and says what to do if no server can be reached", async () => {
  const { code, stdout, stderr } = await natslock(["run", "-s", "nats://127.0.0.1:1", "job", "--", "echo", "ran"]);
  assertEquals([code, stdout], [69, ""]);
  assertMatch(stderr, /^natslock: Cannot connect to nats:\/\/127.0.0.1:1: no server could be reached.*; check .*\n$/);
});

const MISTAKES: readonly (readonly [what: string, args: readonly string[], said: RegExp])[] = [
  ["an unknown flag", ["run", "--tyr", "job", "--", "true"], /unknown option '--tyr'.*--try.*natslock run --help/],
  ["a missing command to run", ["run", "job"], /missing required argument 'command'; see "natslock run --help"/],
  ["an unknown command", ["rnu"], /unknown command 'rnu'.*run/],
  ["a time without a unit", ["run", "job", "--timeout", "5", "--", "true"], /--timeout "5".*write "5s"/],
  ["--try with --timeout", ["run", "--try", "job", "--timeout", "5s", "--", "true"], /--try with --timeout/],
  ["an invalid server address", ["run", "job", "-s", "http://x", "--", "true"], /"http:\/\/x".*nats:\/\/127/],
];

for (const [what, args, said] of MISTAKES) {
  Deno.test(`natslock exits with 64 and prints one line for ${what}`, async () => {
    const { code, stdout, stderr } = await natslock(args);
    assertEquals([code, stdout], [64, ""], stderr);
    assertMatch(stderr, said);
    assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  });
}
