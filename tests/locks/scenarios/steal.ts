/**
 * Scenarios of theft.
 *
 * @module
 */

import { assertEquals, assertGreater } from "@std/assert";
import { assertDomError, rejection } from "../refusals.ts";
import type { Scenario } from "../scenario.ts";

const shared = { mode: "shared" } as const;
const steal = true;

/** Scenarios of `steal`. */
export const STEAL: readonly Scenario[] = [
  {
    title: "steal takes a free lock as any other request",
    run: async (_locks, tools) => {
      const call = await tools.hold("A", tools.name(), { steal });
      await tools.shows(tools.name(), "X|");
      assertEquals(await call.release("kept"), "kept");
    },
  },
  {
    title: "a theft rejects the holder's promise with an AbortError while its callback runs",
    run: async (_locks, tools) => {
      const victim = await tools.hold("A", tools.name());
      await tools.hold("T", tools.name(), { steal });
      // The callback of the victim has not been released.
      await assertDomError(victim.done, "AbortError");
      await tools.shows(tools.name(), "X|");
    },
  },
  {
    title: "a theft by another client rejects the holder's promise with an AbortError",
    run: async (_locks, tools) => {
      const victim = await tools.hold("A", tools.name());
      const thief = await tools.hold("T", tools.name(), { steal, client: 1 });
      await assertDomError(victim.done, "AbortError");
      await tools.shows(tools.name(), "X|");
      assertEquals(await thief.release("stolen"), "stolen");
    },
  },
  {
    title: "the end of the victim's callback does not release the thief's lock",
    run: async (_locks, tools) => {
      const victim = await tools.hold("A", tools.name());
      const thief = await tools.hold("T", tools.name(), { steal });
      await rejection(victim.done);
      const next = await tools.wait("B", tools.name());
      victim.release();
      await tools.shows(tools.name(), "X|X");
      await tools.logs("A", "T");
      await thief.release();
      await next.granted;
    },
  },
  {
    title: "an error of the victim's callback after the theft is ignored",
    run: async (_locks, tools) => {
      const victim = await tools.hold("A", tools.name());
      await tools.hold("T", tools.name(), { steal });
      await assertDomError(victim.done, "AbortError");
      await assertDomError(victim.fail(new Error("late")), "AbortError");
      await tools.barrier();
      await tools.shows(tools.name(), "X|");
    },
  },
  {
    title: "a theft takes the lock from all shared holders",
    run: async (_locks, tools) => {
      const victims = [];
      for (const client of [0, 1, 2]) victims.push(await tools.hold(`${client}`, tools.name(), { ...shared, client }));
      await tools.hold("T", tools.name(), { steal });
      for (const victim of victims) await assertDomError(victim.done, "AbortError");
      await tools.shows(tools.name(), "X|");
    },
  },
  {
    title: "a thief holds before those that waited, and they keep their order",
    run: async (_locks, tools) => {
      const name = tools.name();
      const victim = await tools.hold("A", name);
      const waiting = [await tools.wait("B", name), await tools.wait("C", name), await tools.wait("D", name)];
      const thief = await tools.hold("T", name, { steal });
      await assertDomError(victim.done, "AbortError");
      await tools.shows(name, "X|XXX");
      await tools.logs("A", "T");
      await thief.release();
      for (const call of waiting) await call.release();
      await tools.logs("A", "T", "B", "C", "D");
    },
  },
  {
    title: "waiting requests of other clients survive a theft",
    run: async (_locks, tools) => {
      const name = tools.name();
      await tools.hold("A", name);
      const waiting = [await tools.wait("B", name, { client: 1 }), await tools.wait("C", name, { client: 2 })];
      const thief = await tools.hold("T", name, { steal });
      await tools.shows(name, "X|XX");
      await thief.release();
      const results = await Promise.all(waiting.map((call, index) => call.release(index)));
      assertEquals(results, [0, 1]);
    },
  },
  {
    title: "a thief can be robbed by another thief",
    run: async (_locks, tools) => {
      const victim = await tools.hold("A", tools.name());
      const first = await tools.hold("T1", tools.name(), { steal, client: 1 });
      const second = await tools.hold("T2", tools.name(), { steal, client: 2 });
      await assertDomError(victim.done, "AbortError");
      await assertDomError(first.done, "AbortError");
      await tools.shows(tools.name(), "X|");
      assertEquals(await second.release("last"), "last");
    },
  },
  {
    title: "of thieves at once the last one holds, and the others reject with an AbortError",
    run: async (_locks, tools) => {
      const robbed = ["T1", "T2"].map((label) => tools.ask(label, tools.name(), { steal }));
      const last = await tools.hold("T3", tools.name(), { steal });
      for (const thief of robbed) await assertDomError(thief.done, "AbortError");
      await tools.shows(tools.name(), "X|");
      assertEquals(await last.release("last"), "last");
    },
  },
  {
    title: "a theft does not touch other names",
    run: async (_locks, tools) => {
      const other = await tools.hold("A", tools.name("a"));
      await tools.hold("B", tools.name("b"));
      await tools.hold("T", tools.name("b"), { steal });
      await tools.barrier();
      await tools.shows(tools.name("a"), "X|");
      assertEquals(await other.release("kept"), "kept");
    },
  },
  {
    title: "a theft after the release does not reject the promise of the former holder",
    run: async (_locks, tools) => {
      const former = await tools.hold("A", tools.name());
      assertEquals(await former.release("kept"), "kept");
      await tools.hold("T", tools.name(), { steal });
      assertEquals(await former.done, "kept");
    },
  },
  {
    title: "a victim that requests the lock again waits behind the thief",
    run: async (_locks, tools) => {
      const victim = await tools.hold("A", tools.name());
      const thief = await tools.hold("T", tools.name(), { steal, client: 1 });
      await rejection(victim.done);
      const again = await tools.wait("A2", tools.name());
      await tools.shows(tools.name(), "X|X");
      await tools.logs("A", "T");
      await thief.release();
      await again.granted;
    },
  },
  {
    title: "a thief whose callback fails lets the next request in",
    run: async (_locks, tools) => {
      await tools.hold("A", tools.name());
      const waiting = await tools.wait("B", tools.name());
      const thief = await tools.hold("T", tools.name(), { steal });
      await rejection(thief.fail(new Error("mine")));
      await waiting.granted;
      await tools.logs("A", "T", "B");
    },
  },
  {
    title: "tokens rise from the victim to the thief and to those that waited",
    extension: true,
    run: async (_locks, tools) => {
      const calls = [await tools.hold("A", tools.name())];
      const waiting = [await tools.wait("B", tools.name(), { client: 1 }), await tools.wait("C", tools.name())];
      calls.push(await tools.hold("T", tools.name(), { steal, client: 2 }), ...waiting);
      const tokens: number[] = [];
      calls[1]?.release();
      for (const call of calls.slice(2)) call.release();
      for (const call of calls) tokens.push((await call.lock).token ?? NaN);
      assertGreater(tokens[1], tokens[0] ?? NaN);
      for (const token of tokens.slice(2)) assertGreater(token, tokens[1] ?? NaN);
    },
  },
];
