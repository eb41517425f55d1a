/**
 * Scenarios of requests for several names, which Web Locks does not have.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { LockLike } from "../locks_like.ts";
import { assertCode, assertDomError, assertNotSupported, CALLBACK, rejection } from "../refusals.ts";
import type { Scenario } from "../scenario.ts";

const shared = { mode: "shared" } as const;
const extension = true;

/** Scenarios of lists of names. */
export const SEVERAL: readonly Scenario[] = [
  {
    title: "a request for several names gets their locks in the order of the names",
    extension,
    run: async (_locks, tools) => {
      const names = ["b", "a", "c"].map((label) => tools.name(label));
      const call = await tools.hold("A", names);
      const granted = await call.granted as readonly LockLike[];
      assert(Array.isArray(granted));
      assertEquals(granted.map(({ name, mode }) => [name, mode]), names.map((name) => [name, "exclusive"]));
      for (const name of names) await tools.shows(name, "X|");
      assertEquals(await call.release("all"), "all");
      for (const name of names) await tools.hold("B", name, { ifAvailable: true });
      assertEquals(tools.log, ["A", "B", "B", "B"]);
    },
  },
  {
    title: "a list of one name gets a list of one lock",
    extension,
    run: async (_locks, tools) => {
      const call = await tools.hold("A", [tools.name()]);
      const granted = await call.granted as readonly LockLike[];
      assertEquals(granted.map(({ name }) => name), [tools.name()]);
    },
  },
  {
    title: "a request for several names runs its callback once it has all of them",
    extension,
    run: async (_locks, tools) => {
      const [a, b] = [tools.name("a"), tools.name("b")];
      const holders = [await tools.hold("A", a), await tools.hold("B", b, { client: 1 })];
      const both = tools.ask("AB", [a, b], { client: 2 });
      await tools.shows(a, "X|X");
      await holders[0]?.release();
      await tools.shows(a, "X|");
      await tools.shows(b, "X|X");
      await tools.logs("A", "B");
      await holders[1]?.release();
      await both.granted;
      await tools.shows(b, "X|");
    },
  },
  {
    title: "a request that waits for the first of several names does not keep others from the second",
    extension,
    run: async (_locks, tools) => {
      const [a, b] = [tools.name("a"), tools.name("b")];
      const first = await tools.hold("A", a);
      const both = tools.ask("AB", [b, a]);
      await tools.shows(a, "X|X");
      await tools.shows(b, "|");
      const other = await tools.hold("B", b, { client: 1 });
      await first.release();
      await tools.logs("A", "B");
      await other.release();
      await both.granted;
    },
  },
  {
    title: "ifAvailable for several names gets null if one is taken, and keeps none",
    extension,
    run: async (_locks, tools) => {
      const names = ["a", "b", "c"].map((label) => tools.name(label));
      await tools.hold("B", names[1] ?? "");
      await tools.hold("all", names, { ifAvailable: true });
      assertEquals(tools.log, ["B", "all-"]);
      for (const [index, queue] of ["|", "X|", "|"].entries()) await tools.shows(names[index] ?? "", queue);
      await tools.hold("A", names[0] ?? "", { ifAvailable: true, client: 1 });
      assertEquals(tools.log, ["B", "all-", "A"]);
    },
  },
  {
    title: "ifAvailable for several names gets all of them if all are free",
    extension,
    run: async (_locks, tools) => {
      const names = ["a", "b"].map((label) => tools.name(label));
      await tools.hold("all", names, { ifAvailable: true });
      for (const name of names) await tools.shows(name, "X|");
      assertEquals(tools.log, ["all"]);
    },
  },
  {
    title: "an abort of a request for several names gives back those that it has",
    extension,
    run: async (_locks, tools) => {
      const controller = new AbortController();
      const [a, b] = [tools.name("a"), tools.name("b")];
      await tools.hold("B", b);
      const both = tools.ask("AB", [a, b], { signal: controller.signal, client: 1 });
      await tools.shows(a, "X|");
      await tools.shows(b, "X|X");
      controller.abort("enough");
      assertStrictEquals(await rejection(both.done), "enough");
      await tools.shows(a, "|");
      await tools.shows(b, "X|");
      assertEquals(tools.log, ["B"]);
    },
  },
  {
    title: "a timeout of a request for several names leaves nothing",
    extension,
    run: async (_locks, tools) => {
      const [a, b] = [tools.name("a"), tools.name("b")];
      await tools.hold("B", b);
      await assertCode(tools.ask("AB", [a, b], { timeout: 50, client: 1 }).done, "ACQUIRE_TIMEOUT");
      await tools.shows(a, "|");
      await tools.shows(b, "X|");
      assertEquals(tools.log, ["B"]);
    },
  },
  {
    title: "requests for the same names in opposite orders all end",
    extension,
    run: async (_locks, tools) => {
      const [a, b, c] = [tools.name("a"), tools.name("b"), tools.name("c")];
      const orders = [[a, b], [b, a], [c, a, b], [b, c], [c, b, a], [a, c]];
      const calls = [];
      for (let round = 0; round < 3; round++) {
        calls.push(...orders.map((names, index) => tools.ask(`${index}`, names, { client: index % 3 })));
      }
      await Promise.all(calls.map((call) => call.release()));
      assertEquals(tools.log.length, 18);
    },
  },
  {
    title: "shared requests for several names hold together",
    extension,
    run: async (_locks, tools) => {
      const names = ["a", "b"].map((label) => tools.name(label));
      await tools.hold("1", names, shared);
      await tools.hold("2", names.toReversed(), { ...shared, client: 1 });
      for (const name of names) await tools.shows(name, "SS|");
    },
  },
  {
    title: "a theft of several names takes all of them",
    extension,
    run: async (_locks, tools) => {
      const names = ["b", "a"].map((label) => tools.name(label));
      const victims = [];
      for (const name of names) victims.push(await tools.hold("V", name, { client: 1 }));
      await tools.hold("T", names, { steal: true });
      for (const victim of victims) await assertDomError(victim.done, "AbortError");
      for (const name of names) await tools.shows(name, "X|");
    },
  },
  {
    title: "a theft of one of several names ends the request for all of them",
    extension,
    run: async (_locks, tools) => {
      const names = ["a", "b"].map((label) => tools.name(label));
      const victim = await tools.hold("AB", names);
      await tools.hold("T", names[0] ?? "", { steal: true, client: 1 });
      await assertDomError(victim.done, "AbortError");
      await tools.shows(names[0] ?? "", "X|");
    },
  },
  {
    title: "a callback that fails releases all of its names",
    extension,
    run: async (_locks, tools) => {
      const names = ["a", "b"].map((label) => tools.name(label));
      const call = await tools.hold("AB", names);
      await rejection(call.fail(new Error("mine")));
      for (const name of names) await tools.hold(name, name, { ifAvailable: true });
    },
  },
  {
    title: "a hyphen at the start of one of several names is a NotSupportedError",
    extension,
    run: async (locks, tools) => {
      await assertNotSupported(locks, [tools.name("a"), "-b"], CALLBACK);
      await tools.shows(tools.name("a"), "|");
    },
  },
];
