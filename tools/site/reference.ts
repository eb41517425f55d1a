/** Builds the API reference with `deno doc --html` and makes it a part of the site. */

import { adapted, adaptedSearch, REFERENCE_NAME } from "./adapt.ts";
import { filesBelow } from "./output.ts";
import { ROOT } from "./pages.ts";

const ASSETS = new URL("assets/", import.meta.url);
/** Entry points that are not for users. */
const INTERNAL = "./internal";

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string>>;
}

/**
 * Writes the API reference of all entry points to `folder/api`. Returns the number of its pages.
 * With `sourceUrl`, the address of the repository's files, its symbols link to their source.
 *
 * @throws {Error} if `deno doc` fails; the message has its output
 */
export async function buildReference(folder: string, sourceUrl = ""): Promise<number> {
  const api = `${folder}/api`;
  const { name, exports } = await manifest();
  const entries = Object.fromEntries(Object.entries(exports).filter(([entry]) => entry !== INTERNAL));
  const args = ["doc", "--html", `--name=${REFERENCE_NAME}`, `--output=${api}`, ...Object.values(entries)];
  const env = { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT, env, stdin: "null" }).output();
  if (!success) throw new Error(`deno doc cannot build the API reference:\n${new TextDecoder().decode(stderr)}`.trim());
  const pages = filesBelow(api).filter((path) => path.endsWith(".html"));
  for (const page of pages) {
    const path = `${api}/${page}`;
    const options = { top: "../".repeat(page.split("/").length), name, root: ROOT.href, sourceUrl };
    await Deno.writeTextFile(path, adapted(await Deno.readTextFile(path), options));
  }
  const search = `${api}/search.js`;
  await Deno.writeTextFile(search, adaptedSearch(await Deno.readTextFile(search)));
  await Deno.copyFile(new URL("reference.css", ASSETS), `${api}/natslock.css`);
  await Deno.copyFile(new URL("reference.js", ASSETS), `${api}/darkmode_toggle.js`);
  return pages.length;
}

async function manifest(): Promise<Manifest> {
  return JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT))) as Manifest;
}
