/**
 * The work of one client under the locks. Each kind of work runs in its own loop and records every step.
 *
 * @module
 */

import { type Lease, LeaseLostError, Locker, type LockerOptions, type LockEvent, NatslockError } from "../../mod.ts";
import type { HistoryFile, Work } from "./history.ts";
import type { Fence, Resource } from "./resource.ts";

/** What the work needs. */
export interface Bench {
  readonly kv: LockerOptions["kv"];
  readonly client: string;
  readonly history: HistoryFile;
  readonly resource: Resource;
  /** Aborted when no new work may start. */
  readonly calm: AbortSignal;
}

/** Longest wait for a lock, in ms. It is limited so that a minute of faults does not hide a waiter that hangs. */
const PATIENCE = 20_000;

/** Pause after a wait without a grant, in ms. */
const REST = 200;

/** Length of a round of work on the shared sets, in ms, the same as in Jepsen's test of etcd. */
const INSIDE = 100;

/** A Locker that asks for its lock repeatedly, and records it. */
class Asker {
  readonly locker: Locker;
  /** When the current lease ends without another renewal, by `performance.now()`. */
  #until = 0;
  readonly #bench: Bench;
  readonly #work: Work;

  constructor(bench: Bench, work: Work) {
    this.#bench = bench;
    this.#work = work;
    const onEvent = (event: LockEvent) => {
      if (event.type === "renewed") this.#until = performance.now() + event.remaining;
    };
    this.locker = new Locker({ kv: bench.kv, key: work, name: bench.client, onEvent });
  }

  /** Asks once and records the result. Resolves to `null` if nothing is held. */
  async ask<Held extends Fence>(
    question: () => Promise<Held | null>,
  ): Promise<{ readonly held: Held; readonly ask: number } | null> {
    const { history } = this.#bench;
    const [work, ask] = [this.#work, nextAsk++];
    history.note({ on: "ask", work, ask });
    try {
      const held = await question();
      if (held === null) {
        history.note({ on: "refused", work, ask, why: "another holds it" });
        return null;
      }
      history.note({ on: "held", work, ask, id: this.locker.id, token: held.token, epoch: held.epoch });
      return { held, ask };
    } catch (error) {
      if (!(error instanceof NatslockError)) throw error;
      const on = error.name === "AcquireTimeoutError" ? "timeout" : "error";
      history.note({ on, work, ask, why: error.message });
      return null;
    }
  }

  /** Records how and when a lease ends. */
  follow(lease: Lease, ask: number): void {
    this.#until = performance.now() + lease.remaining;
    const tell = () => {
      const { reason } = lease.signal;
      const lost = reason instanceof LeaseLostError;
      const late = lost && reason.why === "deadline" ? Math.round(performance.now() - this.#until) : 0;
      this.#bench.history.note({ on: "ended", work: this.#work, ask, why: lost ? reason.why : "released", late });
    };
    if (lease.signal.aborted) tell();
    else lease.signal.addEventListener("abort", tell, { once: true });
  }
}

let nextAsk = 1;
let nextItem = 1;

/** Work that is done for each granted lease. */
type Round = (lease: Lease) => Promise<void>;

/** In a loop: waits for the lock of this kind of work, does a round under the lease, and releases it. */
async function byLease(bench: Bench, work: Work, round: Round): Promise<void> {
  const asker = new Asker(bench, work);
  while (!bench.calm.aborted) {
    const got = await asker.ask(() => asker.locker.acquire({ timeout: PATIENCE }));
    if (got === null) await pause(REST);
    else {
      asker.follow(got.held, got.ask);
      await round(got.held);
      await got.held.release().catch(() => {});
    }
  }
  await asker.locker.close();
}

/** Adds items to the shared sets under leases. */
export function setByLease(bench: Bench): Promise<void> {
  return byLease(bench, "set", async (lease) => {
    await addItem(bench, lease);
    await lease.release().catch(() => {});
    await pause(REST / 10 * Math.random());
  });
}

/** Leads for one to three seconds after each election. */
export function campaign(bench: Bench): Promise<void> {
  return byLease(bench, "election", async ({ signal }) => {
    await Promise.race([pause(1000 + 2000 * Math.random()), aborted(signal), aborted(bench.calm)]);
  });
}

/** Wants the same lock as many others, for a moment each time (the "storm"). */
export function storm(bench: Bench): Promise<void> {
  return byLease(bench, "storm", () => pause(5 + 15 * Math.random()));
}

/** Adds items to the shared sets while it leads by calls, for several rounds at a time. */
export async function setByCalls(bench: Bench, every: number): Promise<void> {
  const asker = new Asker(bench, "set");
  const { locker } = asker;
  while (!bench.calm.aborted) {
    const got = await asker.ask(async () => await locker.acquireLead() ? fenceOf(locker) : null);
    if (got === null) await pause(every);
    else {
      await addItem(bench, got.held);
      bench.history.note({ on: "ended", work: "set", ask: got.ask, why: "round", late: 0 });
      if (Math.random() < 0.5) await locker.releaseLead().catch(() => {});
      await pause(every * Math.random());
    }
  }
  await locker.close();
}

/**
 * Reads both sets, waits, and writes them with one more item. If another client added an item in between, that item is
 * lost.
 */
async function addItem({ client, resource, history }: Bench, { token, epoch }: Fence): Promise<void> {
  const fence = { token, epoch };
  const item = `${client}.${nextItem++}`;
  const [guarded, bare] = [resource.read("guarded", fence), resource.read("bare", fence) ?? []];
  await pause(INSIDE * (0.8 + 0.4 * Math.random()));
  const ok = guarded !== null && resource.write("guarded", [...guarded, item], fence);
  history.note({ on: "added", set: "guarded", item, ok });
  resource.write("bare", [...bare, item], fence);
  history.note({ on: "added", set: "bare", item, ok: true });
}

/** Observes the election until the end. */
export async function look(bench: Bench, over: AbortSignal): Promise<void> {
  await using locker = new Locker({ kv: bench.kv, key: "election", name: bench.client });
  while (!over.aborted) {
    try {
      for await (const leader of locker.observe({ signal: over })) {
        bench.history.note({ on: "observed", token: leader?.token ?? null, holder: leader?.holder ?? "" });
      }
    } catch (error) {
      if (over.aborted) return;
      if (!(error instanceof NatslockError)) throw error;
      await pause(REST);
    }
  }
}

const fenceOf = ({ token, epoch }: Locker): Fence => ({ token: token ?? 0, epoch: epoch ?? "" });

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve(), { once: true })
  );
