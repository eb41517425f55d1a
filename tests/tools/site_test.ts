// deno-lint-ignore-file no-console
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { installed } from "../../tools/npm/packages.ts";
import { replaceFolder } from "../../tools/site/output.ts";
import { UsageError } from "../../tools/usage.ts";
import { hindrance } from "../runtimes/attempt.ts";
import { refused, startTool } from "./tool.ts";

const TOOL = "site/main";
const reason = await hindrance(() => installed("site"));
if (reason !== null) console.log(`The tool of the site: skipped, ${reason}`);

/** Runs a body with a temporary folder. */
async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "natslock-out-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

const writePage = (text: string) => (folder: string) => Deno.writeTextFile(`${folder}/index.html`, text);

Deno.test("replaceFolder writes a new folder, and replaces it with all of its files the next time", () =>
  withFolder(async (folder) => {
    const out = `${folder}/deep/site`;
    await replaceFolder(out, writePage("old"));
    await Deno.writeTextFile(`${out}/gone.html`, "");
    await replaceFolder(out, writePage("new"));
    assertEquals(await Deno.readTextFile(`${out}/index.html`), "new");
    assertEquals([namesIn(out).includes("gone.html"), namesIn(`${folder}/deep`)], [false, ["site"]]);
  }));

Deno.test("replaceFolder leaves everything as it was if the build rejects", () =>
  withFolder(async (folder) => {
    await replaceFolder(`${folder}/site`, writePage("old"));
    await assertRejects(
      () => replaceFolder(`${folder}/site`, () => Promise.reject(new Error("broken"))),
      Error,
      "broken",
    );
    assertEquals(namesIn(folder), ["site"]);
    assertEquals(await Deno.readTextFile(`${folder}/site/index.html`), "old");
  }));

Deno.test("replaceFolder refuses a folder with files of the user, and a file", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/mine.txt`, "mine");
    for (const [out, says] of [[folder, "not a site"], [`${folder}/mine.txt`, "not a folder"]] as const) {
      await assertRejects(() => replaceFolder(out, writePage("x")), UsageError, says);
    }
    assertEquals(namesIn(folder), ["mine.txt"]);
  }));

Deno.test({
  name: "tools/site/main.ts leaves nothing behind when it is interrupted",
  ignore: reason !== null,
  fn: () =>
    withFolder(async (folder) => {
      const tool = startTool(TOOL, "--out", `${folder}/site`);
      let text = "";
      for await (const chunk of tool.stderr.pipeThrough(new TextDecoderStream()).values({ preventCancel: true })) {
        text += chunk;
        if (text.includes("VitePress")) break;
      }
      tool.kill("SIGINT");
      const [{ code }] = await Promise.all([tool.status, tool.stdout.cancel()]);
      assertEquals(code, 130);
      assertEquals(namesIn(folder), []);
    }),
});

Deno.test("tools/site/main.ts says why VitePress cannot be installed, and writes nothing", () =>
  withFolder(async (folder) => {
    const env = {
      XDG_CACHE_HOME: `${folder}/cache`,
      npm_config_offline: "true",
      npm_config_cache: `${folder}/npm`,
    };
    const { code, stderr } = await startTool({ name: TOOL, env }, "--out", `${folder}/site`).output();
    const text = new TextDecoder().decode(stderr);
    assertEquals(code, 1, text);
    assertStringIncludes(text, "Cannot install vitepress@");
    assert(!namesIn(folder).includes("site"));
  }));

Deno.test("tools/site/main.ts reports wrong options and exits with code 2", async () => {
  for (
    const [args, says] of [
      [["--nonsense"], "--nonsense"],
      [["--base", "natslock"], 'must start and end with a slash, current value is "natslock"'],
      [["--source", "git.example"], 'must be http:// or https://, current value is "git.example"'],
      [["--port", "1"], '"--port" without "--serve"'],
      [["--serve", "--port", "x"], 'must be a whole number, current value is "x"'],
    ] as const
  ) {
    const { code, text } = await refused(TOOL, ...args);
    assertEquals(code, 2);
    assertStringIncludes(text, says);
  }
});

Deno.test("tools/site/main.ts --help prints its usage and builds nothing", async () => {
  const { code, stdout } = await startTool(TOOL, "--help").output();
  assertEquals(code, 0);
  assertStringIncludes(new TextDecoder().decode(stdout), "Usage: deno task site");
});
