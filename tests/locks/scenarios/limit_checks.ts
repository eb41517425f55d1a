/**
 * Scenarios of limits and weights that are refused.
 *
 * @module
 */

import { assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { assertCode, CALLBACK, refused, rejection } from "../refusals.ts";
import type { Scenario } from "../scenario.ts";
import type { AskOptions, Tools } from "../tools.ts";

const shared = { mode: "shared" } as const;
const limited = (limit: number, weight?: number): AskOptions => ({ mode: "shared", limit, weight });
const extension = true;

/** Checks that a request is refused because of its limit, with both limits in the message. */
async function assertMismatch(tools: Tools, options: AskOptions, both: readonly string[]): Promise<void> {
  const error = await rejection(tools.ask("refused", tools.name(), options).done);
  assertInstanceOf(error, Error);
  assertEquals(typeof (error as Error & { code?: unknown }).code, "string");
  for (const text of both) assertStringIncludes(error.message, text);
  assertEquals(tools.log.includes("refused"), false);
}

/** Scenarios of limits that do not fit. */
export const LIMIT_CHECKS: readonly Scenario[] = [
  {
    title: "another limit than that of the holders is refused with an error that names both",
    extension,
    run: async (_locks, tools) => {
      await tools.hold("A", tools.name(), limited(71));
      await assertMismatch(tools, limited(83), ["71", "83"]);
      await assertMismatch(tools, { ...limited(83), client: 1 }, ["71", "83"]);
      await tools.shows(tools.name(), "S|");
      await tools.hold("B", tools.name(), limited(71));
    },
  },
  {
    title: "no limit behind a limit, and a limit behind none, are refused",
    extension,
    run: async (_locks, tools) => {
      const first = await tools.hold("A", tools.name(), limited(71));
      await assertMismatch(tools, shared, ["71"]);
      await first.release();
      await tools.hold("B", tools.name(), shared);
      await assertMismatch(tools, limited(83), ["83"]);
    },
  },
  {
    title: "another limit is allowed when the requests with the former one are gone",
    extension,
    run: async (_locks, tools) => {
      const first = await tools.hold("A", tools.name(), limited(2));
      await first.release();
      await tools.hold("B", tools.name(), limited(3));
      await tools.hold("C", tools.name(), limited(3, 2));
      await tools.shows(tools.name(), "SS|");
    },
  },
  {
    title: "a limit with exclusive mode, or that is not a whole number of 1 or more, is a bad parameter",
    extension,
    run: async (locks, tools) => {
      const wrong: unknown[] = [{ limit: 2 }, { limit: 2, mode: "exclusive" }];
      for (const limit of [0, -1, 1.5, NaN, Infinity, "2"]) wrong.push({ mode: "shared", limit });
      for (const options of wrong) {
        await assertCode(Promise.reject(await refused(locks, tools.name(), options, CALLBACK)), "BAD_PARAMETER");
      }
    },
  },
  {
    title: "a weight without a limit, or that is not a whole number from 1 to the limit, is a bad parameter",
    extension,
    run: async (locks, tools) => {
      const wrong: unknown[] = [{ weight: 1 }, { weight: 1, mode: "shared" }];
      for (const weight of [0, -1, 1.5, 4, NaN, "2"]) wrong.push({ mode: "shared", limit: 3, weight });
      for (const options of wrong) {
        await assertCode(Promise.reject(await refused(locks, tools.name(), options, CALLBACK)), "BAD_PARAMETER");
      }
    },
  },
];
