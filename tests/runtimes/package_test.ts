// deno-lint-ignore-file no-console
import { assertEquals, assertMatch } from "@std/assert";
import { npm } from "../../tools/npm/install.ts";
import { NatsServer } from "../../tools/nats/server.ts";
import { hindrance } from "./attempt.ts";
import { esbuild } from "../../tools/npm/bundle.ts";
import { bunPath, installed, installedNats, nodePath, PINS } from "../../tools/npm/packages.ts";
import { pack, run } from "./tarball.ts";

const USE = new URL("consumers/use.ts", import.meta.url);
const EXAMPLES = new URL("../../examples/", import.meta.url);
const INSTALL = ["install", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"] as const;
const SAID = [
  "token true, leader null, events acquired released",
  "leads true with key true",
  "errors function function, function",
  "clock skew tolerated:         0.30 s over a lease of 3.00 s",
];

/** An empty project of a user, with natslock in it. */
interface Project {
  readonly folder: string;
  write(path: string, text: string): Promise<void>;
}

const sets = ["bundler", "socket"] as const;
const reason = await hindrance(() =>
  Promise.all([...sets.map(installed), installedNats(), nodePath(20), nodePath(24), bunPath()])
);
if (reason !== null) console.log(`The package: skipped, ${reason}`);

let packing: ReturnType<typeof pack> | null = null;
const made = await Deno.makeTempDir({ prefix: "natslock-package-" });
globalThis.addEventListener("unload", () => Deno.removeSync(made, { recursive: true }));

function tarball(): ReturnType<typeof pack> {
  packing ??= pack(made);
  return packing;
}

/** Runs a test body in an empty project into which npm, or what `add` does, has put the package. */
async function inProject(
  body: (project: Project) => Promise<void>,
  { others = {}, add = npmAdd }: { others?: Record<string, string>; add?: typeof npmAdd } = {},
): Promise<void> {
  const path = await tarball();
  const folder = await Deno.makeTempDir({ dir: made, prefix: "project-" });
  try {
    await add(folder, { "@x/natslock": `file:${path}`, ...others });
    await body({ folder, write: (name, text) => Deno.writeTextFile(`${folder}/${name}`, text) });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function npmAdd(folder: string, dependencies: Record<string, string>): Promise<void> {
  await npm(folder, INSTALL, { name: "user", private: true, type: "module", dependencies });
}

async function bunAdd(folder: string, dependencies: Record<string, string>): Promise<void> {
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify({ private: true, type: "module", dependencies }));
  await run([await bunPath(), "install"], folder);
}

/** Sets what the user's program takes from its runtime, then loads it. */
function main(url: string, program: string, more = ""): string {
  return `${more}\nglobalThis.natsUrl = ${
    JSON.stringify(url)
  };\nglobalThis.say = console.log;\nawait import("${program}");\n`;
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: reason !== null, fn });
}

test("The npm tarball depends on three packages of @nats-io only, and brings nothing but what these need", () =>
  inProject(async ({ folder }) => {
    const read = async (path: string) => JSON.parse(await Deno.readTextFile(`${folder}/${path}`)) as unknown;
    const { dependencies } = await read("node_modules/@x/natslock/package.json") as { readonly dependencies: object };
    const direct = ["@nats-io/jetstream", "@nats-io/kv", "@nats-io/nats-core"];
    assertEquals(Object.keys(dependencies).sort(), direct);
    const { packages } = await read("package-lock.json") as { readonly packages: object };
    const paths = [...direct, "@nats-io/nkeys", "@nats-io/nuid", "@x/natslock", "tweetnacl"];
    assertEquals(Object.keys(packages).sort(), ["", ...paths.map((path) => `node_modules/${path}`)]);
  }));

test("The npm tarball works in an empty project of Node 20, with the package ws", () =>
  inProject(async ({ folder, write }) => {
    await using server = await NatsServer.start();
    await Deno.copyFile(USE, `${folder}/use.ts`);
    await esbuild(["use.ts", "--outfile=use.js", "--target=node20", "--log-level=warning"], folder);
    const factory = `import { WebSocket } from "ws";\n` +
      `globalThis.wsFactory = (url) => Promise.resolve({ socket: new WebSocket(url), encrypted: false });`;
    await write("main.js", main(server.url, "./use.js", factory));
    assertEquals((await run([await nodePath(20), "main.js"], folder)).trim().split("\n"), SAID);
  }, { others: PINS.socket }));

test("The npm tarball works in an empty project of Bun, installed by Bun, in TypeScript", () =>
  inProject(async ({ folder, write }) => {
    await using server = await NatsServer.start();
    await Deno.copyFile(USE, `${folder}/use.ts`);
    await write("main.ts", main(server.url, "./use.ts"));
    assertEquals((await run([await bunPath(), "run", "main.ts"], folder)).trim().split("\n"), SAID);
  }, { add: bunAdd }));

for (const line of [20, 24] as const) {
  test(`examples/runtimes/node.mjs runs in Node ${line}, with the npm tarball`, () =>
    inProject(async ({ folder }) => {
      await using server = await NatsServer.start();
      await Deno.copyFile(new URL("runtimes/node.mjs", EXAMPLES), `${folder}/node.mjs`);
      const said = await run([await nodePath(line), "node.mjs"], folder, { NATS_URL: server.url });
      assertMatch(said, new RegExp(`^in charge, token \\d+, Node ${line}\n$`));
    }, { others: line === 20 ? PINS.socket : {} }));
}

test("examples/runtimes/bun.ts runs in Bun, with the npm tarball", () =>
  inProject(async ({ folder }) => {
    await using server = await NatsServer.start();
    await Deno.copyFile(new URL("runtimes/bun.ts", EXAMPLES), `${folder}/bun.ts`);
    const said = await run([await bunPath(), "run", "bun.ts"], folder, { NATS_URL: server.url });
    assertMatch(said, /^in charge, token \d+, Bun 1\n$/);
  }, { add: bunAdd }));
