import { assert, assertEquals, assertRejects } from "@std/assert";
import { AcquireTimeoutError, BadParameterError } from "@x/natslock";
import { VirtualLab } from "../helpers/virtual.ts";

Deno.test("Locker.acquire({ timeout: 0 }) takes a free lock, and does not wait for one that is held", async () => {
  await using lab = new VirtualLab();
  const [a, b] = [lab.locker().locker, lab.locker().locker];
  const lease = await lab.until(a.acquire({ timeout: 0 }));
  assert(lease.held);
  await assertRejects(() => lab.until(b.acquire({ timeout: 0 })), AcquireTimeoutError, "within 0 ms");
  await assertRejects(() => lab.until(a.acquire({ timeout: 0 })), AcquireTimeoutError, "within 0 ms");
});

for (const timeout of [null, "10", NaN, -1, {}]) {
  Deno.test(`Locker.acquire() rejects a timeout of ${JSON.stringify(timeout)} before it sends a message`, async () => {
    await using lab = new VirtualLab();
    const options = { timeout: timeout as number };
    await assertRejects(() => lab.locker().locker.acquire(options), BadParameterError, '"timeout"');
    assertEquals(lab.sent, 0);
  });
}

Deno.test("Locker rejects a signal that is not an AbortSignal, and work that is not a function", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const signal = {} as AbortSignal;
  const none = undefined as unknown as () => void;
  for (
    const call of [
      () => locker.acquire({ signal }),
      () => locker.run(() => {}, { signal }),
      () => locker.lead(() => {}, { signal }),
      () => locker.observe({ signal })[Symbol.asyncIterator]().next(),
      () => locker.run(none),
      () => locker.lead(none),
    ]
  ) await assertRejects(call as () => Promise<unknown>, BadParameterError);
  assertEquals(lab.sent, 0);
});
