// deno-lint-ignore-file no-console
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { NatsServer } from "../../tools/nats/server.ts";
import { Chromium } from "../helpers/page.ts";
import { hindrance } from "./attempt.ts";
import { chromiumPath } from "../helpers/chromium.ts";
import { EmptyFolder, installMachine } from "./empty_folder.ts";
import { within } from "./expect.ts";
import { installed } from "../../tools/npm/packages.ts";
import { Registry } from "./registry.ts";
import { Kit } from "./runtimes.ts";
import { blockOf, commandsOf, commandsOfRow, documentAt, headCommands, sectionOf } from "./shown.ts";

const README = await documentAt("README.md");
const INSTALL = sectionOf(README, "Install");
const COMMAND_LINE = sectionOf(README, "Command line");
/** The address that documents show; a test puts its own server there. */
const SAMPLE = "127.0.0.1:8080";
const IN_CHARGE = /^in charge, token \d+\n$/;
const REPORT = /^report of token \d+\n$/;
/** The longest wait for one thing to happen, in milliseconds. */
const PATIENCE = 30_000;
const VIEWPORT = { width: 400, height: 300 };

/** The commands that the README shows for the command line. */
const CLI = commandsOf(blockOf(COMMAND_LINE, "sh"));

/** Where lines are tried: nothing is in the folder yet. */
interface Place {
  readonly folder: EmptyFolder;
  readonly server: NatsServer;
  /** The line of Node.js that is installed. */
  readonly node: 20 | 24;
}

interface Case {
  readonly title: string;
  readonly node?: 20 | 24;
  readonly needs?: "Chromium";
  body(place: Place): Promise<void>;
}

/** The server of the README, at other ports and with a store that is removed. */
async function serverOfReadme(): Promise<NatsServer> {
  const server = await NatsServer.prepare();
  try {
    const shown = blockOf(INSTALL, "conf");
    const store = `store_dir: ${JSON.stringify(server.storeDir)}`;
    const text = shown.replace(SAMPLE, `127.0.0.1:${server.wsPort}`).replace("jetstream {", `jetstream { ${store}`);
    const ports = `listen: "127.0.0.1:${server.port}"\nhttp: "127.0.0.1:${server.monitorPort}"\n`;
    await Deno.writeTextFile(`${server.storeDir}/server.conf`, `${text}${ports}`);
    await server.restart();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Does what the README says of a runtime, in an empty folder, with its first program. */
async function doRow(head: string, { folder, server }: Place): Promise<string> {
  await folder.write("main.mts", blockOf(README, "ts").replace(`ws://${SAMPLE}`, server.url));
  return await folder.run(commandsOfRow(INSTALL, head));
}

/** Does what the head of an example says, in an empty folder. */
async function doHead(path: string, { folder, server, node }: Place): Promise<string> {
  const text = await documentAt(path);
  await folder.write(path.split("/").at(-1) ?? path, text);
  return await folder.run(headCommands(text, `Node ${node}`), { NATS_URL: server.url });
}

/** Has the command line run a report under a lock, as these lines of the README show. */
async function doReport({ folder, server }: Place, commands: readonly string[]): Promise<string> {
  await folder.write("report.sh", '#!/bin/sh\necho "report of token $NATSLOCK_TOKEN"\n');
  return await folder.run(commands, { NATS_URL: `nats://127.0.0.1:${server.port}` });
}

/** Does what the README says of the command line for a runtime, in an empty folder. */
async function doCliRow(head: string, place: Place): Promise<string> {
  const [, statement] = /run a file that says `([^`]+)`/.exec(COMMAND_LINE) ?? [];
  await place.folder.write("natslock.mjs", `${statement};\n`);
  return await doReport(place, commandsOfRow(COMMAND_LINE, head));
}

/** What a page says that loads a script of this folder as the README has it. */
async function saidByPage(folder: EmptyFolder): Promise<string> {
  const tag = /`(<script .*?<\/script>)`/.exec(INSTALL)?.[1] ?? "";
  const html = { headers: { "content-type": "text/html" } };
  const script = { headers: { "content-type": "text/javascript" } };
  await using site = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async ({ url }) => {
    if (new URL(url).pathname !== "/main.js") return new Response(`<!doctype html><title>user</title>${tag}`, html);
    return new Response(await Deno.readFile(`${folder.path}/main.js`), script);
  });
  await using chromium = await Chromium.launch();
  const listen = "globalThis.said = new Promise((resolve) => { console.log = resolve; });";
  const page = await chromium.open(`http://127.0.0.1:${site.addr.port}/`, VIEWPORT, listen);
  const said = within(PATIENCE, "what the page says", page.evaluate<string>("said"));
  return await said.finally(() => assertEquals(chromium.errors, []));
}

