// deno-lint-ignore-file no-console
import { assertEquals, assertMatch } from "@std/assert";
import type { Health } from "@x/natslock";
import { NatsServer } from "../../tools/nats/server.ts";
import { bundleForNode } from "../../tools/npm/bundle.ts";
import { bunPath, installed, installedNats, nodePath } from "../../tools/npm/packages.ts";
import { eventually } from "../helpers/measure.ts";
import { hindrance } from "./attempt.ts";
import { eachLine } from "./lines.ts";

const FOLDER = "examples/health";
const ROOT = new URL("../../", import.meta.url);

/** Longest time until a recipe has an address, in ms. */
const LONGEST_START = 60_000;

/** How each recipe is started. The folder is for files that are made for it. */
const COMMANDS: Readonly<Record<string, (folder: string) => Promise<readonly string[]>>> = {
  "deno.ts": () => Promise.resolve([Deno.execPath(), "run", "-A", `${FOLDER}/deno.ts`]),
  "node.mjs": async (folder) => [await nodePath(24), await bundleForNode(`${FOLDER}/node.mjs`, folder)],
  "bun.ts": async (folder) => [await bunPath(), "run", await bundleForNode(`${FOLDER}/bun.ts`, folder)],
};

const reason = await hindrance(() => Promise.all([installed("bundler"), installedNats(), nodePath(24), bunPath()]));
if (reason !== null) console.log(`The recipes of ${FOLDER}: skipped, ${reason}`);

/** Starts a recipe. Resolves to its process and the address of its probes. */
async function start([path = "", ...args]: readonly string[], natsUrl: string) {
  const env = { NATS_URL: natsUrl, PORT: "0", NO_COLOR: "1" };
  const process = new Deno.Command(path, { args, cwd: ROOT, env, stdin: "null", stdout: "piped" }).spawn();
  const listening = Promise.withResolvers<string>();
  const timer = setTimeout(() => process.kill("SIGKILL"), LONGEST_START);
  const read = eachLine(process.stdout, (line) => {
    const [address] = /http:\/\/[^/]+/.exec(line) ?? [];
    if (address) listening.resolve(address);
  }).then(() => listening.reject(new Error(`${path} ended without an address`)));
  listening.promise.catch(() => {});
  const end = async () => {
    process.kill("SIGTERM");
    const { code } = await process.status;
    await read;
    return code;
  };
  const address = await listening.promise.finally(() => clearTimeout(timer));
  return { address, end, kill: () => process.kill("SIGKILL") };
}

/** Asks a probe. */
async function probe(address: string): Promise<readonly [status: number, health: Health | null]> {
  const response = await fetch(address);
  const body = await response.text();
  return [response.status, body === "" ? null : JSON.parse(body)];
}

for (const [name, commandIn] of Object.entries(COMMANDS)) {
  Deno.test({
    name: `${FOLDER}/${name} answers its probes with NATS and without, and ends by SIGTERM with code 0`,
    ignore: reason !== null,
    fn: async () => {
      await using server = await NatsServer.start();
      const folder = await Deno.makeTempDir({ prefix: "natslock-health-" });
      const recipe = await start(await commandIn(folder), server.url);
      try {
        const leads = async () => (await probe(`${recipe.address}/readyz`))[1]?.lease?.held === true;
        await eventually("the lead", leads);
        const [ready, health] = await probe(`${recipe.address}/readyz`);
        assertEquals([ready, health?.reason, health?.connected], [200, "ok", true]);
        assertEquals((await probe(`${recipe.address}/livez`))[0], 200);
        assertEquals((await probe(`${recipe.address}/`))[0], 404);
        await server.kill();
        await eventually("not ready", async () => (await probe(`${recipe.address}/readyz`))[0] === 503);
        const [alive, without] = await probe(`${recipe.address}/livez`);
        assertEquals([alive, without?.reason, without?.connected], [200, "disconnected", false]);
        await server.restart();
        await eventually("ready again", async () => (await probe(`${recipe.address}/readyz`))[0] === 200);
        assertEquals(await recipe.end(), 0);
      } catch (error) {
        recipe.kill();
        throw error;
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

Deno.test(`${FOLDER}/kubernetes.yaml asks the paths that the recipes answer`, async () => {
  const manifest = await Deno.readTextFile(new URL(`${FOLDER}/kubernetes.yaml`, ROOT));
  const probes = [...manifest.matchAll(/(\w+Probe):\n\s+httpGet: \{ path: (\S+), port: probes \}/g)];
  assertEquals(probes.map(([, probe, path]) => `${probe} ${path}`), [
    ...["startupProbe /livez", "readinessProbe /readyz", "livenessProbe /livez"],
  ]);
  assertMatch(manifest, /name: probes, containerPort: 8081/);
});
