import { assertEquals, assertMatch } from "@std/assert";
import { programOf } from "../../cli/src/program.ts";
import { withLocks } from "../helpers/cli.ts";

/** Each flag of `natslock run`, in its long and short form, with a value if it needs one. */
const FLAGS: readonly (readonly string[])[] =
  (programOf(() => {}).commands.find((one) => one.name() === "run")?.options ?? [])
    .flatMap(({ long, short, required }) =>
      [long, short].filter((flag) => typeof flag === "string").map((flag) => required ? [flag, "7"] : [flag])
    );

Deno.test("natslock run passes each of its own flags to the command if they stand after the command", () =>
  withLocks(async ({ run }) => {
    const words = FLAGS.flat();
    assertEquals(words.length > 40, true, words.join(" "));
    for (const mark of [[], ["--"]]) {
      const { code, stdout, stderr } = await run(["run", "job", ...mark, "printf", "%s\n", "first", ...words]);
      assertEquals([code, stderr], [0, ""]);
      assertEquals(stdout.trimEnd().split("\n"), ["first", ...words]);
    }
  }));

Deno.test("natslock run takes its flags before and after the key, and none after the first word of the command", () =>
  withLocks(async ({ run }) => {
    const lines = [
      ["run", "-qb", "locks", "--name=n", "job", "--ttl", "5s", "echo", "-b", "prod", "hi"],
      ["run", "-qblocks", "job", "--ttl=5s", "--name", "--odd", "echo", "-b", "prod", "hi"],
      ["run", "--", "job", "echo", "-b", "prod", "hi"],
      ["run", "job", "--", "echo", "-b", "prod", "hi"],
    ];
    for (const line of lines) {
      const { code, stdout, stderr } = await run(line);
      assertEquals([code, stdout, stderr], [0, "-b prod hi\n", ""], line.join(" "));
    }
    assertEquals((await run(["run", "job", "printf", "%s|", "--", "-q"])).stdout, "--|-q|");
  }));

Deno.test("natslock run takes unknown flags of the command, and refuses its own unknown flags", () =>
  withLocks(async ({ run }) => {
    assertEquals((await run(["run", "job", "sh", "-c", "echo $0", "--odd"])).stdout, "--odd\n");
    const { code, stderr } = await run(["run", "job", "--odd", "sh", "-c", "true"]);
    assertEquals(code, 64);
    assertMatch(stderr, /unknown option '--odd'/);
  }));

Deno.test("natslock takes connection flags before the command, and a flag after the command replaces them", () =>
  withLocks(async ({ run, server }) => {
    const nowhere = { env: { NATS_URL: "nats://127.0.0.1:1" } };
    const before = ["-s", server.url, "-b", "locks"];
    assertEquals((await run([...before, "run", "job", "echo", "ran"], nowhere)).stdout, "ran\n");
    assertEquals((await run([...before, "ls"], nowhere)).code, 0);
    assertEquals((await run([...before, "bucket", "check"], nowhere)).code, 0);
    const replaced = await run(["-s", "nats://127.0.0.1:1", "-b", "none", "ls", ...before], nowhere);
    assertEquals(replaced.code, 0, replaced.stderr);
    const { code, stderr } = await run(["-s", server.url, "run", "--odd"], nowhere);
    assertEquals(code, 64);
    assertMatch(stderr, /see "natslock run --help"\n$/);
  }));
