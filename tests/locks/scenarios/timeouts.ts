/**
 * Scenarios of `timeout`, which Web Locks does not have.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { assertCode, CALLBACK, refused } from "../refusals.ts";
import type { Scenario } from "../scenario.ts";

const shared = { mode: "shared" } as const;
const extension = true;

/** Scenarios of `timeout`. */
export const TIMEOUTS: readonly Scenario[] = [
  {
    title: "a wait that reaches its timeout rejects, and its callback never runs",
    extension,
    run: async (_locks, tools) => {
      const first = await tools.hold("A", tools.name());
      await assertCode(tools.ask("B", tools.name(), { timeout: 20 }).done, "ACQUIRE_TIMEOUT");
      await tools.shows(tools.name(), "X|");
      await first.release();
      await tools.hold("C", tools.name());
      await tools.logs("A", "C");
    },
  },
  {
    title: "a timeout of 0 takes a free lock",
    extension,
    run: async (_locks, tools) => {
      await tools.hold("A", tools.name(), { timeout: 0 });
      await tools.shows(tools.name(), "X|");
    },
  },
  {
    title: "a timeout of 0 rejects when the lock is held",
    extension,
    run: async (_locks, tools) => {
      await tools.hold("A", tools.name());
      await assertCode(tools.ask("B", tools.name(), { timeout: 0 }).done, "ACQUIRE_TIMEOUT");
      await assertCode(tools.ask("C", tools.name(), { timeout: 0, client: 1 }).done, "ACQUIRE_TIMEOUT");
      await tools.shows(tools.name(), "X|");
      assertEquals(tools.log, ["A"]);
    },
  },
  {
    title: "a timeout does not end a lock that is held",
    extension,
    run: async (_locks, tools) => {
      const first = await tools.hold("A", tools.name(), { timeout: 500 });
      // More time than the timeout of the holder passes.
      await assertCode(tools.ask("B", tools.name(), { timeout: 600 }).done, "ACQUIRE_TIMEOUT");
      await tools.shows(tools.name(), "X|");
      assertEquals(await first.release("kept"), "kept");
    },
  },
  {
    title: "shared requests get in when the exclusive one before them reaches its timeout",
    extension,
    run: async (_locks, tools) => {
      await tools.hold("S1", tools.name(), shared);
      const exclusive = tools.ask("X", tools.name(), { timeout: 50 });
      const behind = tools.ask("S2", tools.name(), { ...shared, client: 1 });
      await assertCode(exclusive.done, "ACQUIRE_TIMEOUT");
      await behind.granted;
      await tools.shows(tools.name(), "SS|");
    },
  },
  {
    title: "a request that gets the lock before its timeout resolves to the callback's result",
    extension,
    run: async (_locks, tools) => {
      const first = await tools.hold("A", tools.name());
      const second = await tools.wait("B", tools.name(), { timeout: 60_000 });
      await first.release();
      await second.granted;
      assertEquals(await second.release("done"), "done");
    },
  },
  {
    title: "an abort ends a wait before its timeout",
    extension,
    run: async (_locks, tools) => {
      const controller = new AbortController();
      await tools.hold("A", tools.name());
      const second = await tools.wait("B", tools.name(), { timeout: 60_000, signal: controller.signal });
      controller.abort("enough");
      assertEquals(await second.done.catch((reason: unknown) => reason), "enough");
    },
  },
  {
    title: "a timeout that is not a number of 0 or more is a bad parameter",
    extension,
    run: async (locks, tools) => {
      for (const timeout of [-1, NaN, "5"]) {
        const error = await refused(locks, tools.name(), { timeout }, CALLBACK);
        await assertCode(Promise.reject(error), "BAD_PARAMETER");
      }
    },
  },
];
