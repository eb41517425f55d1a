/** Finds or installs a Chromium. */

import { installDebian, run } from "./apt.ts";
import { installed, nodePath } from "../../tools/npm/packages.ts";
import { runs } from "../../tools/programs.ts";

const NAMES: readonly string[] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
/** Time limit of one way to install, in milliseconds. */
const PATIENCE = 180_000;

/**
 * Returns the path of a Chromium. Looks at `$CHROMIUM`, PATH, and the browser that Playwright has installed. If there
 * is none, installs one with Playwright or with apt.
 *
 * @throws {Error} if all ways fail; the message lists them
 */
export function chromiumPath(): Promise<string> {
  // Two installations at the same time would lock each other out.
  return finding ??= find((line) => Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`)));
}

let finding: Promise<string> | null = null;

async function find(say: (line: string) => void): Promise<string> {
  const named = Deno.env.get("CHROMIUM");
  if (named) {
    if (await runs(named)) return named;
    throw new Error(`Cannot run "${named}", which CHROMIUM names`);
  }
  const present = await found();
  if (present) return present;
  const failures: string[] = [];
  for (
    const [what, install] of [["npx playwright install chromium", byPlaywright], [
      "apt-get",
      () => installDebian("chromium"),
    ]] as const
  ) {
    say(`chromium: trying ${what}`);
    try {
      await install();
      const path = await found();
      if (path) return path;
      failures.push(`${what}: no working Chromium was installed`);
    } catch (error) {
      failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`Cannot find a Chromium. Set CHROMIUM, or put one on PATH. Tried:\n- ${failures.join("\n- ")}`);
}

async function found(): Promise<string | null> {
  const separator = Deno.build.os === "windows" ? ";" : ":";
  const folders = (Deno.env.get("PATH") ?? "").split(separator).filter((folder) => folder !== "");
  const onPath = NAMES.flatMap((name) => folders.map((folder) => `${folder}/${name}`));
  for (const path of [...onPath, MAC]) if (await runs(path)) return path;
  const own = await playwrightsOwn();
  return own !== "" && await runs(own) ? own : null;
}

/** Where Playwright installs its browser, whether or not it exists; empty if Playwright is not available. */
async function playwrightsOwn(): Promise<string> {
  try {
    const script = `process.stdout.write(require("playwright-core").chromium.executablePath())`;
    const cwd = await installed("browser");
    const { stdout } = await new Deno.Command(await nodePath(24), { args: ["-e", script], cwd }).output();
    return new TextDecoder().decode(stdout);
  } catch {
    return "";
  }
}

async function byPlaywright(): Promise<void> {
  const cli = `${await installed("browser")}/node_modules/playwright-core/cli.js`;
  await run(await nodePath(24), [cli, "install", "chromium"], PATIENCE);
}
