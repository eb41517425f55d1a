// deno-lint-ignore-file no-console
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hindrance } from "./attempt.ts";
import { chromiumPath } from "../helpers/chromium.ts";
import * as documented from "./documented.ts";
import { EmptyFolder, installMachine } from "./empty_folder.ts";
import { installed } from "../../tools/npm/packages.ts";
import { Registry } from "./registry.ts";
import { Kit } from "./runtimes.ts";
import { commandsOfRow, documentAt } from "./shown.ts";

const { CLI, INSTALL, PROGRAMS, QUICK_START } = documented;
const IN_CHARGE = /^in charge, token \d+\n$/;
const REPORT = /^report of token \d+\n$/;
/** What the programs of README.md print, in their order. */
const PRINTED = [IN_CHARGE, /^leader, token \d+\n$/, /^alone, token \d+\n$/];

interface Case {
  readonly title: string;
  readonly node?: 20 | 24;
  readonly needs?: "Chromium";
  body(place: documented.Place): Promise<void>;
}

/** What has to be seen where; each in an empty folder of its own. */
const CASES: readonly Case[] = [
  {
    title: "the programs of README.md, on Node 24",
    body: async (place) => {
      const [install = "", run = ""] = QUICK_START;
      assertEquals(PROGRAMS.length, PRINTED.length);
      await place.folder.run([install]);
      for (const [at, program] of PROGRAMS.entries()) {
        assertMatch(await documented.doProgram(program, [run], place), PRINTED[at] ?? /^$/);
      }
      assertEquals(commandsOfRow(INSTALL, "Node 24"), QUICK_START, "docs/runtimes.md says the same");
    },
  },
  {
    title: "the program of docs/from-go.md, on Node 24",
    body: async (place) => {
      assertStringIncludes(await documented.doFromGo(place), "\nleads\n");
    },
  },
  {
    title: "Deno",
    body: async (place) => {
      assertMatch(await documented.doRow("Deno", place), IN_CHARGE);
    },
  },
  {
    title: "the command line on Deno, as README.md has it and as docs/cli.md has it",
    body: async (place) => {
      assertMatch(await documented.doReport(place, CLI.quick), IN_CHARGE);
      const [install, help = "", create = "", run = ""] = CLI.all;
      assertEquals(install, CLI.quick[0]);
      assertStringIncludes(await place.folder.run([help]), "Usage: natslock ");
      assertMatch(await documented.doReport(place, [create, run]), REPORT);
    },
  },
  {
    title: "the command line on Bun",
    body: async (place) => {
      assertMatch(await documented.doCliRow("Bun", place), REPORT);
      assert((await Deno.stat(`${place.folder.path}/bun.lock`)).isFile, "Bun added the package, not npm");
    },
  },
  ...([24, 20] as const).map((node): Case => ({
    title: `the command line on Node ${node}`,
    node,
    body: async (place) => {
      assertMatch(await documented.doCliRow("Node", place), REPORT);
    },
  })),
  {
    title: "Bun",
    body: async (place) => {
      assertMatch(await documented.doRow("Bun", place), IN_CHARGE);
      assert((await Deno.stat(`${place.folder.path}/bun.lock`)).isFile, "Bun added the package, not npm");
    },
  },
  {
    title: "Node 20, with the program that is meant for it",
    node: 20,
    body: async (place) => {
      const [, path = ""] = /\]\((\S*\/node\.mjs)\)/.exec(INSTALL) ?? [];
      await place.folder.write("node.mjs", await documentAt(`docs/${path}`));
      const said = await place.folder.run(commandsOfRow(INSTALL, "Node 20"), { NATS_URL: place.server.url });
      assertMatch(said, /^in charge, token \d+, Node 20\n$/);
    },
  },
  {
    title: "the head of examples/runtimes/node.mjs, in Node 24",
    body: async (place) => {
      assertMatch(await documented.doHead("examples/runtimes/node.mjs", place), /^in charge, token \d+, Node 24\n$/);
    },
  },
  {
    title: "the head of examples/runtimes/bun.ts",
    body: async (place) => {
      assertMatch(await documented.doHead("examples/runtimes/bun.ts", place), /^in charge, token \d+, Bun 1\n$/);
    },
  },
  {
    title: "a bundle in a page of Chromium",
    needs: "Chromium",
    body: async (place) => {
      await documented.doRow("browsers", place);
      assertEquals((await documented.saidByPage(place.folder)).replace(/\d+/, "N"), "in charge, token N");
    },
  },
];

const reason = await hindrance(installMachine);
if (reason !== null) console.log(`The lines of the documents: skipped, ${reason}`);
const noChromium = await hindrance(() => Promise.all([installed("browser"), chromiumPath()]));
if (noChromium !== null) console.log(`The lines of the documents for a page: skipped, ${noChromium}`);

Deno.test({
  name: "From an empty folder the lines of README.md and docs work as they stand",
  ignore: reason !== null,
  fn: async (context) => {
    await using kit = new Kit();
    await using server = await documented.serverOfReadme();
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

Deno.test("Each row of the table of ways to install in docs/runtimes.md is tried, and each example for another runtime", async () => {
  const [, , ...rows] = /^\|.*(?:\n\|.*)+/m.exec(INSTALL)?.[0].split("\n") ?? [];
  const heads = ["Deno", "Bun", "Node 24 and later", "Node 20 to 23", "browsers, bundlers"];
  assertEquals(rows.map((row) => row.split("|")[1]?.trim()), heads);
  const examples = await Array.fromAsync(Deno.readDir(new URL("../../examples/runtimes", import.meta.url)));
  assertEquals(examples.map(({ name }) => name).sort(), ["bun.ts", "node.mjs"]);
});
