/**
 * Checks a page with axe.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { npmFolder } from "../../tools/npm/install.ts";
import type { Page } from "./page.ts";

const AXE = `axe.run().then(({ violations, passes }) => ({
  passes: passes.length,
  violations: violations.map(({ id, nodes }) => id + ": " + nodes.slice(0, 3).map((node) => node.html.slice(0, 160) + " " + node.failureSummary).join(" | ")),
}))`;

/** A theme of a page. */
export type ColorScheme = "light" | "dark";

/**
 * Checks the current page with axe in the light and the dark theme. `settled` waits until the page shows a theme.
 * Default: the page needs no time for that.
 */
export async function assertAccessible(
  page: Page,
  settled: (colorScheme: ColorScheme) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const axe = await npmFolder("axe", { "axe-core": "4.14.1" });
  await page.evaluate(await Deno.readTextFile(`${axe}/node_modules/axe-core/axe.min.js`));
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await settled(colorScheme);
    const found = await page.evaluate<{ readonly violations: string[]; readonly passes: number }>(AXE);
    assert(found.passes > 10, "axe has checked almost nothing");
    assertEquals(found.violations, [], colorScheme);
  }
  await page.emulateMedia({ colorScheme: "light" });
}
