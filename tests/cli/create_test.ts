import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { natslock, withCli } from "../helpers/cli.ts";

for (const way of [["run"], ["run", "--ttl", "5s"], ["run", "--keep-trying"], ["hold"]]) {
  const line = ["natslock", ...way].join(" ");
  Deno.test(`${line} does not create a bucket, and exits with 78 and the command that does`, () =>
    withCli(async ({ run }) => {
      const words = way[0] === "run" ? ["echo", "ran"] : [];
      const { code, stdout, stderr } = await run([...way, "-b", "prod", "job", ...words]);
      assertEquals([code, stdout], [78, ""]);
      assertMatch(
        stderr,
        /bucket "prod": it does not exist; create it with "natslock bucket create prod", or use --create\n$/,
      );
      assertEquals((await run(["bucket", "check", "prod"])).code, 78);
      const [, typed = ""] = /"natslock (bucket create prod)"/.exec(stderr) ?? [];
      assertEquals((await run(typed.split(" "))).code, 0);
      assertEquals((await run(["run", "-b", "prod", "job", "echo", "ran"])).stdout, "ran\n");
    }));
}

Deno.test("natslock run --create creates the bucket, says so once, and uses it from then on", () =>
  withCli(async ({ run }) => {
    const first = await run(["run", "--create", "job", "echo", "ran"]);
    assertEquals(first, {
      code: 0,
      stdout: "ran\n",
      stderr: 'natslock: Created bucket "locks" for leases of at most 15s\n',
    });
    assertEquals(await run(["run", "--create", "job", "echo", "ran"]), { code: 0, stdout: "ran\n", stderr: "" });
    const { code, stdout } = await run(["bucket", "check"]);
    assertEquals(code, 0, stdout);
  }));

Deno.test("natslock run --create --ttl creates a bucket with that lease length", () =>
  withCli(async ({ run }) => {
    const { stderr } = await run(["run", "--create", "--ttl", "1m", "job", "true"]);
    assertStringIncludes(stderr, 'Created bucket "locks" for leases of at most 1m\n');
  }));

const TOO_LONG = /Cannot use --ttl "30s" in bucket "locks": must be at most 15s; create a bucket for longer leases/;

Deno.test("natslock run --ttl exits with 78 if the bucket cannot give that lease length, and names the longest as typed", () =>
  withCli(async ({ run }) => {
    await run(["bucket", "create"]);
    const { code, stdout, stderr } = await run(["run", "--ttl", "30s", "job", "echo", "ran"]);
    assertEquals([code, stdout], [78, ""]);
    assertMatch(stderr, TOO_LONG);
    assertEquals((await run(["run", "--ttl", "50ms", "job", "true"])).code, 64);
  }));

Deno.test("natslock bucket create --queues makes a bucket for queues, and leaves one that exists", () =>
  withCli(async ({ run }) => {
    for (const said of ["is", "exists and is"]) {
      const { code, stderr } = await run(["bucket", "create", "--queues", "q"]);
      const expected = `natslock: Bucket "q" ${said} fit for locks with queues: locks are held for at most 1d\n`;
      assertEquals([code, stderr], [0, expected]);
    }
    const { code, stdout } = await run(["bucket", "check", "q", "--queues"]);
    assertEquals(code, 0);
    assertStringIncludes(stdout, "q  fit for locks\n  queues  it is for queues: locks are held for at most 1d");
    const found = JSON.parse((await run(["bucket", "check", "q", "--json"])).stdout) as { queues: unknown };
    assertEquals(found.queues, { fit: true, maxHold: 86_400_000 });
  }));

Deno.test("natslock bucket check --queues exits with 78 for a bucket that is only for leases", () =>
  withCli(async ({ run }) => {
    await run(["bucket", "create"]);
    const { code, stdout } = await run(["bucket", "check", "--queues"]);
    assertEquals(code, 78);
    assertStringIncludes(stdout, "queues  it is not for queues, max_age: is 15s, must be 1h or more");
    assertStringIncludes(stdout, "natslock bucket create --queues NAME");
    assertEquals((await run(["bucket", "check"])).code, 0);
  }));

Deno.test("natslock bucket create refuses a bucket of the other kind that exists, and says what to do", () =>
  withCli(async ({ run }) => {
    await run(["bucket", "create", "leases"]);
    const { code, stderr } = await run(["bucket", "create", "leases", "--queues"]);
    assertEquals(code, 78);
    assertStringIncludes(stderr, 'Bucket "leases" exists and is not for queues (max_age: is 15s');
    await run(["bucket", "create", "q", "--queues"]);
    const other = await run(["bucket", "create", "q"]);
    assertEquals(other.code, 78);
    assertStringIncludes(other.stderr, 'accept them with "natslock bucket create q --queues --ttl 1d"');
  }));

Deno.test("natslock bucket create --queues refuses a bucket that keeps locks for too short", async () => {
  const { code, stderr } = await natslock(["bucket", "create", "--queues", "--ttl", "15s"]);
  assertEquals(code, 64);
  assertStringIncludes(stderr, 'Cannot use --ttl "15s" with --queues: must be at least 1h');
});
