/** A demo and a browser for a test. */

import { assertEquals } from "@std/assert";
import { DashboardDemo, type Pace } from "../../tools/dashboard/demo.ts";
import { Chromium } from "../helpers/page.ts";

/** The candidates, by the lock that they want. */
export const CAST = { reconciler: ["red", "green"] } as const;
/** Times of the demo in milliseconds. */
export const PACE: Pace = { ttl: 2000, interval: 500 };

/** Runs a test body with a browser and a demo without running candidates. Fails if a page had an uncaught error. */
export async function withDemo(
  body: (demo: DashboardDemo, chromium: Chromium) => Promise<void>,
  pace: Pace = PACE,
): Promise<void> {
  await using demo = await DashboardDemo.start(CAST, pace);
  await using chromium = await Chromium.launch();
  await body(demo, chromium);
  assertEquals(chromium.errors, []);
}
