/**
 * What happens to a lock, as the server repeats it: no polling, no consumer.
 *
 * @module
 */

import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";

/** One change of the lock that the server stored. */
export interface Change {
  /** What it did. */
  readonly kind: "granted" | "renewed" | "released";
  /** Revision of the message. */
  readonly revision: number;
  /** When it was stored: milliseconds since the Unix epoch by the server's clock, with fractions. */
  readonly at: number;
  /** UUID of the holder; of the holder so far for a release. */
  readonly holder: string;
  /** Name of the holder; of the holder so far for a release. */
  readonly name: string;
  /** Fencing token of the hold. */
  readonly token: number;
}

/** How long to wait for a change. */
export interface WaitScope {
  /** Milliseconds. */
  readonly timeout: number;
  /** Ends the wait with its reason. */
  readonly signal: AbortSignal;
}

/** The changes of one lock since a moment, in order. */
export class History {
  /** Oldest first. */
  readonly changes: Change[] = [];
  readonly #subscription: Subscription;
  readonly #told: (change: Change) => void;
  #next = Promise.withResolvers<void>();

  private constructor(subscription: Subscription, told: (change: Change) => void) {
    this.#subscription = subscription;
    this.#told = told;
  }

  /** Follows all locks of a bucket made by `newKeyValue`, which may come to be later; `told` hears each change. */
  static async follow(
    nc: NatsConnection,
    bucket: string,
    told: (change: Change) => void = () => {},
  ): Promise<History> {
    const history: History = new History(
      nc.subscribe(`natslock.${bucket}.>`, {
        callback: (error, message) => error ? undefined : history.#add(message),
      }),
      told,
    );
    await nc.flush();
    return history;
  }

  /** The latest change; `undefined` if there was none. */
  get last(): Change | undefined {
    return this.changes.at(-1);
  }

  /** The first grant after a revision, come or to come. */
  granted(after: number, patience: WaitScope): Promise<Change> {
    return this.#first("granted", after, patience);
  }

  /** The first release after a revision, come or to come. */
  released(after: number, patience: WaitScope): Promise<Change> {
    return this.#first("released", after, patience);
  }

  /** Hears no more. */
  stop(): void {
    this.#subscription.unsubscribe();
  }

  async #first(kind: Change["kind"], after: number, patience: WaitScope): Promise<Change> {
    const { timeout, signal } = patience;
    const given = Promise.withResolvers<never>();
    const abort = () => given.reject(signal.reason);
    const timer = setTimeout(() => given.reject(new Error(`No lock was ${kind} within ${timeout} ms`)), timeout);
    signal.addEventListener("abort", abort, { once: true });
    try {
      for (;;) {
        signal.throwIfAborted();
        const found = this.changes.find((change) => change.kind === kind && change.revision > after);
        if (found) return found;
        await Promise.race([this.#next.promise, given.promise]);
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  }

  #add(message: Msg): void {
    const change = changeOf(message, this.last);
    this.changes.push(change);
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
    // Last, since the client swallows what is thrown here.
    this.#told(change);
  }
}

function changeOf(message: Msg, before: Change | undefined): Change {
  const header = (name: string): string => message.headers?.get(name) ?? "";
  const revision = Number(header("Nats-Sequence"));
  const stored = { revision, at: serverTime(header("Nats-Time-Stamp")) };
  // The mark of a release is empty: it does not say whose lock it was.
  if (header("KV-Operation")) {
    return { holder: "", name: "", token: 0, ...before, kind: "released", ...stored };
  }
  const token = header("Natslock-Token");
  return {
    kind: token ? "renewed" : "granted",
    ...stored,
    holder: message.string(),
    name: header("Natslock-Name"),
    token: token ? Number(token) : revision,
  };
}

/** Milliseconds since the Unix epoch of a server's time stamp, which has nanoseconds; `Date` would drop these. */
export function serverTime(stamp: string): number {
  const fraction = /\.\d+/.exec(stamp)?.[0] ?? "";
  return Date.parse(stamp.replace(fraction, "")) + Number(`0${fraction}`) * 1000;
}
