/** Builds the guides with VitePress. */

import { guard, signalIfRunning, unguard } from "../nats/process.ts";
import { installed } from "../npm/packages.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import type { SitePlan } from "./config.ts";
import { ROOT, siteSources } from "./pages.ts";
import { INDEX, sectionsOf } from "./sections.ts";

/** What to build. */
export interface GuideOptions {
  /** Absolute path of the folder to write. VitePress empties it. */
  readonly outDir: string;
  /** Path of the site on its host. */
  readonly base: string;
  /** Address under which the files of the repository are public; may be empty. */
  readonly sourceUrl: string;
}

const ASSETS = new URL("assets/", import.meta.url);
const THEME = `import Theme from "vitepress/theme-without-fonts";\nimport "./guides.css";\nexport default Theme;\n`;

/**
 * Builds the guides. Returns the number of pages.
 *
 * @throws {Error} if VitePress cannot be installed, or cannot build a page; the message has its output
 */
export async function buildGuides(options: GuideOptions): Promise<number> {
  const vitepress = await installed("site");
  const { pages, images } = await siteSources();
  const root = ROOT.pathname.replace(/\/$/, "");
  const index = await Deno.readTextFile(new URL(INDEX, ROOT)).catch(() => "");
  const sections = sectionsOf(pages, index);
  const plan: SitePlan = { ...options, root, version: await version(), pages, sections };
  const stage = new TemporaryFolder("site");
  try {
    for (const { source, path } of pages) await copy(new URL(source, ROOT), `${stage.path}/${path}`);
    for (const path of images) await copy(new URL(path, ROOT), `${stage.path}/${path}`);
    await writeSettings(stage.path, plan);
    await Deno.symlink(`${vitepress}/node_modules`, `${stage.path}/node_modules`, { type: "junction" });
    await runVitePress(vitepress, stage.path);
    return pages.length;
  } finally {
    stage.remove();
  }
}

async function version(): Promise<string> {
  const manifest = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT))) as { readonly version: string };
  return manifest.version;
}

/** Writes what VitePress reads beside the pages: configuration, theme and icon. */
async function writeSettings(stage: string, plan: SitePlan): Promise<void> {
  const module = JSON.stringify(new URL("config.ts", import.meta.url).pathname);
  const config = `import { siteConfig } from ${module};\nexport default siteConfig(${JSON.stringify(plan)});\n`;
  await write(`${stage}/.vitepress/config.mjs`, config);
  await write(`${stage}/.vitepress/theme/index.mjs`, THEME);
  await copy(new URL("guides.css", ASSETS), `${stage}/.vitepress/theme/guides.css`);
  await copy(new URL("icon.svg", ASSETS), `${stage}/public/icon.svg`);
}

/** Runs VitePress with this Deno, from the folder of its packages: Deno resolves their imports from there. */
async function runVitePress(folder: string, stage: string): Promise<void> {
  const script = `${folder}/node_modules/vitepress/bin/vitepress.js`;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-lock", "--node-modules-dir=manual", script, "build", stage],
    ...{ cwd: folder, env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" } },
    ...{ stdin: "null", stdout: "piped", stderr: "piped" } as const,
  }).spawn();
  const child = { destroy: () => signalIfRunning(process, "SIGKILL") };
  guard(child);
  const { success, stdout, stderr } = await process.output();
  unguard(child);
  if (success) return;
  const decoder = new TextDecoder();
  throw new Error(`VitePress cannot build the guides:\n${decoder.decode(stdout)}${decoder.decode(stderr)}`.trim());
}

async function write(path: string, text: string): Promise<void> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(path, text);
}

async function copy(from: URL, path: string): Promise<void> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.copyFile(from, path);
}
