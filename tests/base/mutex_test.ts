import { assertEquals, assertRejects } from "@std/assert";
import { Mutex } from "../../src/base/mutex.ts";

Deno.test("Mutex lets one in at a time, first come first served", async () => {
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

Deno.test("Mutex.tryLock() is null while somebody is inside or waits", async () => {
  const mutex = new Mutex();
  const leave = mutex.tryLock();
  assertEquals(mutex.tryLock(), null);
  const next = mutex.lock(undefined);
  leave?.();
  assertEquals(mutex.tryLock(), null);
  (await next)();
  mutex.tryLock()?.();
});

Deno.test("Mutex may be left twice without letting two in", async () => {
  const mutex = new Mutex();
  const leave = mutex.tryLock();
  const [first, second] = [mutex.lock(undefined), mutex.lock(undefined)];
  let inside = 0;
  second.then(() => inside++);
  leave?.();
  leave?.();
  await first;
  // Who was let in wrongly would say so some turns later.
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  assertEquals(inside, 0);
});

Deno.test("Mutex.lock() that is aborted gives its place up and rejects with the signal's reason", async () => {
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
