/**
 * Takes the picture for the README: `deno run -A tests/dashboard/picture.ts`. This takes two minutes, because the
 * timelines show two minutes.
 *
 * @module
 */

import { Locker } from "@x/natslock";
import type { DemoAct } from "../../examples/dashboard/feed/demo_api.ts";
import { DashboardDemo } from "../../tools/dashboard/demo.ts";
import { Chromium } from "../helpers/page.ts";
import { PICTURES, Stage } from "./stage.ts";

const CAST = {
  "billing.invoices": ["ada", "grace"],
  "reconciler": ["edsger", "barbara"],
  "reports.nightly": ["linus"],
};
const PACE = { ttl: 6000, interval: 2000 };
/** Holders that only hold their locks. */
const HOLDERS = [
  ["cache.warmer", "edge-7", "bun 1.4", "fra-2"],
  ["search.index", "indexer", "node 24", "fra-1"],
  ["sessions.sweeper", "edge-3", "chromium", "ams-4"],
] as const;

/** What happens, in seconds since the page was opened. */
const SCRIPT: readonly (readonly [at: number, act: DemoAct["act"], name: string])[] = [
  ...[[14, "kill", "edsger"], [24, "start", "edsger"], [30, "stop", "ada"], [36, "start", "ada"]] as const,
  ...[[44, "stop", "linus"], [52, "start", "linus"], [56, "stop", "barbara"], [62, "start", "barbara"]] as const,
  ...[[66, "kill", "linus"], [80, "start", "linus"], [84, "kill", "grace"], [94, "start", "grace"]] as const,
  ...[[100, "stop", "edsger"], [106, "start", "edsger"]] as const,
];
const END = 118;

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

await using demo = await DashboardDemo.start(CAST, PACE);
await using chromium = await Chromium.launch();
await using holding = new AsyncDisposableStack();
for (const [key, name, runtime, host] of HOLDERS) {
  const options = { servers: demo.server.url, bucket: "locks", ttl: PACE.ttl, key, name, meta: { runtime, host } };
  await holding.use(await Locker.open(options)).acquire();
}
for (const name of ["ada", "edsger", "linus"]) await demo.perform({ act: "start", name });
await using stage = await Stage.open(chromium, demo.settings, { size: { width: 1280, height: 690 } });
await stage.until(`document.querySelector(".tile.held dd")?.innerText === "6"`);
for (const name of ["barbara", "grace"]) await demo.perform({ act: "start", name });
const start = performance.now();
for (const [at, act, name] of SCRIPT) {
  await later(start + at * 1000 - performance.now());
  await demo.perform({ act, name });
}
await later(start + END * 1000 - performance.now());
await stage.picture("readme-light");
await stage.page.emulateMedia({ colorScheme: "dark" });
await stage.picture("readme-dark");
Deno.stdout.writeSync(new TextEncoder().encode(`${PICTURES}\n`));
