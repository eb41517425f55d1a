/**
 * Scenarios of `limit`, `weight` and `timeout`, which Web Locks does not have.
 *
 * @module
 */

import { assertEquals, assertGreater } from "@std/assert";
import { assertDomError } from "../refusals.ts";
import type { Scenario } from "../scenario.ts";
import type { AskOptions } from "../tools.ts";

const limited = (limit: number, weight?: number): AskOptions => ({ mode: "shared", limit, weight });
const extension = true;

/** Scenarios of `limit` and `weight`. */
export const LIMITS: readonly Scenario[] = [
  {
    title: "as many shared requests hold as their limit says, and the next one waits for a release",
    extension,
    run: async (_locks, tools) => {
      const first = await tools.hold("A", tools.name(), limited(2));
      await tools.hold("B", tools.name(), limited(2));
      const third = await tools.wait("C", tools.name(), limited(2));
      await tools.shows(tools.name(), "SS|S");
      await tools.logs("A", "B");
      await first.release();
      await third.granted;
    },
  },
  {
    title: "a limit counts the holders of all clients",
    extension,
    run: async (_locks, tools) => {
      const holders = [];
      for (const client of [0, 1, 2]) {
        holders.push(await tools.hold(`${client}`, tools.name(), { ...limited(3), client }));
      }
      const waiting = [];
      for (const client of [2, 0]) {
        waiting.push(await tools.wait(`w${client}`, tools.name(), { ...limited(3), client }));
      }
      await tools.shows(tools.name(), "SSS|SS");
      await tools.logs("0", "1", "2");
      for (const [index, call] of waiting.entries()) {
        await holders[index + 1]?.release();
        await call.granted;
      }
      await tools.logs("0", "1", "2", "w2", "w0");
    },
  },
  {
    title: "requests with a limit of 1 hold one after the other",
    extension,
    run: async (_locks, tools) => {
      const calls = ["A", "B", "C"].map((label) => tools.ask(label, tools.name(), limited(1)));
      for (const [index, call] of calls.entries()) {
        await call.granted;
        await tools.shows(tools.name(), `S|${"S".repeat(2 - index)}`);
        await call.release();
      }
      await tools.logs("A", "B", "C");
    },
  },
  {
    title: "a request takes its weight from the limit",
    extension,
    run: async (_locks, tools) => {
      await tools.hold("A", tools.name(), limited(5, 3));
      const second = await tools.hold("B", tools.name(), limited(5, 2));
      const third = await tools.wait("C", tools.name(), limited(5, 1));
      await tools.logs("A", "B");
      await second.release();
      await third.granted;
      await tools.shows(tools.name(), "SS|");
    },
  },
  {
    title: "a light request does not pass a heavy one that waits",
    extension,
    run: async (_locks, tools) => {
      const first = await tools.hold("A", tools.name(), limited(3, 2));
      const heavy = await tools.wait("H", tools.name(), limited(3, 2));
      const light = await tools.wait("L", tools.name(), limited(3, 1));
      await tools.shows(tools.name(), "S|SS");
      await tools.logs("A");
      await first.release();
      await Promise.all([heavy.granted, light.granted]);
      await tools.shows(tools.name(), "SS|");
    },
  },
  {
    title: "an abort of a heavy request that waits lets in the light one behind it",
    extension,
    run: async (_locks, tools) => {
      const controller = new AbortController();
      await tools.hold("A", tools.name(), limited(3, 2));
      const heavy = await tools.wait("H", tools.name(), { ...limited(3, 3), signal: controller.signal });
      const light = await tools.wait("L", tools.name(), { ...limited(3, 1), client: 1 });
      controller.abort();
      await assertDomError(heavy.done, "AbortError");
      await light.granted;
    },
  },
  {
    title: "an exclusive request waits for all requests with a limit, and none passes it",
    extension,
    run: async (_locks, tools) => {
      const name = tools.name();
      const holders = [await tools.hold("A", name, limited(3)), await tools.hold("B", name, limited(3))];
      const exclusive = await tools.wait("X", name);
      const last = await tools.wait("C", name, limited(3));
      await tools.shows(name, "SS|XS");
      await holders[1]?.release();
      await tools.logs("A", "B");
      await holders[0]?.release();
      await exclusive.granted;
      await tools.logs("A", "B", "X");
      await exclusive.release();
      await last.granted;
    },
  },
  {
    title: "ifAvailable gets null when the limit has no room",
    extension,
    run: async (_locks, tools) => {
      await tools.hold("A", tools.name(), limited(3, 2));
      await tools.hold("B", tools.name(), { ...limited(3, 2), ifAvailable: true });
      await tools.hold("C", tools.name(), { ...limited(3, 1), ifAvailable: true });
      assertEquals(tools.log, ["A", "B-", "C"]);
    },
  },
  {
    title: "a theft takes the lock from all holders of a limit",
    extension,
    run: async (_locks, tools) => {
      const victims = [
        await tools.hold("A", tools.name(), limited(2)),
        await tools.hold("B", tools.name(), limited(2)),
      ];
      await tools.hold("T", tools.name(), { steal: true });
      for (const victim of victims) await assertDomError(victim.done, "AbortError");
      await tools.shows(tools.name(), "X|");
    },
  },
  {
    title: "tokens rise from holder to holder, whichever client holds",
    extension,
    run: async (_locks, tools) => {
      let last = 0;
      for (const client of [0, 1, 2, 1, 0]) {
        const call = await tools.hold("A", tools.name(), { client });
        const { token = 0 } = await call.lock;
        assertGreater(token, last);
        last = token;
        await call.release();
      }
    },
  },
];
