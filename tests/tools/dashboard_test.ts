import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Settings } from "../../examples/dashboard/model/link.ts";
import { eventually } from "../helpers/measure.ts";
import { addressOf, askAs, childrenOf, refused, runs, startTool } from "./tool.ts";

const TOOL = "dashboard/main";

async function ask(address: URL, path: string, headers: Record<string, string>, method = "GET"): Promise<Response> {
  const body = method === "POST" ? JSON.stringify({ act: "kill", name: "red" }) : null;
  return await fetch(new URL(path, address), { headers, method, body });
}

Deno.test("tools/dashboard/main.ts requires the key, and ends everything on Ctrl-C", async () => {
  const tool = startTool(TOOL);
  const address = await addressOf(tool);
  const key = { "x-dashboard-key": address.hash.replace("#key=", "") };
  const statuses: number[] = [];
  for (
    const [path, headers, method] of [["api/settings", {}, "GET"], ["api/demo", {}, "POST"], [
      "../../deno.json",
      key,
      "GET",
    ]] as const
  ) {
    const response = await ask(address, path, headers, method);
    statuses.push(response.status);
    await response.body?.cancel();
  }
  assertEquals(statuses, [403, 403, 404]);
  assertMatch(await askAs("evil.example", address), /^HTTP\/1.1 421/);
  const page = await ask(address, "", {});
  assertStringIncludes(await page.text(), "main.js");
  const settings = await (await ask(address, "api/settings", key)).json() as Settings;
  assertEquals([settings.user, settings.bucket, settings.demo], ["observer", "locks", true]);
  const children = childrenOf(tool.pid) ?? [];
  tool.kill("SIGINT");
  const [{ code }] = await Promise.all([tool.status, tool.stderr.cancel()]);
  assertEquals(code, 130);
  await eventually("end of all processes", () => !children.some(runs));
});

Deno.test("tools/dashboard/main.ts passes the settings of the command line to its page", async () => {
  const servers = "wss://nats.example:443";
  const tool = startTool(
    TOOL,
    "--servers",
    servers,
    "--bucket",
    "b",
    "--user",
    "u",
    "--password",
    "p",
    "--ttl",
    "9000",
  );
  const address = await addressOf(tool);
  const key = { "x-dashboard-key": address.hash.replace("#key=", "") };
  const settings = await (await ask(address, "api/settings", key)).json();
  assertEquals(settings, { servers, bucket: "b", user: "u", pass: "p", ttl: 9000 });
  tool.kill("SIGINT");
  await Promise.all([tool.status, tool.stderr.cancel()]);
});

Deno.test("tools/dashboard/main.ts reports wrong options and exits with code 2", async () => {
  const unknown = await refused(TOOL, "--nonsense");
  assertEquals(unknown.code, 2);
  assertMatch(unknown.text, /--nonsense/);
  const half = await refused(TOOL, "--servers", "ws://127.0.0.1:1");
  assertEquals(half.code, 2);
  assertStringIncludes(half.text, '"--bucket"');
});

Deno.test("tools/dashboard/main.ts --help prints its usage and starts nothing", async () => {
  const { code, stdout } = await startTool(TOOL, "--help").output();
  assertEquals(code, 0);
  assertStringIncludes(new TextDecoder().decode(stdout), "Usage: deno task dashboard");
});