/** What has to be seen where; each in an empty folder of its own. */
const CASES: readonly Case[] = [
  {
    title: "Deno",
    body: async (place) => {
      assertMatch(await doRow("Deno", place), IN_CHARGE);
    },
  },
  {
    title: "the command line on Deno, installed and without that",
    body: async (place) => {
      for (const line of CLI.filter((command) => command.startsWith("deno "))) {
        const said = await place.folder.run([line]);
        if (line.endsWith("--help")) assertStringIncludes(said, "Usage: natslock ");
      }
      const [create = "", run = ""] = CLI.filter((command) => /^natslock (?:bucket|run)/.test(command));
      assertMatch(await doReport(place, [create, run]), REPORT);
    },
  },
  {
    title: "the command line on Bun",
    body: async (place) => {
      assertMatch(await doCliRow("Bun", place), REPORT);
      assert((await Deno.stat(`${place.folder.path}/bun.lock`)).isFile, "Bun added the package, not npm");
    },
  },
  ...([24, 20] as const).map((node): Case => ({
    title: `the command line on Node ${node}`,
    node,
    body: async (place) => {
      assertMatch(await doCliRow("Node", place), REPORT);
    },
  })),
  {
    title: "Bun",
    body: async (place) => {
      assertMatch(await doRow("Bun", place), IN_CHARGE);
      assert((await Deno.stat(`${place.folder.path}/bun.lock`)).isFile, "Bun added the package, not npm");
    },
  },
  {
    title: "Node 24",
    body: async (place) => {
      assertMatch(await doRow("Node 24", place), IN_CHARGE);
    },
  },
  {
    title: "Node 20, with the program that is meant for it",
    node: 20,
    body: async (place) => {
      const [, path = ""] = /\]\((\S*\/node\.mjs)\)/.exec(INSTALL) ?? [];
      await place.folder.write("node.mjs", await documentAt(path));
      const said = await place.folder.run(commandsOfRow(INSTALL, "Node 20"), { NATS_URL: place.server.url });
      assertMatch(said, /^in charge, token \d+, Node 20\n$/);
    },
  },
  {
    title: "the head of examples/runtimes/node.mjs, in Node 24",
    body: async (place) => {
      assertMatch(await doHead("examples/runtimes/node.mjs", place), /^in charge, token \d+, Node 24\n$/);
    },
  },
  {
    title: "the head of examples/runtimes/bun.ts",
    body: async (place) => {
      assertMatch(await doHead("examples/runtimes/bun.ts", place), /^in charge, token \d+, Bun 1\n$/);
    },
  },
  {
    title: "a bundle in a page of Chromium",
    needs: "Chromium",
    body: async (place) => {
      await doRow("browsers", place);
      assertEquals((await saidByPage(place.folder)).replace(/\d+/, "N"), "in charge, token N");
    },
  },
];

const reason = await hindrance(installMachine);
if (reason !== null) console.log(`The lines of the README: skipped, ${reason}`);
const noChromium = await hindrance(() => Promise.all([installed("browser"), chromiumPath()]));
if (noChromium !== null) console.log(`The lines of the README for a page: skipped, ${noChromium}`);

Deno.test({
  name: "From an empty folder the README's lines work as they stand",
  ignore: reason !== null,
  fn: async (context) => {
    await using kit = new Kit();
    await using server = await serverOfReadme();
    await using registry = await Registry.start(kit.folder);
    for (const { title, body, needs, node = 24 } of CASES) {
      const ignore = needs === "Chromium" && noChromium !== null;
      const fn = async () => {
        const from = registry.asked.length;
        await body({ folder: await EmptyFolder.make({ inside: kit.folder, registry, node }), server, node });
        // Not from the real JSR, nor out of somebody's cache.
        const files = registry.asked.slice(from).filter((path) => /\.(?:ts|tgz)$/.test(path));
        assert(files.length > 0, "the package came from the stand-in");
      };
      await context.step({ name: title, ignore, fn });
    }
  },
});

Deno.test("Each row of the README's table of ways to install is tried, and each example for another runtime", async () => {
  const [, , ...rows] = /^\|.*(?:\n\|.*)+/m.exec(INSTALL)?.[0].split("\n") ?? [];
  const heads = ["Deno", "Bun", "Node 24 and later", "Node 20 to 23", "browsers, bundlers"];
  assertEquals(rows.map((row) => row.split("|")[1]?.trim()), heads);
  const examples = await Array.fromAsync(Deno.readDir(new URL("../../examples/runtimes", import.meta.url)));
  assertEquals(examples.map(({ name }) => name).sort(), ["bun.ts", "node.mjs"]);
});
