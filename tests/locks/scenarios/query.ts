/**
 * Scenarios of queries.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { rejection } from "../refusals.ts";
import type { Scenario } from "../scenario.ts";

const shared = { mode: "shared" } as const;

/** Scenarios of `query()`. */
export const QUERY: readonly Scenario[] = [
  {
    title: "a query has two lists, without a name that nobody requested",
    run: async (locks, tools) => {
      const { held, pending } = await locks.query();
      assert(Array.isArray(held) && Array.isArray(pending));
      assertEquals(await tools.look(tools.name()), { held: [], pending: [] });
    },
  },
  {
    title: "a query shows name, mode and client of a held lock and of a pending request",
    run: async (_locks, tools) => {
      const name = tools.name();
      await tools.hold("A", name, shared);
      await tools.wait("B", name);
      const { held: [held], pending: [pending] } = await tools.look(name);
      assertEquals([held?.name, held?.mode], [name, "shared"]);
      assertEquals([pending?.name, pending?.mode], [name, "exclusive"]);
      assert(typeof held?.clientId === "string" && held.clientId !== "");
      assertEquals(pending?.clientId, held.clientId);
    },
  },
  {
    title: "a query shows the requests of a name in the order in which they were made",
    run: async (_locks, tools) => {
      const name = tools.name();
      await tools.hold("A", name);
      for (const [index, letter] of [..."XSSXXSX"].entries()) {
        await tools.wait(`${index}`, name, letter === "S" ? shared : {});
      }
      await tools.shows(name, "X|XSSXXSX");
    },
  },
  {
    title: "a query shows the requests of several clients in the order in which they were made",
    run: async (_locks, tools) => {
      const name = tools.name();
      await tools.hold("A", name);
      for (const [index, letter] of [..."SXXSXS"].entries()) {
        await tools.wait(`${index}`, name, { mode: letter === "S" ? "shared" : "exclusive", client: index % 3 });
      }
      await tools.shows(name, "X|SXXSXS");
    },
  },
  {
    title: "a query that is made right after requests shows all of them in their order",
    run: async (_locks, tools) => {
      const name = tools.name();
      const calls = [tools.ask("A", name), tools.ask("B", name, shared), tools.ask("C", name)];
      const { held, pending } = await tools.look(name);
      assertEquals([...held, ...pending].map(({ mode }) => mode), ["exclusive", "shared", "exclusive"]);
      for (const call of calls) await call.release();
    },
  },
  {
    title: "a query shows shared holders in the order of their requests, and who waits behind them",
    run: async (_locks, tools) => {
      const name = tools.name();
      const first = await tools.hold("X", name);
      const behind = [await tools.wait("S1", name, shared), await tools.wait("S2", name, shared)];
      await tools.wait("X2", name);
      await first.release();
      await Promise.all(behind.map((call) => call.granted));
      await tools.shows(name, "SS|X");
    },
  },
  {
    title: "a query does not show what was released when its promise has settled",
    run: async (_locks, tools) => {
      const call = await tools.hold("A", tools.name());
      await call.release();
      assertEquals(await tools.look(tools.name()), { held: [], pending: [] });
    },
  },
  {
    title: "a query does not show a request that was aborted",
    run: async (_locks, tools) => {
      const controller = new AbortController();
      await tools.hold("A", tools.name());
      const aborted = await tools.wait("B", tools.name(), { signal: controller.signal });
      await tools.wait("S", tools.name(), shared);
      controller.abort();
      await rejection(aborted.done);
      await tools.shows(tools.name(), "X|S");
    },
  },
  {
    title: "a query shows the locks of all names",
    run: async (_locks, tools) => {
      for (const label of ["a", "b", "c"]) await tools.hold(label, tools.name(label), label === "b" ? shared : {});
      await tools.wait("b2", tools.name("b"));
      await tools.shows(tools.name("a"), "X|");
      await tools.shows(tools.name("b"), "S|X");
      await tools.shows(tools.name("c"), "X|");
    },
  },
  {
    title: "a query is a snapshot that later requests do not change",
    run: async (_locks, tools) => {
      const call = await tools.hold("A", tools.name());
      const before = await tools.look(tools.name());
      await call.release();
      await tools.hold("S", tools.name(), shared);
      assertEquals(before.held.map(({ mode }) => mode), ["exclusive"]);
    },
  },
];
