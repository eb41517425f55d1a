/**
 * Scenarios of requests that do not wait.
 *
 * @module
 */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { rejection } from "../refusals.ts";
import type { Scenario } from "../scenario.ts";

const shared = { mode: "shared" } as const;
const ifAvailable = true;

/** Deno lets the request wait instead of passing `null` to its callback. */
const WAITS = "Deno lets a shared ifAvailable request wait behind a pending exclusive one";

/** Scenarios of `ifAvailable`. */
export const IF_AVAILABLE: readonly Scenario[] = [
  {
    title: "ifAvailable gets a free lock and holds it as any other request",
    run: async (_locks, tools) => {
      const first = await tools.hold("A", tools.name(), { ifAvailable });
      const second = await tools.wait("B", tools.name());
      await tools.logs("A");
      await first.release();
      await second.granted;
    },
  },
  {
    title: "ifAvailable gets null while another request holds the lock",
    run: async (_locks, tools) => {
      await tools.hold("A", tools.name());
      await tools.hold("B", tools.name(), { ifAvailable });
      await tools.hold("C", tools.name(), { ...shared, ifAvailable });
      assertEquals(tools.log, ["A", "B-", "C-"]);
    },
  },
  {
    title: "ifAvailable gets null while another client holds the lock",
    run: async (_locks, tools) => {
      const first = await tools.hold("A", tools.name());
      await tools.hold("B", tools.name(), { ifAvailable, client: 1 });
      await first.release();
      await tools.hold("C", tools.name(), { ifAvailable, client: 2 });
      assertEquals(tools.log, ["A", "B-", "C"]);
    },
  },
  {
    title: "a shared ifAvailable request joins shared holders",
    run: async (_locks, tools) => {
      await tools.hold("A", tools.name(), shared);
      await tools.hold("B", tools.name(), { ...shared, ifAvailable });
      assertEquals(tools.log, ["A", "B"]);
    },
  },
  {
    title: "an exclusive ifAvailable request gets null behind shared holders",
    run: async (_locks, tools) => {
      await tools.hold("A", tools.name(), shared);
      await tools.hold("B", tools.name(), { ifAvailable });
      assertEquals(tools.log, ["A", "B-"]);
    },
  },
  {
    title: "a shared ifAvailable request gets null behind a pending exclusive one",
    nativeDiffers: WAITS,
    run: async (_locks, tools) => {
      await tools.hold("S", tools.name(), shared);
      await tools.wait("X", tools.name());
      await tools.hold("B", tools.name(), { ...shared, ifAvailable });
      assertEquals(tools.log, ["S", "B-"]);
    },
  },
  {
    title: "a shared ifAvailable request gets null behind a pending exclusive one of another client",
    nativeDiffers: WAITS,
    run: async (_locks, tools) => {
      await tools.hold("S", tools.name(), shared);
      await tools.wait("X", tools.name(), { client: 1 });
      await tools.hold("B", tools.name(), { ...shared, ifAvailable, client: 2 });
      assertEquals(tools.log, ["S", "B-"]);
    },
  },
  {
    title: "an ifAvailable request that got null holds nothing while its callback runs",
    run: async (_locks, tools) => {
      const name = tools.name();
      const first = await tools.hold("A", name);
      const second = await tools.hold("B", name, { ifAvailable });
      await tools.shows(name, "X|");
      await first.release();
      await tools.hold("C", name);
      assertEquals(await second.release("nothing"), "nothing");
      await tools.shows(name, "X|");
      assertEquals(tools.log, ["A", "B-", "C"]);
    },
  },
  {
    title: "a request rejects with what its callback throws for null",
    run: async (locks, tools) => {
      const error = new Error("mine");
      await tools.hold("A", tools.name());
      const throwing = () => {
        throw error;
      };
      assertStrictEquals(await rejection(locks.request(tools.name(), { ifAvailable }, throwing)), error);
      await tools.shows(tools.name(), "X|");
    },
  },
  {
    title: "an ifAvailable request does not disturb those that wait",
    run: async (_locks, tools) => {
      const name = tools.name();
      const calls = [await tools.hold("A", name), await tools.wait("B", name), await tools.wait("C", name)];
      for (const label of ["1", "2"]) await tools.hold(label, name, { ifAvailable });
      await tools.shows(name, "X|XX");
      for (const call of calls) await call.release();
      assertEquals(tools.log, ["A", "1-", "2-", "B", "C"]);
    },
  },
];
