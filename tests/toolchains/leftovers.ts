/** Finds out which parts of the library a bundle contains, by their texts. Minifiers keep these. */

/** Shorter texts may also be in other code. */
const SHORTEST = 14;
const TEXT = /"([^"\\\n]+)"/g;

/**
 * Returns the texts of a folder in `src/` of the installed library that no other file of the library has: messages and
 * the like.
 */
export async function textsOnlyIn(library: string, folder: string): Promise<string[]> {
  const own = new Set<string>();
  const others = new Set<string>();
  for (const path of await scripts(`${library}/src`)) {
    const isOwn = path.startsWith(`${library}/src/${folder}/`);
    for (const text of textsIn(await Deno.readTextFile(path))) (isOwn ? own : others).add(text);
  }
  return [...own].filter((text) => !others.has(text));
}

/** The long texts of a module, without comments, imports and templates. */
function textsIn(module: string): string[] {
  const code = module.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*/gm, "");
  const texts = [...code.matchAll(TEXT)].map(([, text = ""]) => text);
  return texts.filter((text) => text.length >= SHORTEST && !/^[.@]|\$\{/.test(text));
}

async function scripts(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await scripts(path));
    else if (name.endsWith(".js")) found.push(path);
  }
  return found;
}
