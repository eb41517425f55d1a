/**
 * Scenarios of the arguments of a request, and of what its promise settles with.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { LockLike } from "../locks_like.ts";
import { assertDomError, assertNotSupported, assertTypeError, CALLBACK, refused, rejection } from "../refusals.ts";
import type { Scenario } from "../scenario.ts";

const REASON = new Error("mine");

/** Scenarios of checks and results. */
export const CHECKS: readonly Scenario[] = [
  {
    title: "a request without a callback rejects with a TypeError",
    run: async (locks, tools) => {
      await assertTypeError(locks, tools.name());
      await assertTypeError(locks, tools.name(), {});
      await assertTypeError(locks);
    },
  },
  {
    title: "a callback that is not a function is a TypeError",
    run: async (locks, tools) => {
      await assertTypeError(locks, tools.name(), null);
      await assertTypeError(locks, tools.name(), {}, "callback");
      await assertTypeError(locks, tools.name(), {}, undefined);
    },
  },
  {
    title: "an unknown mode is a TypeError",
    run: async (locks, tools) => {
      for (const mode of ["", "Shared", "exclusive ", null, 1]) {
        await assertTypeError(locks, tools.name(), { mode }, CALLBACK);
      }
    },
  },
  {
    title: "options that are not an object are a TypeError",
    run: async (locks, tools) => {
      for (const options of [1, "shared", true]) await assertTypeError(locks, tools.name(), options, CALLBACK);
    },
  },
  {
    title: "a signal that is not an AbortSignal is a TypeError",
    run: async (locks, tools) => {
      for (const signal of [1, "signal", {}]) await assertTypeError(locks, tools.name(), { signal }, CALLBACK);
    },
  },
  {
    title: "a name that cannot become a string is a TypeError",
    run: (locks) => assertTypeError(locks, Symbol("name"), CALLBACK),
  },
  {
    title: "a name that starts with a hyphen is a NotSupportedError",
    run: async (locks) => {
      for (const name of ["-", "-a", "--"]) await assertNotSupported(locks, name, CALLBACK);
    },
  },
  {
    title: "a hyphen elsewhere in the name is allowed",
    run: async (_locks, tools) => {
      await tools.hold("A", tools.name("a-"));
    },
  },
  {
    title: "steal with ifAvailable is a NotSupportedError",
    run: (locks, tools) => assertNotSupported(locks, tools.name(), { steal: true, ifAvailable: true }, CALLBACK),
  },
  {
    title: "steal with shared mode is a NotSupportedError",
    run: (locks, tools) => assertNotSupported(locks, tools.name(), { steal: true, mode: "shared" }, CALLBACK),
  },
  {
    title: "a signal with steal is a NotSupportedError",
    run: (locks, tools) =>
      assertNotSupported(locks, tools.name(), { steal: true, signal: new AbortController().signal }, CALLBACK),
  },
  {
    title: "a signal with ifAvailable is a NotSupportedError",
    run: (locks, tools) =>
      assertNotSupported(locks, tools.name(), { ifAvailable: true, signal: new AbortController().signal }, CALLBACK),
  },
  {
    title: "a signal is allowed beside steal and ifAvailable that are false",
    run: async (_locks, tools) => {
      const { signal } = new AbortController();
      await tools.hold("A", tools.name(), { steal: false, ifAvailable: false, signal });
    },
  },
  {
    title: "an aborted signal rejects with its own reason",
    run: async (locks, tools) => {
      const error = await refused(locks, tools.name(), { signal: AbortSignal.abort(REASON) }, CALLBACK);
      assertStrictEquals(error, REASON);
    },
  },
  {
    title: "an aborted signal without a reason rejects with an AbortError",
    run: async (locks, tools) => {
      const error = await refused(locks, tools.name(), { signal: AbortSignal.abort() }, CALLBACK);
      await assertDomError(Promise.reject(error), "AbortError");
    },
  },
  {
    title: "wrong types are reported before what is not supported",
    run: async (locks) => {
      await assertTypeError(locks, "-a", { mode: "other" }, CALLBACK);
      await assertTypeError(locks, "-a", {}, "callback");
      await assertTypeError(locks, "-a", { signal: "signal", steal: true, ifAvailable: true }, CALLBACK);
    },
  },
  {
    title: "what is not supported is reported before an aborted signal",
    run: async (locks, tools) => {
      const signal = AbortSignal.abort(REASON);
      await assertNotSupported(locks, "-a", { signal }, CALLBACK);
      await assertNotSupported(locks, tools.name(), { signal, steal: true }, CALLBACK);
      await assertNotSupported(locks, tools.name(), { signal, ifAvailable: true }, CALLBACK);
    },
  },
  {
    title: "refused requests leave nothing in the queue",
    run: async (locks, tools) => {
      const name = tools.name();
      await refused(locks, name, { mode: "other" }, CALLBACK);
      await refused(locks, name, { steal: true, ifAvailable: true }, CALLBACK);
      await refused(locks, name, { signal: AbortSignal.abort(REASON) }, CALLBACK);
      await tools.shows(name, "|");
      await tools.hold("A", name, { ifAvailable: true });
    },
  },
  {
    title: "a name that is an object is converted to a string",
    nativeDiffers: "Deno passes the object on as the name of the lock",
    run: async (locks, tools) => {
      const name = tools.name();
      const given = await locks.request({ toString: () => name }, (lock: LockLike) => lock.name);
      assertEquals(given, name);
    },
  },
  {
    title: "options that are undefined, null or empty, and unknown options, mean an exclusive lock",
    run: async (locks, tools) => {
      for (const options of [undefined, null, {}, { mode: undefined }, { other: 1 }]) {
        assertEquals(await locks.request(tools.name(), options, (lock: LockLike) => lock.mode), "exclusive");
      }
    },
  },
  {
    title: "the lock has its name and mode",
    run: async (_locks, tools) => {
      const call = await tools.hold("A", tools.name(), { mode: "shared" });
      const { name, mode } = await call.lock;
      assertEquals([name, mode], [tools.name(), "shared"]);
    },
  },
];

