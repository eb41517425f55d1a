/**
 * What the tests do on a hostile store: each public method, and how long it may take.
 *
 * @module
 */

import type { Lease } from "@x/natslock";
import { type Cell, REQUEST_TIMEOUT } from "./cell.ts";
import { RETRY_EVERY } from "./rate.ts";
import { TTL } from "./store.ts";

/** One way to use a Locker. */
export interface Verb {
  readonly title: string;
  /** Runs while the store is sane. */
  readonly before?: (cell: Cell) => Promise<unknown>;
  /** Runs once the store is hostile. */
  readonly act: (cell: Cell) => Promise<unknown>;
}

/** How long each verb may take, in ms. `acquire()` with its own limit gets no extra time. */
export const WITHIN = {
  ttl: REQUEST_TIMEOUT,
  leader: 2 * REQUEST_TIMEOUT,
  tryAcquire: 2 * TTL,
  acquireLead: 2 * TTL,
  releaseLead: TTL + 2 * REQUEST_TIMEOUT,
  release: TTL + 2 * REQUEST_TIMEOUT,
  end: 2 * TTL,
} as const;

const TIMEOUT = 3000;
const WORK = 2000;
const LONG = 2 * TTL;

const hold = (cell: Cell) => cell.other.acquire();

const lead = (cell: Cell) =>
  cell.call("acquireLead()", { within: WITHIN.acquireLead }, async () => {
    const led = await cell.locker.acquireLead();
    if (led && cell.locker.token === null) cell.complaints.add("held: acquireLead() returned true and nothing is held");
  });

const release = (cell: Cell, lease: Lease) =>
  cell.call("lease.release()", { within: WITHIN.release }, () => lease.release());

const resign = (cell: Cell) =>
  cell.call("releaseLead()", { within: WITHIN.releaseLead }, () => cell.locker.releaseLead());

/** Keeps a granted lease for a while, and releases it. */
async function use(cell: Cell, lease: Lease | null | undefined): Promise<void> {
  if (!lease) return;
  cell.keep(lease);
  await cell.sleep(WORK);
  await release(cell, lease);
}

async function acquire(cell: Cell, limit: "timeout" | "signal"): Promise<void> {
  const ms = limit === "timeout" ? TIMEOUT : LONG;
  const options = limit === "timeout" ? { timeout: ms } : { signal: cell.signalAfter(ms) };
  const promised = { within: ms + 1, waits: true };
  await use(cell, await cell.call(`acquire({ ${limit} })`, promised, () => cell.locker.acquire(options)));
}

/** Work that takes `ms`, or ends with its lease. */
const work = (cell: Cell, ms: number) => (lease: Lease): Promise<void> => {
  cell.keep(lease);
  if (ms === 0 || lease.signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const cancel = cell.after(ms, resolve);
    lease.signal.addEventListener("abort", () => (cancel(), resolve()), { once: true });
  });
};

const run = (cell: Cell) =>
  cell.call(
    "run({ timeout })",
    { within: TIMEOUT + 1 + WORK + WITHIN.release, waits: true },
    () => cell.locker.run(work(cell, WORK), { timeout: TIMEOUT }),
  );

const campaign = (cell: Cell, ms: number) =>
  cell.call(
    "lead({ signal })",
    { within: LONG + WITHIN.end, waits: true, resolves: true },
    () => cell.locker.lead(work(cell, ms), { signal: cell.signalAfter(LONG) }),
  );

const observe = (cell: Cell) =>
  cell.call("observe({ signal })", { within: LONG + WITHIN.end, waits: true, resolves: true }, async () => {
    for await (const _ of cell.locker.observe({ signal: cell.signalAfter(LONG) }));
  });

/** Takes a lease while the store is sane. */
async function granted(cell: Cell): Promise<Lease> {
  return cell.keep(await cell.locker.acquire());
}

/** A verb on a lease that was granted while the store was sane. */
function onLease(title: string, act: (cell: Cell, lease: Lease) => Promise<unknown>): Verb {
  const leases = new WeakMap<Cell, Lease>();
  return {
    title,
    before: async (cell) => leases.set(cell, await granted(cell)),
    act: async (cell) => {
      const lease = leases.get(cell);
      if (lease) await act(cell, lease);
    },
  };
}

/** All verbs. */
export const VERBS: readonly Verb[] = [
  { title: "ttl()", act: (cell) => cell.call("ttl()", { within: WITHIN.ttl }, () => cell.locker.ttl()) },
  { title: "leader()", act: (cell) => cell.call("leader()", { within: WITHIN.leader }, () => cell.locker.leader()) },
  {
    title: "tryAcquire()",
    act: async (cell) =>
      await use(
        cell,
        await cell.call("tryAcquire()", { within: WITHIN.tryAcquire }, () => cell.locker.tryAcquire()),
      ),
  },
  {
    title: "acquireLead()",
    act: async (cell) => {
      await lead(cell);
      await cell.sleep(TTL);
    },
  },
  {
    title: "acquireLead() three times",
    act: async (cell) => {
      for (let turn = 0; turn < 3; turn++) {
        await lead(cell);
        await cell.sleep(TTL / 3);
      }
      await resign(cell);
    },
  },
  { title: "releaseLead() without a lead", act: resign },
  { title: "releaseLead()", before: (cell) => cell.locker.acquireLead(), act: resign },
  { title: "acquire({ timeout })", act: (cell) => acquire(cell, "timeout") },
  { title: "acquire({ timeout }) while another holds", before: hold, act: (cell) => acquire(cell, "timeout") },
  { title: "acquire({ signal })", act: (cell) => acquire(cell, "signal") },
  { title: "acquire({ signal }) while another holds", before: hold, act: (cell) => acquire(cell, "signal") },
  { title: "run({ timeout })", act: run },
  {
    title: "run({ timeout }) at work",
    before: (cell) => {
      const begun = Promise.withResolvers<void>();
      const running = () =>
        cell.locker.run((lease) => {
          begun.resolve();
          return work(cell, 3 * TTL)(lease);
        });
      cell.call("run()", { within: 3 * TTL + WITHIN.release }, running);
      return begun.promise;
    },
    act: (cell) => cell.sleep(4 * TTL),
  },
  { title: "lead({ signal })", act: (cell) => campaign(cell, WORK) },
  { title: "lead({ signal }) whose work is short", act: (cell) => campaign(cell, 0) },
  { title: "lead({ signal }) while another holds", before: hold, act: (cell) => campaign(cell, WORK) },
  { title: "observe({ signal })", act: observe },
  { title: "observe({ signal }) while another holds", before: hold, act: observe },
  {
    title: "two acquire({ signal }) and an observe({ signal }) at once, while another holds",
    before: hold,
    act: (cell) => Promise.all([acquire(cell, "signal"), acquire(cell, "signal"), observe(cell)]),
  },
  onLease("lease.release()", release),
  onLease("a lease that renews itself", async (cell, lease) => {
    await cell.sleep(3 * TTL);
    await release(cell, lease);
  }),
  onLease("acquireLead() while a lease is held", async (cell, lease) => {
    for (let turn = 0; turn < 3; turn++) {
      await lead(cell);
      await cell.sleep(TTL / 3);
    }
    await release(cell, lease);
  }),
  onLease("tryAcquire() while a lease ends", async (cell, lease) => {
    const leaving = release(cell, lease);
    await cell.sleep(RETRY_EVERY / 2);
    const promised = { within: WITHIN.tryAcquire };
    await use(cell, await cell.call("tryAcquire()", promised, () => cell.locker.tryAcquire()));
    await leaving;
  }),
];
