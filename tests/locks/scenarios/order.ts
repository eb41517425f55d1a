/**
 * Scenarios of who holds a lock, in which order.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Scenario } from "../scenario.ts";

const shared = { mode: "shared" } as const;

/** Scenarios of the order of grants. */
export const ORDER: readonly Scenario[] = [
  {
    title: "exclusive requests hold one after the other, in the order of the requests",
    run: async (_locks, tools) => {
      const name = tools.name();
      const calls = ["A", "B", "C", "D", "E"].map((label) => tools.ask(label, name));
      for (const [index, call] of calls.entries()) {
        await call.granted;
        await tools.shows(name, `X|${"X".repeat(4 - index)}`);
        assertEquals(tools.log.length, index + 1);
        await call.release();
      }
      await tools.logs("A", "B", "C", "D", "E");
    },
  },
  {
    title: "shared requests hold together",
    run: async (_locks, tools) => {
      for (const label of ["A", "B", "C"]) await tools.hold(label, tools.name(), shared);
      await tools.shows(tools.name(), "SSS|");
    },
  },
  {
    title: "an exclusive request waits until the last shared one is released",
    run: async (_locks, tools) => {
      const name = tools.name();
      const [first, second] = [await tools.hold("A", name, shared), await tools.hold("B", name, shared)];
      const last = await tools.wait("X", name);
      await first.release();
      await tools.shows(name, "S|X");
      await tools.logs("A", "B");
      await second.release();
      await last.granted;
    },
  },
  {
    title: "a shared request waits for an exclusive one",
    run: async (_locks, tools) => {
      const name = tools.name();
      const first = await tools.hold("X", name);
      const second = await tools.wait("S", name, shared);
      await tools.shows(name, "X|S");
      await tools.logs("X");
      await first.release();
      await second.granted;
    },
  },
  {
    title: "a shared request does not pass an exclusive one that waits",
    run: async (_locks, tools) => {
      const name = tools.name();
      const first = await tools.hold("S1", name, shared);
      const exclusive = await tools.wait("X", name);
      const second = await tools.wait("S2", name, shared);
      await tools.shows(name, "S|XS");
      await tools.logs("S1");
      await first.release();
      await exclusive.granted;
      await tools.shows(name, "X|S");
      await tools.logs("S1", "X");
      await exclusive.release();
      await second.granted;
    },
  },
  {
    title: "a release lets in the shared requests up to the next exclusive one",
    run: async (_locks, tools) => {
      const name = tools.name();
      const first = await tools.hold("X1", name);
      const batch = [await tools.wait("S1", name, shared), await tools.wait("S2", name, shared)];
      const second = await tools.wait("X2", name);
      const late = await tools.wait("S3", name, shared);
      await first.release();
      await Promise.all(batch.map((call) => call.granted));
      await tools.shows(name, "SS|XS");
      await Promise.all(batch.map((call) => call.release()));
      await second.granted;
      await tools.shows(name, "X|S");
      await second.release();
      await late.granted;
      assertEquals(tools.log.toSorted(), ["S1", "S2", "S3", "X1", "X2"]);
      assertEquals([tools.log[0], tools.log[3], tools.log[4]], ["X1", "X2", "S3"]);
    },
  },
  {
    title: "a shared request joins shared holders when nobody waits",
    run: async (_locks, tools) => {
      const name = tools.name();
      const first = await tools.hold("S1", name, shared);
      await tools.hold("S2", name, shared);
      await first.release();
      await tools.hold("S3", name, shared);
      await tools.shows(name, "SS|");
    },
  },
  {
    title: "locks of different names are independent",
    run: async (_locks, tools) => {
      await tools.hold("A", tools.name("a"));
      const waiting = await tools.wait("A2", tools.name("a"));
      await tools.hold("B", tools.name("b"));
      await tools.logs("A", "B");
      assertEquals(waiting.hasRun, false);
    },
  },
  {
    title: "a callback that fails lets the next request in",
    run: async (_locks, tools) => {
      const first = await tools.hold("A", tools.name());
      const second = await tools.wait("B", tools.name());
      await first.fail(new Error("mine")).catch(() => {});
      await second.granted;
    },
  },
  {
    title: "the lock is free when the promise of the request settles",
    run: async (_locks, tools) => {
      for (const label of ["A", "B", "C"]) {
        const call = await tools.hold(label, tools.name(), { ifAvailable: true });
        await call.release();
      }
      await tools.logs("A", "B", "C");
    },
  },
  {
    title: "the lock is free when the promise of the request rejects",
    run: async (_locks, tools) => {
      const call = await tools.hold("A", tools.name());
      await call.fail(new Error("mine")).catch(() => {});
      await tools.hold("B", tools.name(), { ifAvailable: true });
      await tools.logs("A", "B");
    },
  },
  {
    title: "a request that is made when the promise of the holder settles comes after those that waited",
    run: async (_locks, tools) => {
      const name = tools.name();
      const first = await tools.hold("A", name);
      const second = await tools.wait("B", name);
      await first.release();
      const third = tools.ask("C", name);
      await second.granted;
      await second.release();
      await third.granted;
      await tools.logs("A", "B", "C");
    },
  },
  {
    title: "a hundred requests for one name all hold, in the order of the requests",
    run: async (_locks, tools) => {
      const labels = Array.from({ length: 100 }, (_, index) => `${index}`);
      const calls = labels.map((label) => tools.ask(label, tools.name()));
      await Promise.all(calls.map((call) => call.release()));
      assertEquals(tools.log, labels);
    },
  },
  {
    title: "a request inside the callback that holds the same name waits until the callback ends",
    run: async (locks, tools) => {
      const name = tools.name();
      const order: string[] = [];
      let inner: Promise<unknown> = Promise.resolve();
      await locks.request(name, async () => {
        inner = locks.request(name, () => order.push("inner"));
        await tools.shows(name, "X|X");
        await tools.barrier();
        order.push("outer");
      });
      await inner;
      assertEquals(order, ["outer", "inner"]);
    },
  },
  {
    title: "a callback that holds one name can take another one",
    run: async (locks, tools) => {
      const [a, b] = [tools.name("a"), tools.name("b")];
      const result = await locks.request(a, () =>
        locks.request(b, async () => {
          await tools.shows(a, "X|");
          await tools.shows(b, "X|");
          return "both";
        }));
      assertEquals(result, "both");
    },
  },
];
