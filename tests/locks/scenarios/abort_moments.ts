/**
 * Scenarios of aborts at special moments: right after the request, and about the time of the grant.
 *
 * @module
 */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { assertAborted } from "../refusals.ts";
import type { Scenario } from "../scenario.ts";

const REASON = new Error("mine");

/** Scenarios of aborts near a change. */
export const ABORT_MOMENTS: readonly Scenario[] = [
  {
    title: "an abort right after the request ends it, and the callback never runs",
    run: async (_locks, tools) => {
      const controller = new AbortController();
      const call = tools.ask("A", tools.name(), { signal: controller.signal });
      controller.abort(REASON);
      await assertAborted(call, REASON);
      await tools.hold("B", tools.name());
      await tools.logs("B");
    },
  },
  {
    title: "an abort at the moment of the grant ends the request or has no effect, and the next one holds",
    run: async (_locks, tools) => {
      const name = tools.name();
      for (const turns of [0, 1, 2, 3, 5, 8]) {
        const controller = new AbortController();
        const first = await tools.hold("A", name);
        const second = await tools.wait("B", name, { signal: controller.signal });
        const third = await tools.wait("C", name, { client: 1 });
        const released = first.release();
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        controller.abort(REASON);
        await released;
        const outcome = await second.release("kept").catch((error: unknown) => error);
        assertStrictEquals(outcome, second.hasRun ? "kept" : REASON);
        await third.release();
      }
    },
  },
  {
    title: "an abort that comes with the end of the holder's promise lets the next request in",
    run: async (_locks, tools) => {
      const controller = new AbortController();
      const first = await tools.hold("A", tools.name());
      const second = await tools.wait("B", tools.name(), { signal: controller.signal });
      const third = await tools.wait("C", tools.name());
      await first.release();
      controller.abort(REASON);
      await second.release().catch(() => {});
      await third.granted;
    },
  },
  {
    title: "one signal ends all waits and keeps the lock that it was used for",
    run: async (_locks, tools) => {
      const controller = new AbortController();
      const { signal } = controller;
      const first = await tools.hold("A", tools.name(), { signal });
      const waiting = [
        await tools.wait("B", tools.name(), { signal }),
        await tools.wait("C", tools.name(), { signal, client: 1 }),
      ];
      controller.abort(REASON);
      for (const call of waiting) await assertAborted(call, REASON);
      await tools.shows(tools.name(), "X|");
      assertEquals(await first.release("kept"), "kept");
    },
  },
];
