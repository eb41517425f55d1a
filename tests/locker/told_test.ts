import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { AcquireTimeoutError, type Logger } from "@x/natslock";
import { ConnectionError } from "../../src/base/errors.ts";
import { TTL, VirtualLab } from "../helpers/virtual.ts";

/** A logger that keeps its lines. */
function logging(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (line: unknown) => void lines.push(`${level} ${line}`);
  return { lines, logger: { debug: at("debug"), info: at("info"), warn: at("warn") } };
}

const ofWaits = (events: readonly { readonly type: string }[]) =>
  events.map(({ type }) => type).filter((type) => type === "retrying" || type === "recovered");

Deno.test("Locker.acquire() reports the first failure of a streak and its end, once each", async () => {
  await using lab = new VirtualLab();
  const { lines, logger } = logging();
  const { locker, events } = lab.locker({ logger });
  lab.fate = () => "drop";
  const waiting = locker.acquire();
  await lab.clock.advance(3 * TTL);
  assertEquals(ofWaits(events), ["retrying"]);
  lab.fate = () => "pass";
  await lab.until(waiting);
  assertEquals(ofWaits(events), ["retrying", "recovered"]);
  assertEquals(lines.filter((line) => line.startsWith("warn")).length, 1);
});

Deno.test("Locker.acquire() that times out after transient errors names the last one, also as its cause", async () => {
  await using lab = new VirtualLab();
  lab.fate = () => "drop";
  const waiting = lab.locker().locker.acquire({ timeout: TTL });
  const error = await assertRejects(() => lab.until(waiting), AcquireTimeoutError);
  assertInstanceOf(error.cause, ConnectionError);
  assert(error.message.endsWith(error.cause.message), error.message);
});

Deno.test("Locker.acquire() that times out behind another holder has no cause", async () => {
  await using lab = new VirtualLab();
  await lab.until(lab.locker().locker.acquire());
  const waiting = lab.locker().locker.acquire({ timeout: TTL });
  assertEquals((await assertRejects(() => lab.until(waiting), AcquireTimeoutError)).cause, undefined);
});

for (const verb of ["acquire", "observe"] as const) {
  Deno.test(`Locker.${verb}() reports that the connection is down, and that it is up again`, async () => {
    await using lab = new VirtualLab();
    await lab.until(lab.locker().locker.acquire());
    const { locker, events } = lab.locker();
    const waiting = verb === "acquire" ? locker.acquire() : locker.observe()[Symbol.asyncIterator]();
    if (waiting instanceof Promise) waiting.catch(() => {});
    else await lab.until(waiting.next()).then(() => void waiting.next());
    await lab.clock.advance(10);
    const error = new ConnectionError("unavailable", "The connection is down");
    lab.store.tell({ kind: "down", error });
    lab.store.tell({ kind: "down", error });
    assertEquals(ofWaits(events), ["retrying"]);
    lab.store.tell({ kind: "gap" });
    await lab.clock.advance(10);
    assertEquals(ofWaits(events), ["retrying", "recovered"]);
  });
}

Deno.test("Locker logs at most one line for each renewal", async () => {
  await using lab = new VirtualLab();
  const { lines, logger } = logging();
  const { locker } = lab.locker({ logger });
  const lease = await lab.until(locker.acquire());
  await lab.clock.advance(4 * TTL);
  await lab.until(lease.release());
  assertEquals(lines.filter((line) => !line.includes("Renewed")), ['info Took "leader"', 'info Released "leader"']);
  assert(lines.length <= 2 + 12, `${lines.length}`);
});

Deno.test("Locker.run() inside its own run() causes one warning, and an event of a wait behind itself", async () => {
  await using lab = new VirtualLab();
  const { lines, logger } = logging();
  const { locker, events } = lab.locker({ logger });
  const nested = locker.run(() => Promise.all([1, 2].map(() => locker.acquire({ timeout: 8000 }))));
  await assertRejects(() => lab.until(nested), AcquireTimeoutError);
  const waits = events.flatMap((event) => event.type === "waiting" ? [event.holder] : []);
  assertEquals(waits, [locker.id, locker.id]);
  assertEquals(lines.filter((line) => line.includes("not re-entrant")).length, 1);
});

Deno.test("Locker.run() by many at once causes no warning", async () => {
  await using lab = new VirtualLab();
  const { lines, logger } = logging();
  const { locker } = lab.locker({ logger });
  const work = () => new Promise<void>((done) => lab.clock.after(100, done));
  await lab.until(Promise.all(Array.from({ length: 80 }, () => locker.run(work))));
  assertEquals(lines.filter((line) => line.startsWith("warn")), []);
});
