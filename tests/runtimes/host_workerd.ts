/**
 * Runs one workerd for one order, from Node: `host_workerd.mjs <miniflare> <bundle> <order>`. It ends with its input.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";

/** The used part of miniflare. */
interface Miniflare {
  dispatchFetch(url: string, init: { method: string; body: string }): Promise<Response>;
  dispose(): Promise<void>;
}

interface MiniflareModule {
  readonly Miniflare: new (options: Record<string, unknown>) => Miniflare;
}

const [library = "", bundle = "", order = ""] = process.argv.slice(2);
// If this process is killed, its temporary files are removed with the bundle.
process.env["TMPDIR"] = dirname(bundle);
const { Miniflare } = await import(library) as MiniflareModule;
const script = await readFile(bundle, "utf8");
const workerd = new Miniflare({ modules: true, compatibilityDate: "2026-05-03", script });

const end = async (): Promise<never> => {
  await workerd.dispose();
  return process.exit(0);
};
process.stdin.on("end", () => void end());
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void end());
process.stdin.resume();

const { body } = await workerd.dispatchFetch("http://localhost/", { method: "POST", body: order });
for await (const chunk of body ?? []) process.stdout.write(chunk);
await end();
