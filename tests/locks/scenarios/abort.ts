/**
 * Scenarios of requests whose signal aborts.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { assertAborted, assertDomError } from "../refusals.ts";
import type { Scenario } from "../scenario.ts";

const REASON = new Error("mine");
const shared = { mode: "shared" } as const;

/** Neither Deno nor Node processes the queue when a pending request is aborted. */
const STUCK = "Deno does not let shared requests in when the pending exclusive one before them is aborted";

/** Scenarios of `signal`. */
export const ABORT: readonly Scenario[] = [
  {
    title: "an abort ends a wait with the reason of the signal, and the callback never runs",
    run: async (_locks, tools) => {
      const controller = new AbortController();
      const first = await tools.hold("A", tools.name());
      const second = await tools.wait("B", tools.name(), { signal: controller.signal });
      controller.abort(REASON);
      await assertAborted(second, REASON);
      await first.release();
      await tools.hold("C", tools.name());
      await tools.logs("A", "C");
    },
  },
  {
    title: "an abort without a reason ends a wait with an AbortError",
    run: async (_locks, tools) => {
      const controller = new AbortController();
      await tools.hold("A", tools.name());
      const second = await tools.wait("B", tools.name(), { signal: controller.signal });
      controller.abort();
      await assertDomError(second.done, "AbortError");
    },
  },
  {
    title: "the reason of an abort can be any value",
    run: async (_locks, tools) => {
      await tools.hold("A", tools.name());
      for (const reason of ["enough", 0, false]) {
        const controller = new AbortController();
        const call = await tools.wait("B", tools.name(), { signal: controller.signal });
        controller.abort(reason);
        await assertAborted(call, reason);
      }
    },
  },
  {
    title: "the reason of an abort can be null",
    nativeDiffers: "Deno rejects with an AbortError instead",
    run: async (_locks, tools) => {
      const controller = new AbortController();
      await tools.hold("A", tools.name());
      const call = await tools.wait("B", tools.name(), { signal: controller.signal });
      controller.abort(null);
      await assertAborted(call, null);
    },
  },
  {
    title: "an abort after the grant does not end the lock",
    run: async (_locks, tools) => {
      const controller = new AbortController();
      const first = await tools.hold("A", tools.name(), { signal: controller.signal });
      controller.abort(REASON);
      const second = await tools.wait("B", tools.name());
      await tools.shows(tools.name(), "X|X");
      await tools.logs("A");
      assertEquals(await first.release("kept"), "kept");
      await second.granted;
    },
  },
  {
    title: "an abort after a wait and its grant does not end the lock",
    run: async (_locks, tools) => {
      const controller = new AbortController();
      const first = await tools.hold("A", tools.name());
      const second = await tools.wait("B", tools.name(), { signal: controller.signal });
      await first.release();
      await second.granted;
      controller.abort(REASON);
      await tools.barrier();
      await tools.shows(tools.name(), "X|");
      assertEquals(await second.release("kept"), "kept");
    },
  },
  {
    title: "an abort after the end of the request has no effect",
    run: async (_locks, tools) => {
      const controller = new AbortController();
      const first = await tools.hold("A", tools.name(), { signal: controller.signal });
      await first.release();
      await tools.hold("B", tools.name());
      controller.abort(REASON);
      await tools.barrier();
      await tools.shows(tools.name(), "X|");
    },
  },
  {
    title: "an abort in the middle of the queue leaves the others in their order",
    run: async (_locks, tools) => {
      const name = tools.name();
      const controller = new AbortController();
      const first = await tools.hold("A", name);
      const second = await tools.wait("B", name);
      const aborted = await tools.wait("C", name, { signal: controller.signal });
      const last = await tools.wait("D", name);
      controller.abort(REASON);
      await assertAborted(aborted, REASON);
      await tools.shows(name, "X|XX");
      await first.release();
      await second.release();
      await last.granted;
      await tools.logs("A", "B", "D");
    },
  },
  {
    title: "an abort of a pending exclusive request lets in the shared ones behind it",
    nativeDiffers: STUCK,
    run: async (_locks, tools) => {
      const name = tools.name();
      const controller = new AbortController();
      await tools.hold("S1", name, shared);
      const aborted = await tools.wait("X", name, { signal: controller.signal });
      const behind = [await tools.wait("S2", name, shared), await tools.wait("S3", name, shared)];
      await tools.logs("S1");
      controller.abort(REASON);
      await assertAborted(aborted, REASON);
      await Promise.all(behind.map((call) => call.granted));
      await tools.shows(name, "SSS|");
    },
  },
  {
    title: "an abort of a pending exclusive request of one client lets in a shared one of another client",
    nativeDiffers: STUCK,
    run: async (_locks, tools) => {
      const name = tools.name();
      const controller = new AbortController();
      await tools.hold("S1", name, shared);
      const aborted = await tools.wait("X", name, { signal: controller.signal, client: 1 });
      const behind = await tools.wait("S2", name, { ...shared, client: 2 });
      controller.abort(REASON);
      await assertAborted(aborted, REASON);
      await behind.granted;
      await tools.shows(name, "SS|");
    },
  },
  {
    title: "an abort of one pending exclusive request keeps the shared ones behind the other out",
    run: async (_locks, tools) => {
      const name = tools.name();
      const controller = new AbortController();
      const first = await tools.hold("S1", name, shared);
      const aborted = await tools.wait("X1", name, { signal: controller.signal });
      const exclusive = await tools.wait("X2", name);
      const behind = await tools.wait("S2", name, shared);
      controller.abort(REASON);
      await assertAborted(aborted, REASON);
      await tools.logs("S1");
      await first.release();
      await exclusive.granted;
      await exclusive.release();
      await behind.granted;
      await tools.logs("S1", "X2", "S2");
    },
  },
];
