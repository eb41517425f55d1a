import { assertEquals, assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import { jetstreamManager } from "@nats-io/jetstream";
import { Locker } from "@x/natslock";
import { begunWait, elapse, eventually, lone, sent } from "../helpers/measure.ts";
import { messagesOf, newKeyValue, withServer } from "../helpers/nats.ts";

const TTL = 2000;
/** Time from one renewal to the next: a third of the lease length. */
const INTERVAL = TTL / 3;
/** Two lease lengths and a bit, to end between two renewals. */
const WHILE = 2 * TTL + INTERVAL / 2;
const RENEWALS = Math.floor(WHILE / INTERVAL);
/** Messages that ask for a record's age: a read, and a request for the server's time. */
const AGE = 2;

Deno.test("A lease costs one message for each renewal, and one request for the stream's settings for every second one", () =>
  withServer(async ({ nc, connect }) => {
    await using locker = new Locker({ kv: await newKeyValue(nc, "locks", TTL) });
    const manager = await jetstreamManager(await connect());
    const revision = async () => (await manager.streams.info("KV_locks")).state.last_seq;
    const lease = await locker.acquire();
    const first = await revision();
    const messages = await messagesOf(nc, () => elapse(WHILE));
    const renewals = await revision() - first;
    assertEquals([lease.held, messages], [true, renewals + Math.floor(renewals / 2)]);
    // Timers may be late, never early.
    assertLessOrEqual(renewals, RENEWALS);
    assertGreaterOrEqual(renewals, RENEWALS - 1);
  }));

Deno.test("Locker.acquire() while it waits, and an observer, ask once for the age of the record, then send nothing", () =>
  withServer(async ({ nc, connect }) => {
    const [waits, looks] = [await connect(), await connect()];
    await using holder = new Locker({ kv: await newKeyValue(nc, "locks", TTL) });
    const lease = await holder.acquire();
    const waiter = lone(waits, { kv: await newKeyValue(waits, "locks", TTL) });
    const granted = await begunWait(waiter);
    await using observer = new Locker({ kv: await newKeyValue(looks, "locks", TTL) });
    const seen: (number | null)[] = [];
    const observing = (async () => {
      for await (const leader of observer.observe()) if (seen.push(leader?.token ?? null) === 3) break;
    })();
    await eventually("the observer to look", () => seen.length === 1);
    const before = [sent(waits), sent(looks)];
    await elapse(WHILE);
    assertEquals([[sent(waits), sent(looks)], seen], [before.map((each) => each + AGE), [lease.token]]);
    await lease.release();
    const next = await granted();
    await observing;
    assertEquals(seen, [lease.token, null, next.token]);
    await waiter.locker.close();
  }));
