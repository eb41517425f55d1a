import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { AcquireTimeoutError } from "../src/errors.ts";
import { ManualClock } from "../src/manual_clock.ts";
import { Patience } from "../src/patience.ts";

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
    patience.limit(100, "k", clock);
    await clock.advance(100);
    assertInstanceOf(patience.signal.reason, AcquireTimeoutError);
  }
  {
    using patience = new Patience();
    patience.limit(100, "k", clock);
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
