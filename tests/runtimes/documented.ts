/** Does what the documents say of installing and running, in an empty folder. */

import { assertEquals } from "@std/assert";
import { NatsServer } from "../../tools/nats/server.ts";
import { Chromium } from "../helpers/page.ts";
import type { EmptyFolder } from "./empty_folder.ts";
import { within } from "./expect.ts";
import { blockOf, blocksOf, commandsOf, commandsOfRow, documentAt, headCommands, sectionOf } from "./shown.ts";

const README = await documentAt("README.md");
const README_INSTALL = sectionOf(README, "Install");
const CLI_INSTALL = sectionOf(await documentAt("docs/cli.md"), "Install");

/** The section on installing in docs/runtimes.md. */
export const INSTALL: string = sectionOf(await documentAt("docs/runtimes.md"), "Install");

/** The commands that install the package and run a program, as README.md shows them. */
export const QUICK_START: readonly string[] = [
  ...commandsOf(blockOf(README_INSTALL, "sh")),
  ...commandsOf([...README_INSTALL.matchAll(/`(node [^`]+)`/g)].map(([, command]) => command).join("\n")),
];

/** The programs of README.md. */
export const PROGRAMS: readonly string[] = blocksOf(README, "ts");

/** The commands of README.md and of docs/cli.md for the command line. */
export const CLI: { readonly quick: readonly string[]; readonly all: readonly string[] } = {
  quick: commandsOf(blockOf(sectionOf(README, "From the shell"), "sh")),
  all: commandsOf(blockOf(CLI_INSTALL, "sh")),
};

/** The address that documents show; a test puts its own server there. */
const SAMPLE = "127.0.0.1:8080";
/** The longest wait for one thing to happen, in milliseconds. */
const PATIENCE = 30_000;
const VIEWPORT = { width: 400, height: 300 };

/** Where lines are tried: nothing is in the folder yet. */
export interface Place {
  readonly folder: EmptyFolder;
  readonly server: NatsServer;
  /** The line of Node.js that is installed. */
  readonly node: 20 | 24;
}

/** Starts the server of README.md, at other ports and with a store that is removed. */
export async function serverOfReadme(): Promise<NatsServer> {
  const server = await NatsServer.prepare();
  try {
    const shown = blockOf(README_INSTALL, "conf");
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

/** Saves a program as the documents say, and runs commands. Resolves to what the last one prints. */
export async function doProgram(program: string, commands: readonly string[], place: Place): Promise<string> {
  const { folder, server } = place;
  await folder.write("main.mts", program.replace(`ws://${SAMPLE}`, server.url));
  return await folder.run(commands);
}

/** Does what docs/runtimes.md says of a runtime, with the first program of README.md. */
export async function doRow(head: string, place: Place): Promise<string> {
  return await doProgram(PROGRAMS[0] ?? "", commandsOfRow(INSTALL, head), place);
}

/** Does what the head of an example says. */
export async function doHead(path: string, { folder, server, node }: Place): Promise<string> {
  const text = await documentAt(path);
  await folder.write(path.split("/").at(-1) ?? path, text);
  return await folder.run(headCommands(text, `Node ${node}`), { NATS_URL: server.url });
}

/** Does what docs/from-go.md says. */
export async function doFromGo(place: Place): Promise<string> {
  const page = await documentAt("docs/from-go.md");
  const [, run = ""] = /run the program with `([^`]+)`/.exec(page) ?? [];
  return await doProgram(blockOf(page, "ts"), [...commandsOf(blockOf(page, "sh")), run], place);
}

/** Has the command line run a report under a lock, as these lines of the documents show. */
export async function doReport({ folder, server }: Place, commands: readonly string[]): Promise<string> {
  await folder.write("report.sh", '#!/bin/sh\necho "report of token $NATSLOCK_TOKEN"\n');
  return await folder.run(commands, { NATS_URL: `nats://127.0.0.1:${server.port}` });
}

/** Does what docs/cli.md says of the command line for a runtime. */
export async function doCliRow(head: string, place: Place): Promise<string> {
  const [, statement] = /run a file that says `([^`]+)`/.exec(CLI_INSTALL) ?? [];
  await place.folder.write("natslock.mjs", `${statement};\n`);
  return await doReport(place, commandsOfRow(CLI_INSTALL, head));
}

/** What a page says that loads a script of this folder as docs/runtimes.md has it. */
export async function saidByPage(folder: EmptyFolder): Promise<string> {
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
