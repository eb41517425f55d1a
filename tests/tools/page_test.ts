// deno-lint-ignore-file no-console
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { eventually } from "../helpers/measure.ts";
import { addressOf, askAs, childrenOf, refused, runs, startTool } from "./tool.ts";
import { hindrance } from "../runtimes/attempt.ts";
import { installed, installedNats } from "../../tools/npm/packages.ts";

const TOOL = "page/main";
const reason = await hindrance(() => Promise.all([installed("bundler"), installedNats()]));
if (reason !== null) console.log(`The tool of the page: skipped, ${reason}`);

/** Registers a test that needs the packages for bundling. */
function making(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: reason !== null, fn });
}

async function statusOf(address: URL, path: string): Promise<number> {
  const response = await fetch(new URL(path, address));
  await response.body?.cancel();
  return response.status;
}

/** All files of a folder, as paths relative to it. */
function filesOf(folder: string, below = ""): string[] {
  return [...Deno.readDirSync(`${folder}/${below}`)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesOf(folder, `${below}${name}/`) : [`${below}${name}`]
  ).sort();
}

making(
  "tools/page/main.ts serves only page, worker and modules, with a nats-server of its own, until Ctrl-C",
  async () => {
    const tool = startTool(TOOL);
    const address = await addressOf(tool);
    assertMatch(address.searchParams.get("servers") ?? "", /^ws:\/\/127\.0\.0\.1:\d+$/);
    const page = await (await fetch(address)).text();
    const [, map = "{}"] = /<script type="importmap">([^]*?)<\/script>/.exec(page) ?? [];
    const modules = Object.values((JSON.parse(map) as { imports: Record<string, string> }).imports);
    const paths = [
      ...modules,
      "../worker/worker.js",
      "page.js",
      "style.css",
      "../../deno.json",
      "..%2f..%2fdeno.json",
      "none.js",
    ];
    const statuses = await Promise.all(paths.map((path) => statusOf(address, path)));
    assertEquals(statuses, [...modules.map(() => 200), 200, 200, 200, 404, 404, 404]);
    assertEquals(modules.length, 4);
    assertMatch(await askAs("evil.example", address), /^HTTP\/1.1 421/);
    const children = childrenOf(tool.pid) ?? [];
    tool.kill("SIGINT");
    const [{ code }] = await Promise.all([tool.status, tool.stderr.cancel()]);
    assertEquals(code, 130);
    await eventually("end of all processes", () => !children.some(runs));
  },
);

making("tools/page/main.ts passes the server of the command line to its page, and starts none", async () => {
  const tool = startTool(TOOL, "--servers", "wss://nats.example:443");
  const address = await addressOf(tool);
  assertEquals(address.searchParams.get("servers"), "wss://nats.example:443");
  assertEquals(childrenOf(tool.pid) ?? [], []);
  tool.kill("SIGINT");
  await Promise.all([tool.status, tool.stderr.cancel()]);
});

making("tools/page/main.ts --out writes the same files each time, without names of this machine", async () => {
  const folder = await Deno.makeTempDir({ prefix: "natslock-page-" });
  try {
    const written: string[][] = [];
    for (let time = 0; time < 2; time++) {
      const { code, stderr } = await startTool(TOOL, "--out", folder).output();
      assertEquals(code, 0, new TextDecoder().decode(stderr));
      written.push(filesOf(folder));
    }
    const named = written[0]?.filter((name) => !name.includes("/shared-"));
    const modules = ["jetstream", "kv", "nats-core", "natslock"].map((name) => `browser/modules/${name}.js`);
    assertEquals(named, ["browser/index.html", ...modules, "browser/page.js", "browser/style.css", "worker/worker.js"]);
    assertEquals(written[0]?.length, written[1]?.length);
    const isTold = (name: string) => /natslock-entries|node_modules/.test(Deno.readTextFileSync(`${folder}/${name}`));
    assertEquals(filesOf(folder).filter(isTold), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("tools/page/main.ts reports wrong options and exits with code 2", async () => {
  for (
    const [args, says] of [
      [["--nonsense"], "--nonsense"],
      [["--servers", "nats://127.0.0.1:4222"], 'must be ws:// or wss://, current value is "nats://127.0.0.1:4222"'],
      [["--port", "x"], 'must be a whole number, current value is "x"'],
      [["--out", "folder", "--port", "1"], '"--out"'],
    ] as const
  ) {
    const { code, text } = await refused(TOOL, ...args);
    assertEquals(code, 2);
    assertStringIncludes(text, says);
  }
});

Deno.test("tools/page/main.ts --help prints its usage and starts nothing", async () => {
  const { code, stdout } = await startTool(TOOL, "--help").output();
  assertEquals(code, 0);
  assertStringIncludes(new TextDecoder().decode(stdout), "Usage: deno task page");
});
