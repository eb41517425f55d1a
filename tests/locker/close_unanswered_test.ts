import { assertEquals, assertRejects } from "@std/assert";
import { Locker, LockerClosedError } from "@x/natslock";
import { ManualClock, MemoryStore } from "@x/natslock/testing";

const CALLS: { readonly [name: string]: (locker: Locker) => Promise<unknown> } = {
  acquireLead: (locker) => locker.acquireLead(),
  releaseLead: (locker) => locker.releaseLead(),
  tryAcquire: (locker) => locker.tryAcquire(),
  acquire: (locker) => locker.acquire(),
  run: (locker) => locker.run(() => {}),
};

for (const [name, call] of Object.entries(CALLS)) {
  Deno.test(`Locker.close() does not wait for the settings that ${name}() asked for`, async () => {
    const clock = new ManualClock();
    const asked: string[] = [];
    const intercept = <Answer>({ kind }: { kind: string }) => {
      asked.push(kind);
      return new Promise<Answer>(() => {});
    };
    const locker = new Locker({ store: new MemoryStore(clock, { ttl: 3000, intercept }), clock });
    const ended = assertRejects(() => call(locker), LockerClosedError).then(() => locker.close());
    await clock.advance(100);
    locker.close();
    assertEquals(await Promise.race([ended, clock.advance(100).then(() => "still waits")]), undefined);
    assertEquals(asked, ["settings"]);
  });
}
