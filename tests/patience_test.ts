import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { AcquireTimeoutError } from "../src/errors.ts";
import { ManualClock } from "../src/manual_clock.ts";
import { onAbort, Patience, unlessAborted } from "../src/patience.ts";

Deno.test("Patience ends with the reason of whichever signal is aborted first", () => {
  const [a, b] = [new AbortController(), new AbortController()];
  using patience = new Patience(a.signal, undefined, b.signal);
  b.abort(new Error("b"));
  a.abort(new Error("a"));
  assertEquals(patience.signal.reason.message, "b");
});

Deno.test("Patience of an aborted signal is over from the beginning", () => {
  using patience = new Patience(AbortSignal.abort(new Error("mine")));
  assert(patience.signal.aborted);
});

Deno.test("Patience.limit() ends it after a time, and disposing cancels the timer", async () => {
  const clock = new ManualClock();
  {
    using patience = new Patience();
    patience.limit({ timeout: 100, key: "k" }, clock, () => null);
    await clock.advance(100);
    assertInstanceOf(patience.signal.reason, AcquireTimeoutError);
  }
  {
    using patience = new Patience();
    patience.limit({ timeout: 100, key: "k" }, clock, () => null);
    assertEquals(clock.pending, 1);
  }
  assertEquals(clock.pending, 0);
});

Deno.test("Patience.ended rejects when it ends", async () => {
  const controller = new AbortController();
  using patience = new Patience(controller.signal);
  const ended = patience.ended.catch((error) => error.message);
  controller.abort(new Error("mine"));
  assertEquals(await ended, "mine");
});

Deno.test("onAbort() keeps one listener on a signal, however many ask, and none once all are disposed of", () => {
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

Deno.test("onAbort() calls everybody back once, save who was disposed of, by another's callback too", () => {
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

Deno.test("unlessAborted() gives what the work gives, or the signal's reason", async () => {
  const controller = new AbortController();
  assertEquals(await unlessAborted(controller.signal, Promise.resolve(1)), 1);
  const stuck = unlessAborted(controller.signal, new Promise(() => {})).catch((error) => error.message);
  controller.abort(new Error("mine"));
  assertEquals(await stuck, "mine");
});
