/**
 * Divides the test files among the steps of `deno task test`.
 *
 * @module
 */

/** Tests that measure time or memory, except those in `COMPUTING`. Nothing else may run at the same time. */
const ALONE: readonly string[] = ["tests/cli/start_test.ts", "tests/load"];

/**
 * Tests that keep a core busy, by computing or by a page that draws. Tests with leases of a real server would notice if
 * many of these ran at the same time.
 */
const COMPUTING: readonly string[] = [
  ...["tests/cli/loop_test.ts", "tests/dashboard", "tests/hostile", "tests/lease", "tests/load/race_test.ts"],
  ...["tests/locks/hour_test.ts", "tests/locks/memory_random_test.ts", "tests/locks/mutants_test.ts"],
  ...["tests/locks/random_requests_test.ts", "tests/locks/reference_test.ts", "tests/project", "tests/sim"],
];

const ROOT = new URL("../", import.meta.url);

/** The test files of each step. */
export interface Shares {
  readonly measuring: readonly string[];
  readonly computing: readonly string[];
  readonly waiting: readonly string[];
}

/**
 * Divides test files among the steps. Each step names its files, because `--ignore` of `deno test` does not leave out
 * what a path that it is given contains.
 */
export function shares(files: readonly string[]): Shares {
  const isIn = (paths: readonly string[]) => (file: string) =>
    paths.some((path) => file === path || file.startsWith(`${path}/`));
  const [computes, measures] = [isIn(COMPUTING), isIn(ALONE)];
  return {
    measuring: files.filter((file) => measures(file) && !computes(file)),
    computing: files.filter(computes),
    waiting: files.filter((file) => !measures(file) && !computes(file)),
  };
}

/** Returns the test files below a folder, as paths from the root. */
export async function testFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}/${name}`;
    if (isDirectory) files.push(...await testFiles(path));
    else if (/_test\.ts$/.test(name)) files.push(path);
  }
  return files.sort();
}
