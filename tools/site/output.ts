/** The folder that the site is written to. */

import { dirname } from "node:path";
import { UsageError } from "../usage.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

/** A file that marks a folder as one that this tool wrote and may replace. */
const MARK = ".natslock-site";

/**
 * Calls `build` with an empty folder, then puts that folder in the place of `out`. If `build` rejects, or this process
 * is interrupted, `out` stays as it was.
 *
 * @throws {UsageError} if `out` exists and is not a site that this tool has written
 */
export async function replaceFolder(out: string, build: (folder: string) => Promise<void>): Promise<void> {
  requireReplaceable(out);
  await Deno.mkdir(dirname(out), { recursive: true });
  // A folder can only be renamed within its file system.
  const part = new TemporaryFolder("site", { dir: dirname(out) });
  try {
    const folder = `${part.path}/new`;
    await Deno.mkdir(folder);
    await build(folder);
    await Deno.writeTextFile(`${folder}/${MARK}`, "");
    await Deno.rename(out, `${part.path}/old`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    await Deno.rename(folder, out);
  } finally {
    part.remove();
  }
}

/** Refuses a folder that has files of the user. */
function requireReplaceable(out: string): void {
  let names: string[];
  try {
    names = [...Deno.readDirSync(out)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw new UsageError(`Cannot write "--out": "${out}" is not a folder`);
  }
  if (names.length === 0 || names.includes(MARK)) return;
  throw new UsageError(`Cannot write "--out": "${out}" has files that are not a site, name another folder`);
}

/** Paths of all files below a folder, relative to it, sorted. */
export function filesBelow(folder: string, below = ""): string[] {
  return [...Deno.readDirSync(`${folder}/${below}`)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(folder, `${below}${name}/`) : [`${below}${name}`]
  ).sort();
}
