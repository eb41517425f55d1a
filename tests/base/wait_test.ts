/** Tests of WaitScope, onAbort() and unlessAborted(). */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { AcquireTimeoutError } from "../../src/base/errors.ts";
import { ManualClock } from "../../src/memory/manual_clock.ts";
import { onAbort, unlessAborted, WaitScope } from "../../src/base/wait.ts";

Deno.test("WaitScope ends with the reason of the signal that aborts first", () => {
  const [a, b] = [new AbortController(), new AbortController()];
  using scope = new WaitScope(a.signal, undefined, b.signal);
  b.abort(new Error("b"));
  a.abort(new Error("a"));
  assertEquals(scope.signal.reason.message, "b");
});

Deno.test("WaitScope of an aborted signal is aborted from the start", () => {
  using scope = new WaitScope(AbortSignal.abort(new Error("mine")));
  assert(scope.signal.aborted);
});

Deno.test("WaitScope.limit() ends the wait after the timeout, and disposing cancels the timer", async () => {
  const clock = new ManualClock();
  {
    using scope = new WaitScope();
    scope.limit({ timeout: 100, key: "k" }, clock, () => null);
    await clock.advance(100);
    assertInstanceOf(scope.signal.reason, AcquireTimeoutError);
  }
  {
    using scope = new WaitScope();
    scope.limit({ timeout: 100, key: "k" }, clock, () => null);
    assertEquals(clock.pending, 1);
  }
  assertEquals(clock.pending, 0);
});

Deno.test("WaitScope.ended rejects when the wait ends", async () => {
  const controller = new AbortController();
  using scope = new WaitScope(controller.signal);
  const ended = scope.ended.catch((error) => error.message);
  controller.abort(new Error("mine"));
  assertEquals(await ended, "mine");
});

Deno.test("onAbort() adds one listener for all callbacks of a signal and removes it when all are disposed", () => {
  const { signal } = new AbortController();
  const listeners = new Set<unknown>();
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (type: string, listener: EventListener) => (listeners.add(listener), add(type, listener));
  signal.removeEventListener = (
    type: string,
    listener: EventListener,
  ) => (listeners.delete(listener), remove(type, listener));
  const all = Array.from({ length: 20 }, () => onAbort(signal, () => {}));
  assertEquals(listeners.size, 1);
  for (const each of all) each[Symbol.dispose]();
  assertEquals(listeners.size, 0);
});

Deno.test("onAbort() calls each callback once, except one that was disposed, even by another callback", () => {
  const controller = new AbortController();
  const called: string[] = [];
  onAbort(controller.signal, () => {
    called.push("a");
    b[Symbol.dispose]();
  });
  const b = onAbort(controller.signal, () => called.push("b"));
  onAbort(controller.signal, () => called.push("c"));
  controller.abort();
  controller.abort();
  assertEquals(called, ["a", "c"]);
});

Deno.test("unlessAborted() resolves as the work does, or rejects with the signal's reason", async () => {
  const controller = new AbortController();
  assertEquals(await unlessAborted(controller.signal, Promise.resolve(1)), 1);
  const stuck = unlessAborted(controller.signal, new Promise(() => {})).catch((error) => error.message);
  controller.abort(new Error("mine"));
  assertEquals(await stuck, "mine");
});
