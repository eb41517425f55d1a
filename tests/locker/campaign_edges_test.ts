import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { type Lease, LeaseLostError, type Locker, type Logger } from "@x/natslock";
import { TTL, VirtualLab } from "../helpers/virtual.ts";

const passes = (lab: VirtualLab, ms: number) => lab.until(new Promise<void>((resolve) => lab.clock.after(ms, resolve)));

/** A logger that keeps only the warnings. */
function warnings(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  return { logger: { debug: () => {}, info: () => {}, warn: (line) => void lines.push(String(line)) }, lines };
}

Deno.test("Locker.lead() that is aborted right after the grant does not start its work, and releases the lead", async () => {
  for (let turns = 0; turns < 24; turns++) {
    await using lab = new VirtualLab();
    const stop = new AbortController();
    const abortSoon = async () => {
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      stop.abort(new Error("enough"));
    };
    const begunAborted: boolean[] = [];
    const onEvent = ({ type }: { type: string }) => type === "acquired" ? abortSoon() : undefined;
    const leading = lab.locker({ onEvent }).locker.lead(() => void begunAborted.push(stop.signal.aborted), stop);
    await lab.until(leading.catch(() => {}));
    await passes(lab, 10);
    assertEquals([begunAborted.includes(true), lab.store.look("leader").kind], [false, "vacant"], `${turns} turns`);
  }
});

/** Leads until the lease is lost, then lets `end` decide how the work ends. Resolves to the warnings. */
async function warningsAfterLoss(end: (lease: Lease) => void): Promise<string[]> {
  await using lab = new VirtualLab();
  const { logger, lines } = warnings();
  const [stop, again] = [new AbortController(), Promise.withResolvers<void>()];
  let terms = 0;
  const work = async (lease: Lease) => {
    if (++terms === 2) return again.resolve();
    lab.fate = () => "drop";
    await new Promise((resolve) => lease.signal.addEventListener("abort", resolve));
    assertInstanceOf(lease.signal.reason, LeaseLostError);
    lab.fate = () => "pass";
    end(lease);
  };
  const leading = lab.locker({ logger }).locker.lead(work, stop).catch(() => {});
  await lab.until(again.promise);
  stop.abort();
  await lab.until(leading);
  return lines.filter((line) => line.startsWith("Work"));
}

Deno.test("Locker.lead() does not warn of work that rejects with the loss itself, which was reported already", async () => {
  assertEquals(await warningsAfterLoss((lease) => lease.signal.throwIfAborted()), []);
});

Deno.test("Locker.lead() warns of work that fails with another error after a loss", async () => {
  const lines = await warningsAfterLoss(() => {
    throw new Error("half done");
  });
  assertEquals(lines, ['Work of "leader" failed after its lease ended']);
});

Deno.test("Locker.lead() and run() release the lock when the work throws synchronously, not only when its promise rejects", async () => {
  await using lab = new VirtualLab();
  const work = (): never => {
    throw new Error("at once");
  };
  for (const start of [(of: Locker) => of.run(work), (of: Locker) => of.lead(work)]) {
    const { locker } = lab.locker();
    await assertRejects(() => lab.until(start(locker)), Error, "at once");
    assertEquals([locker.token, lab.store.look("leader").kind], [null, "vacant"]);
  }
});

Deno.test("Locker.run() goes on when its signal is aborted after the grant, because the options end only the wait", async () => {
  await using lab = new VirtualLab();
  const [{ locker }, stop] = [lab.locker(), new AbortController()];
  const work = async (lease: Lease) => {
    stop.abort(new Error("too late"));
    await new Promise<void>((resolve) => lab.clock.after(2 * TTL, resolve));
    return lease.held;
  };
  assertEquals(await lab.until(locker.run(work, { signal: stop.signal, timeout: TTL / 2 })), true);
});
