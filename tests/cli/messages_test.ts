import { assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { natslock, withLocks } from "../helpers/cli.ts";

Deno.test("natslock run names the timeout, the key and the bucket as they were typed", () =>
  withLocks(async ({ start, run }) => {
    await run(["bucket", "create", "prod"]);
    await start(["hold", "-b", "prod", "job"]).says(/Holding/);
    for (const timeout of ["1.5s", "1s200ms", "0.02m"]) {
      const { code, stderr } = await run(["run", "-b", "prod", "--timeout", timeout, "job", "true"]);
      assertEquals(code, 75);
      const next = 'see who holds it with "natslock status job --bucket prod"';
      assertEquals(stderr, `natslock: Cannot take key "job" within ${timeout}; ${next}\n`);
    }
    const { stderr } = await run(["run", "-b", "prod", "--try", "job", "true"]);
    assertStringIncludes(stderr, 'see the holder with "natslock status job --bucket prod"\n');
  }));

const UNSENT: readonly (readonly [args: readonly string[], said: RegExp])[] = [
  [["run", "--name", " x", "job", "true"], /Cannot use --name: .* current value is " x"/],
  [["run", "--ttl", "50ms", "job", "true"], /Cannot use --ttl "50ms": must be at least 0.1s/],
  [["run", "--at-least", "5", "job", "true"], /Cannot use --at-least "5": .*write "5s"/],
  [["run", "--keep-trying", "--timeout", "5s", "job", "true"], /Cannot use --keep-trying with --timeout/],
  [["hold", "--grace", "5s", "job"], /unknown option '--grace'.*; see "natslock hold --help"/],
  [["help", "foo"], /unknown command 'foo'; see "natslock --help"/],
  [["help", "bucket", "foo"], /unknown command 'bucket foo'; see "natslock --help"/],
];

for (const [args, said] of UNSENT) {
  Deno.test(`natslock ${args.join(" ")} exits with 64 before it connects, in the words of the flags`, async () => {
    const { code, stdout, stderr } = await natslock(args, { env: { NATS_URL: "nats://127.0.0.1:1" } });
    assertEquals([code, stdout], [64, ""]);
    assertMatch(stderr, said);
    assertFalse(/\d\.\d{3}/.test(stderr), stderr);
  });
}

Deno.test("natslock run exits with 64 for a key that no lock of the bucket can have", () =>
  withLocks(async ({ run }) => {
    const { code, stdout, stderr } = await run(["run", "a b", "true"]);
    assertEquals([code, stdout], [64, ""]);
    assertMatch(stderr, /Cannot use "key": .*letters, digits, .* current value is "a b"/);
  }));

Deno.test("natslock run --verbose logs events without fractions of milliseconds", () =>
  withLocks(async ({ run }) => {
    const { stderr } = await run(["run", "-v", "job", "true"]);
    assertMatch(stderr, /Took "job" \(type=acquired token=\d+ age=\d+ key=job /);
    assertFalse(/\d\.\d/.test(stderr), stderr);
  }));

Deno.test("natslock timing explains in durations why times do not fit together", async () => {
  const { code, stderr } = await natslock(["timing", "--ttl", "10s", "--renew", "9s"]);
  assertEquals(code, 64);
  assertStringIncludes(stderr, "9s + 0.67s + 2.5s = 12.2s and 10s - 1s = 9s");
  assertStringIncludes(
    (await natslock(["timing", "--ttl", "50ms"])).stderr,
    "Cannot use --margin: must be 0.01s or more",
  );
});

Deno.test("natslock run hints at a shell if a whole command line is quoted, and only then", () =>
  withLocks(async ({ run }) => {
    for (const line of ["echo hi", "true&&true", "ls|cat"]) {
      const { code, stderr } = await run(["run", "job", line]);
      assertEquals(code, 127);
      assertStringIncludes(
        stderr,
        `Cannot run "${line}": command not found; for a shell command line use sh -c '...', or`,
      );
    }
    const { stderr } = await run(["run", "job", "no-such-command", "a b"]);
    assertEquals(stderr, 'natslock: Cannot run "no-such-command": command not found\n');
    assertStringIncludes((await run(["run", "job", "./nope.sh"])).stderr, "there is no such file, or the interpreter");
  }));

Deno.test("natslock run --help says which characters a key has, and natslock bucket lists its commands", async () => {
  assertStringIncludes(
    (await natslock(["run", "--help"])).stdout,
    "Key: letters, digits and -_=/ in parts joined by dots",
  );
  const { code, stderr } = await natslock(["bucket"]);
  assertEquals(code, 64);
  for (const command of ["create", "check"]) assertMatch(stderr, new RegExp(`^  ${command} `, "m"));
});
