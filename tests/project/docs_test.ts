import { assert, assertGreater } from "@std/assert";
import { NatsServer } from "../../tools/nats/server.ts";

/** The server address in examples. A test replaces it with the address of its own server. */
const SAMPLE_URL = "ws://127.0.0.1:8080";
const ROOT = new URL("../../", import.meta.url);

/** The examples of a file: its `ts` code blocks, also in doc comments. */
function examplesOf(text: string): string[] {
  const plain = text.replaceAll(/^[ \t]*\* ?/gm, "");
  return [...plain.matchAll(/^```ts[^\n]*\n([^]*?)^```/gm)].map(([, code]) => code ?? "");
}

async function run(code: string): Promise<{ success: boolean; output: string }> {
  const file = await Deno.makeTempFile({ dir: new URL("tests", ROOT).pathname, prefix: ".example-", suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, code);
    const args = ["run", "-A", "--check", "--no-lock", file];
    const signal = AbortSignal.timeout(30_000);
    const command = new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1" }, signal });
    const { success, stderr } = await command.output();
    return { success, output: new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(file);
  }
}

const sources = ["README.md", "docs/locks.md", "docs/metrics.md", "mod.ts"];
for (const { name, isDirectory } of Deno.readDirSync(new URL("src", ROOT))) {
  if (!isDirectory) sources.push(`src/${name}`);
  else for (const file of Deno.readDirSync(new URL(`src/${name}`, ROOT))) sources.push(`src/${name}/${file.name}`);
}
let count = 0;

for (const source of sources.sort()) {
  for (const [index, code] of examplesOf(Deno.readTextFileSync(new URL(source, ROOT))).entries()) {
    count++;
    Deno.test(`Example ${index + 1} of ${source} type-checks and runs against a real server`, async () => {
      await using server = await NatsServer.start();
      const { success, output } = await run(code.replaceAll(SAMPLE_URL, server.url));
      assert(success, output);
    });
  }
}

Deno.test("There are examples in README.md, docs, mod.ts and src", () => {
  assertGreater(count, 4);
});
