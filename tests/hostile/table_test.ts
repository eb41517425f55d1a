import { assert, assertEquals } from "@std/assert";
import { ConnectionError, type Lease, LockerClosedError } from "@x/natslock";
import { type Cell, type Promised, STOP } from "./cell.ts";
import { RETRY_EVERY } from "./rate.ts";
import { complaints, rejections } from "./run.ts";

/** Returns the complaints about an action on a sane store. */
async function said(act: (cell: Cell) => Promise<unknown>): Promise<string[]> {
  const kind = ["all requests: right answers", () => ({})] as const;
  return await complaints({ title: "planted", act }, kind, { saneEvery: Infinity, closing: "once done" });
}

async function look({ store }: Cell, times: number): Promise<void> {
  for (let time = 0; time < times; time++) await store.read("leader", { timeout: 100 });
}

const reject = (error: Error, promised: Promised = { within: 0 }) => (cell: Cell) =>
  cell.call("planted", promised, () => Promise.reject(error));

/** Returns a lease that is held forever. */
const immortal = () => ({ held: true, signal: new AbortController().signal }) as Lease;

const PLANTED: readonly (readonly [title: string, complaint: string, act: (cell: Cell) => Promise<unknown>])[] = [
  ["reads without a pause or an end", "flood: more than 200 requests in one instant", (cell) => look(cell, Infinity)],
  ["reads 17 times in one instant", "spin: 17 requests in one instant", (cell) => look(cell, 17)],
  ["reads four times every 60 ms", "rate: 48 requests within 667 ms", async (cell) => {
    for (let turn = 0; turn < 30; turn++) await look(cell, 4).then(() => cell.sleep(60));
  }],
  ["reads for a long time, twenty times per retryEvery", "rate: 900 requests in all", async (cell) => {
    for (let turn = 0; turn < 900; turn++) await look(cell, 1).then(() => cell.sleep(RETRY_EVERY / 20));
  }],
  [
    "does not end",
    "end: planted has not ended, 5 ms allowed",
    (cell) => cell.call("planted", { within: 5 }, () => new Promise(() => {})),
  ],
  ["rejects with an error of the store", "typed: planted rejected with Error: raw", reject(new Error("raw"))],
  [
    "gives up a wait at a transient error",
    "wait: planted ended at a transient error, ConnectionError: late",
    reject(new ConnectionError("timeout", "late"), { within: 0, waits: true }),
  ],
  [
    "rejects when its signal ends it",
    `contract: planted rejected at its normal end, with ${STOP}`,
    reject(STOP, { within: 0, resolves: true }),
  ],
  [
    "rejects when the Locker is closed",
    "contract: planted rejected at its normal end, with LockerClosedError: closed",
    reject(new LockerClosedError("closed"), { within: 0, resolves: true }),
  ],
  [
    "holds a lease that nobody confirmed",
    "held: lease.held is true after the lease is over",
    (cell) => Promise.resolve(cell.keep(immortal())),
  ],
  [
    "aborts the signal of a lease late",
    "held: lease.signal aborts late",
    (cell) => Promise.resolve(cell.keep({ ...immortal(), held: false } as Lease)),
  ],
  [
    "leaves a timer behind",
    "left behind: 1 timers",
    (cell) => Promise.resolve(cell.clock.after(1e6, () => {})),
  ],
  [
    "leaves a watch behind",
    "left behind: 1 watches",
    (cell) => Promise.resolve(cell.store.watch("leader", () => {})),
  ],
];

for (const [title, complaint, act] of PLANTED) {
  Deno.test(`The hostile store table complains of an action that ${title}`, async () => {
    const found = await said(act);
    assert(found.some((each) => each.startsWith(complaint)), `${found}`);
  });
}

Deno.test("The hostile store table complains of an unhandled rejection", async () => {
  await rejections();
  Promise.reject(new Error("nobody's"));
  assertEquals(await rejections(), ["unhandled: Error: nobody's"]);
});

Deno.test("The hostile store table has no complaint about an action that does nothing", async () => {
  assertEquals(await said(() => Promise.resolve()), []);
});
