import { assertEquals, assertRejects } from "@std/assert";
import { Turnstile } from "../src/turnstile.ts";

Deno.test("Turnstile lets one in at a time, first come first served", async () => {
  const turnstile = new Turnstile();
  const order: number[] = [];
  const visit = async (name: number) => {
    const leave = await turnstile.enter(undefined);
    order.push(name);
    await Promise.resolve();
    leave();
  };
  await Promise.all([visit(1), visit(2), visit(3)]);
  assertEquals(order, [1, 2, 3]);
});

Deno.test("Turnstile.tryEnter() is null while somebody is inside or waits", async () => {
  const turnstile = new Turnstile();
  const leave = turnstile.tryEnter();
  assertEquals(turnstile.tryEnter(), null);
  const next = turnstile.enter(undefined);
  leave?.();
  assertEquals(turnstile.tryEnter(), null);
  (await next)();
  turnstile.tryEnter()?.();
});

Deno.test("Turnstile may be left twice without letting two in", async () => {
  const turnstile = new Turnstile();
  const leave = turnstile.tryEnter();
  const [first, second] = [turnstile.enter(undefined), turnstile.enter(undefined)];
  let inside = 0;
  second.then(() => inside++);
  leave?.();
  leave?.();
  await first;
  // Who was let in wrongly would say so some turns later.
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  assertEquals(inside, 0);
});

Deno.test("Turnstile.enter() that is aborted gives its place up and rejects with the signal's reason", async () => {
  const turnstile = new Turnstile();
  const leave = turnstile.tryEnter();
  const controller = new AbortController();
  const first = turnstile.enter(controller.signal);
  const second = turnstile.enter(undefined);
  controller.abort(new Error("mine"));
  await assertRejects(() => first, Error, "mine");
  leave?.();
  (await second)();
});
