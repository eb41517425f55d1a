/** The program that every runtime runs. It performs an order and reports while it does so. */

import { Locker } from "@x/natslock";
import { type Place, settingsFor, type SocketOf } from "./bench.ts";
import { conform, type Outcome } from "./conformance.ts";

/** An order to a runtime. It is JSON, because it comes as an argument, a message or a request. */
export type Order =
  /** Runs the suite. */
  | { readonly act: "conform"; readonly url: string; readonly bucket: string }
  /** Campaigns until it is killed. `ttl` is the lease length in milliseconds. */
  | { readonly act: "campaign"; readonly name: string } & Ring
  /** Observes until it is killed. */
  | { readonly act: "observe" } & Ring;

/** The lock that all candidates share. */
interface Ring {
  readonly url: string;
  readonly bucket: string;
  readonly ttl: number;
}

/** A report of a runtime. */
export type Told =
  | { readonly told: "outcomes"; readonly outcomes: readonly Outcome[] }
  | { readonly told: "ready" }
  | { readonly told: "elected"; readonly token: number }
  | { readonly told: "ended"; readonly token: number; readonly why: string }
  | { readonly told: "observed"; readonly name: string | null; readonly token: number | null }
  | { readonly told: "failed"; readonly error: string };

/** Receives the reports of a runtime. */
export type Tell = (told: Told) => void;

/** Performs an order. Never rejects. */
export async function perform(order: Order, tell: Tell, socketOf?: SocketOf): Promise<void> {
  try {
    if (order.act === "conform") await suite({ ...order, ...(socketOf ? { socketOf } : {}) }, tell);
    else if (order.act === "campaign") await campaign(order, tell, socketOf);
    else await observe(order, tell, socketOf);
  } catch (error) {
    tell({ told: "failed", error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
  }
}

async function suite(place: Place, tell: Tell): Promise<void> {
  tell({ told: "outcomes", outcomes: await conform(place) });
}

async function campaign(order: Ring & { readonly name: string }, tell: Tell, socketOf?: SocketOf): Promise<void> {
  const { url: servers, bucket, ttl, name } = order;
  const locker = await Locker.open({ servers, bucket, ttl, name, ...settingsFor(socketOf) });
  tell({ told: "ready" });
  await locker.lead((lease) => {
    const { token, signal } = lease;
    // Global, so that scripts in the page can read it.
    Object.assign(globalThis, { lease });
    tell({ told: "elected", token });
    return new Promise<void>((resolve) =>
      signal.addEventListener("abort", () => {
        tell({ told: "ended", token, why: String(signal.reason?.why ?? signal.reason) });
        resolve();
      })
    );
  });
}

async function observe({ url: servers, bucket, ttl }: Ring, tell: Tell, socketOf?: SocketOf): Promise<void> {
  const locker = await Locker.open({ servers, bucket, ttl, ...settingsFor(socketOf) });
  tell({ told: "ready" });
  for await (const leader of locker.observe()) {
    tell({ told: "observed", name: leader?.name ?? null, token: leader?.token ?? null });
  }
}