/** Scenarios of what the promise of a request settles with. */
export const RESULTS: readonly Scenario[] = [
  {
    title: "a request resolves to what the callback returns",
    run: async (locks, tools) => {
      const result = {};
      assertStrictEquals(await locks.request(tools.name(), () => result), result);
      assertEquals(await locks.request(tools.name(), () => {}), undefined);
    },
  },
  {
    title: "a request resolves to what the promise of the callback resolves to",
    run: async (locks, tools) => {
      const result = {};
      assertStrictEquals(await locks.request(tools.name(), () => Promise.resolve(result)), result);
    },
  },
  {
    title: "a thenable that the callback returns is awaited",
    run: async (locks, tools) => {
      const thenable = { then: (resolve: (value: string) => void) => resolve("done") };
      assertEquals(await locks.request(tools.name(), () => thenable), "done");
    },
  },
  {
    title: "a request rejects with what the callback throws, and the lock is free",
    run: async (locks, tools) => {
      const throwing = () => {
        throw REASON;
      };
      assertStrictEquals(await rejection(locks.request(tools.name(), throwing)), REASON);
      await tools.hold("A", tools.name(), { ifAvailable: true });
    },
  },
  {
    title: "a request rejects with what the promise of the callback rejects with, and the lock is free",
    run: async (_locks, tools) => {
      const call = await tools.hold("A", tools.name());
      assertStrictEquals(await rejection(call.fail(REASON)), REASON);
      await tools.hold("B", tools.name(), { ifAvailable: true });
      assertEquals(tools.log, ["A", "B"]);
    },
  },
  {
    title: "the callback does not run before request() returns",
    nativeDiffers: "Deno runs the callback inside request() if the lock is free",
    run: async (_locks, tools) => {
      const call = tools.ask("A", tools.name());
      assert(!call.hasRun);
      await call.granted;
    },
  },
];
