// deno-lint-ignore-file no-console
/**
 * Checks that a tag names the version of both packages: `deno task check-tag v0.1.0`. Without an argument it checks the
 * tag of the running GitHub workflow.
 *
 * @module
 */

/** The packages that are published from one tag. */
const MANIFESTS = ["deno.json", "cli/deno.json"];

/** Returns why the `version` of a manifest must not be published from `tag`; `undefined` if it may be. */
export function tagProblem(tag: string, version: string, manifest: string = "deno.json"): string | undefined {
  if (tag === `v${version}`) return undefined;
  return tag === ""
    ? "no tag given: pass it as an argument or in GITHUB_REF_NAME"
    : `tag ${tag} is not v${version}, the version in ${manifest}`;
}

async function main(args: readonly string[]): Promise<number> {
  const tag = args[0] ?? Deno.env.get("GITHUB_REF_NAME") ?? "";
  for (const path of MANIFESTS) {
    const text = await Deno.readTextFile(new URL(`../${path}`, import.meta.url));
    const { version } = JSON.parse(text) as { version: string };
    const problem = tagProblem(tag, version, path);
    if (problem !== undefined) {
      console.error(problem);
      return 1;
    }
  }
  console.log(`tag ${tag} agrees with ${MANIFESTS.join(" and ")}`);
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
