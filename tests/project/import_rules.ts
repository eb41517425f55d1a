/**
 * Finds the imports of a file and checks whether its folder allows them.
 *
 * @module
 */

/** A source file. `path` is relative to the root of the repository. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** One import or re-export of a file. */
export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

// Strings come first in the pattern, so that "//" in a string is not treated as a comment.
const LEXEMES = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[^]|[^`\\])*`)|\/\*[^]*?\*\/|\/\/[^\n]*/g;

const STATEMENT = /\b(?:import|export)\s+(type\s+)?(?:[\w*$\s,{}]+?\bfrom\s*)?["']([^"'\n]+)["']/g;
const DYNAMIC = /\bimport\s*\(\s*["'`]([^"'`\n]+)["'`]/g;

/** Removes comments, because examples in comments may import anything. */
export function withoutComments(text: string): string {
  return text.replace(LEXEMES, (_all, quoted?: string) => quoted ?? " ");
}

/** Removes comments and plain strings. */
export function bareCode(text: string): string {
  return text.replace(LEXEMES, (_all, quoted?: string) => quoted?.startsWith("`") ? quoted : ' "" ');
}

/** Returns every import, re-export and dynamic import. */
export function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  const found: Import[] = [];
  for (const [, type, specifier] of code.matchAll(STATEMENT)) {
    if (specifier) found.push({ specifier, typeOnly: type !== undefined });
  }
  for (const [, specifier] of code.matchAll(DYNAMIC)) {
    if (specifier) found.push({ specifier, typeOnly: false });
  }
  return found;
}

/** The folders of `src/`, from the lowest to the highest. A folder imports only from itself and from lower folders. */
export const FOLDERS: readonly string[] = ["base", "store", "lease", "memory", "nats", "locker", "locks", "otel"];

/** The entry points may import from any folder. */
const ENTRIES: readonly string[] = ["mod.ts", "src/testing.ts", "src/otel.ts", "src/internal.ts"];

/** Folders from which only these files, besides the folder's own, may import. */
const CLOSED: Readonly<Record<string, readonly string[]>> = {
  memory: ["src/testing.ts"],
  otel: ["src/otel.ts"],
  nats: ["mod.ts", "src/internal.ts", "src/locker/locker.ts", "src/locker/options.ts", "src/locks/options.ts"],
};

/** Packages that the command line may import. */
const CLI_PACKAGES: ReadonlySet<string> = new Set([
  ...["@x/natslock", "@x/natslock/internal"],
  ...["jetstream", "kv", "nats-core", "transport-node"].map((name) => `@nats-io/${name}`),
  ...["@bomb.sh/tab", "@inquirer/confirm", "commander", "fast-string-width", "picocolors"],
]);

/** True for a file of the command line's package. */
export function isCli(path: string): boolean {
  return path.startsWith("cli/");
}

/** Path of the file that a relative import refers to; `null` for a package. */
export function targetOf(from: string, specifier: string): string | null {
  if (!specifier.startsWith(".")) return null;
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

/** The folder of `src/` that contains a file; `null` for other files. */
function folderOf(path: string): string | null {
  return /^src\/(\w+)\//.exec(path)?.[1] ?? null;
}

function mayImport(from: string, to: string): boolean {
  if (isCli(from) || isCli(to)) return isCli(from) && isCli(to);
  const [upper, lower] = [folderOf(from), folderOf(to)];
  if (lower === null || !FOLDERS.includes(lower)) return false;
  if (upper === lower) return true;
  if (CLOSED[lower] !== undefined && !CLOSED[lower].includes(from)) return false;
  return ENTRIES.includes(from) || (upper !== null && FOLDERS.indexOf(lower) < FOLDERS.indexOf(upper));
}

function packageProblem(path: string, specifier: string): string | null {
  if (isCli(path)) {
    const isKnown = specifier.startsWith("node:") || CLI_PACKAGES.has(specifier);
    return isKnown ? null : `${path} imports ${specifier}: not a package of the command line`;
  }
  if (folderOf(path) === "nats" && specifier.startsWith("@nats-io/")) return null;
  return `${path} imports ${specifier}: only src/nats imports packages, and only those of @nats-io`;
}

/** Returns the imports of a file that its folder does not allow. */
export function importProblems({ path, text }: Source): string[] {
  const folder = folderOf(path);
  if (folder === null ? !ENTRIES.includes(path) && !isCli(path) : !FOLDERS.includes(folder)) {
    return [`${path} is in no folder that the rules name`];
  }
  return importsOf(text).flatMap(({ specifier }) => {
    const to = targetOf(path, specifier);
    if (to === null) return packageProblem(path, specifier) ?? [];
    return mayImport(path, to) ? [] : `${path} imports ${to}`;
  });
}

/** Returns one import cycle as a list of paths; `null` if there is none. */
export function importCycle(sources: readonly Source[]): readonly string[] | null {
  const graph = new Map(sources.map(({ path, text }) => [
    path,
    importsOf(text).flatMap(({ specifier }) => targetOf(path, specifier) ?? []),
  ]));
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): readonly string[] | null => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return null;
    for (const next of graph.get(path) ?? []) {
      const cycle = visit(next, [...trail, path]);
      if (cycle !== null) return cycle;
    }
    done.add(path);
    return null;
  };
  for (const path of graph.keys()) {
    const cycle = visit(path, []);
    if (cycle !== null) return cycle;
  }
  return null;
}

/** Returns the folders of `src/` in the first tree of a document, in order. */
export function documentedFolders(markdown: string): string[] {
  const [, tree = ""] = /```text\n([^]*?)```/.exec(markdown) ?? [];
  return [...tree.matchAll(/^ {2}(\w+)\/ /gm)].map(([, folder = ""]) => folder);
}
