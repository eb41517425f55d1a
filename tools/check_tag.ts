// deno-lint-ignore-file no-console
/**
 * Says whether a tag names the version of deno.json:
 * `deno task check-tag v0.1.0`, or the tag of the GitHub workflow that runs.
 *
 * @module
 */

/** What is wrong with publishing `version` from `tag`, or `undefined`. */
export function tagProblem(tag: string, version: string): string | undefined {
  if (tag === `v${version}`) return undefined;
  return tag === ""
    ? "no tag given: pass it as the argument or in GITHUB_REF_NAME"
    : `tag ${tag} is not v${version}, the version in deno.json`;
}

async function main(args: readonly string[]): Promise<number> {
  const tag = args[0] ?? Deno.env.get("GITHUB_REF_NAME") ?? "";
  const manifest = new URL("../deno.json", import.meta.url);
  const text = await Deno.readTextFile(manifest);
  const { version } = JSON.parse(text) as { version: string };
  const problem = tagProblem(tag, version);
  if (problem === undefined) {
    console.log(`tag ${tag} agrees with deno.json`);
    return 0;
  }
  console.error(problem);
  return 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
