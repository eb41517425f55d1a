// deno-lint-ignore-file no-console
/**
 * Checks that a tag names the version in deno.json: `deno task check-tag v0.1.0`. Without an argument it checks the tag
 * of the running GitHub workflow.
 *
 * @module
 */

/** Returns why `version` must not be published from `tag`; `undefined` if it may be. */
export function tagProblem(tag: string, version: string): string | undefined {
  if (tag === `v${version}`) return undefined;
  return tag === ""
    ? "no tag given: pass it as an argument or in GITHUB_REF_NAME"
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
