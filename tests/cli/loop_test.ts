import { assertEquals } from "@std/assert";
import { BY_DENO, environment, withCli } from "../helpers/cli.ts";

/** Number of concurrent shell loops, and rounds of each. */
const LOOPS = 4;
const ROUNDS = 50;

/** Reads a counter, waits, and writes it. If two runs overlap, a round is lost or the folder `mark` already exists. */
const SECTION = `mkdir mark 2>/dev/null || echo "$NATSLOCK_TOKEN" >> overlaps
read n < count; sleep 0.005; echo $((n + 1)) > count; echo "$NATSLOCK_TOKEN" >> tokens
rmdir mark`;

Deno.test(`natslock run keeps ${LOOPS * ROUNDS} runs of ${LOOPS} shell loops from overlapping`, () =>
  withCli(async ({ env, run }) => {
    await run(["bucket", "create"]);
    const cwd = await Deno.makeTempDir({ prefix: "natslock-loop-" });
    try {
      await Deno.writeTextFile(`${cwd}/count`, "0\n");
      await Deno.writeTextFile(`${cwd}/section.sh`, SECTION);
      const words = BY_DENO.map((word) => `'${word}'`).join(" ");
      const loop = `for i in $(seq ${ROUNDS}); do ${words} run -q job -- sh ./section.sh || echo $? >> failures; done`;
      const loops = Array.from(
        { length: LOOPS },
        () =>
          new Deno.Command("sh", { args: ["-c", loop], cwd, env: environment(env), clearEnv: true, stdin: "null" })
            .output(),
      );
      await Promise.all(loops);
      const read = (name: string) => Deno.readTextFile(`${cwd}/${name}`).catch(() => "");
      assertEquals([await read("failures"), await read("overlaps")], ["", ""]);
      assertEquals((await read("count")).trim(), `${LOOPS * ROUNDS}`);
      const tokens = (await read("tokens")).trim().split("\n").map(Number);
      assertEquals(tokens, [...tokens].sort((a, b) => a - b));
      assertEquals(new Set(tokens).size, LOOPS * ROUNDS);
    } finally {
      await Deno.remove(cwd, { recursive: true });
    }
  }));
