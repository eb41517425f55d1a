/** Tests of Mutex: order, unlocking and aborted waits. */

import { assertEquals, assertRejects } from "@std/assert";
import { Mutex } from "../../src/base/mutex.ts";

Deno.test("Mutex admits one caller at a time, in the order of their calls", async () => {
  const mutex = new Mutex();
  const order: number[] = [];
  const visit = async (name: number) => {
    const leave = await mutex.lock(undefined);
    order.push(name);
    await Promise.resolve();
    leave();
  };
  await Promise.all([visit(1), visit(2), visit(3)]);
  assertEquals(order, [1, 2, 3]);
});

Deno.test("Mutex.tryLock() returns null while the mutex is locked or has waiters", async () => {
  const mutex = new Mutex();
  const leave = mutex.tryLock();
  assertEquals(mutex.tryLock(), null);
  const next = mutex.lock(undefined);
  leave?.();
  assertEquals(mutex.tryLock(), null);
  (await next)();
  mutex.tryLock()?.();
});

Deno.test("Mutex admits only one waiter if it is unlocked twice", async () => {
  const mutex = new Mutex();
  const leave = mutex.tryLock();
  const [first, second] = [mutex.lock(undefined), mutex.lock(undefined)];
  let inside = 0;
  second.then(() => inside++);
  leave?.();
  leave?.();
  await first;
  // A waiter that was admitted wrongly would count itself within a few turns.
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  assertEquals(inside, 0);
});

Deno.test("Mutex.lock() leaves the queue and rejects with the signal's reason when the signal aborts", async () => {
  const mutex = new Mutex();
  const leave = mutex.tryLock();
  const controller = new AbortController();
  const first = mutex.lock(controller.signal);
  const second = mutex.lock(undefined);
  controller.abort(new Error("mine"));
  await assertRejects(() => first, Error, "mine");
  leave?.();
  (await second)();
});
