import { assertEquals, assertStringIncludes } from "@std/assert";

const MAIN = new URL("../../bench/main.ts", import.meta.url).pathname;
/** Limit in milliseconds. */
const LONGEST = 60_000;

async function bench(...args: string[]) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", MAIN, ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(LONGEST),
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("deno task bench --help names every part and option", async () => {
  const { code, stdout } = await bench("--help");
  assertEquals(code, 0);
  for (const word of ["alone", "hand-over", "--only", "--haste", "--write", "--json", "--against"]) {
    assertStringIncludes(stdout, word);
  }
});

for (
  const [args, said] of [
    [["--only", "nonsense"], 'current value is "nonsense"'],
    [["--haste", "x"], 'Cannot use "--haste"'],
    [["--write", "--only", "alone"], "the page shows a whole run"],
    [["--what"], "see --help"],
  ] as const
) {
  Deno.test(`deno task bench ${args.join(" ")} is refused before anything starts`, async () => {
    const { code, stderr, stdout } = await bench(...args);
    assertEquals(code, 2);
    assertStringIncludes(stderr, said);
    assertEquals(stdout, "");
  });
}
