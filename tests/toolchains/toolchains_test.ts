// deno-lint-ignore-file no-console
import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { readPage, rowsIn } from "../helpers/doc_table.ts";
import { hindrance } from "../runtimes/attempt.ts";
import { TOOLCHAIN_TABLE } from "./table.ts";
import { majorOf, TOOLCHAINS, trialOf } from "./toolchains.ts";
import { Workshop } from "./workshop.ts";

/** What is read of the `package.json` of a project. */
interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const PROJECTS = [...new Set(TOOLCHAINS.map(({ project }) => project))];
const page = await readPage(TOOLCHAIN_TABLE);
const ran: (readonly string[])[] = [];

const reason = await hindrance(Workshop.prepare);
if (reason !== null) console.log(`The toolchains: skipped, ${reason}`);

async function manifestOf(project: string): Promise<Manifest> {
  const path = new URL(`projects/${project}/package.json`, import.meta.url);
  return JSON.parse(await Deno.readTextFile(path)) as Manifest;
}

for (const toolchain of TOOLCHAINS) {
  const { name, checks } = toolchain;
  Deno.test({
    name: `${name}: ${checks.map(([title]) => title).join("; ")}`,
    ignore: reason !== null,
    // All toolchains share the workshop, which ends with the process.
    sanitizeResources: false,
    sanitizeOps: false,
    fn: async () => {
      const { row, outcomes } = await trialOf(toolchain, await Workshop.open());
      ran.push(row);
      assertEquals(outcomes.filter(({ error }) => error !== undefined), []);
    },
  });
}

Deno.test("docs/toolchains.md's table of toolchains shows what ran, and nothing else", () => {
  const shown = rowsIn(page, TOOLCHAIN_TABLE);
  assertEquals(shown.map(([name]) => name), TOOLCHAINS.map(({ name }) => name));
  for (const row of ran) assertEquals(shown.find(([name]) => name === row[0]), [...row]);
});

for (const project of PROJECTS) {
  Deno.test(`docs/toolchains.md shows the commands of the project "${project}"`, async () => {
    const commands = Object.entries((await manifestOf(project)).scripts).filter(([name]) =>
      /^(?:build|test)$/.test(name)
    );
    for (const [, command] of commands) assertStringIncludes(page, command);
  });

  Deno.test(`the project "${project}" names the versions that are tested`, async () => {
    const { devDependencies = {} } = await manifestOf(project);
    const tested = Object.keys(devDependencies).map((tool) => [tool, majorOf(tool)]);
    const named = Object.entries(devDependencies).map(([tool, range]) => [tool, /^\^((?:0\.)?\d+)/.exec(range)?.[1]]);
    assertEquals(named, tested);
  });
}

Deno.test("each folder of projects belongs to a toolchain", async () => {
  const entries = await Array.fromAsync(Deno.readDir(new URL("projects/", import.meta.url)));
  const folders = entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  assertNotEquals(folders, []);
  assertEquals(folders.sort(), PROJECTS.toSorted());
});
