/**
 * Follows the changes of a lock, which the server republishes. Uses neither polling nor a consumer.
 *
 * @module
 */

import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";

/** One change of the lock that the server stored. */
export interface Change {
  /** What changed. */
  readonly kind: "granted" | "renewed" | "released";
  /** Revision of the message. */
  readonly revision: number;
  /** When the server stored it: milliseconds since the Unix epoch by the server's clock, with fractions. */
  readonly at: number;
  /** UUID of the holder; after a release, of the previous holder. */
  readonly holder: string;
  /** Name of the holder; after a release, of the previous holder. */
  readonly name: string;
  /** Fencing token of the hold. */
  readonly token: number;
}

/** Limits of a wait for a change. */
export interface TimeLimit {
  /** Milliseconds. */
  readonly timeout: number;
  /** Aborts the wait with the signal's reason. */
  readonly signal: AbortSignal;
}

/** The changes of one lock since this object was created, in order. */
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

  /**
   * Follows all locks of a bucket that `newKeyValue` creates. The bucket may be created later. Calls `told` with each
   * change.
   */
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

  /** The latest change; `undefined` if there is none. */
  get last(): Change | undefined {
    return this.changes.at(-1);
  }

  /** Returns the first grant after a revision. Waits for it if necessary. */
  granted(after: number, patience: TimeLimit): Promise<Change> {
    return this.#first("granted", after, patience);
  }

  /** Returns the first release after a revision. Waits for it if necessary. */
  released(after: number, patience: TimeLimit): Promise<Change> {
    return this.#first("released", after, patience);
  }

  /** Ends the subscription. */
  stop(): void {
    this.#subscription.unsubscribe();
  }

  async #first(kind: Change["kind"], after: number, patience: TimeLimit): Promise<Change> {
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
    // Comes last, because the client swallows errors thrown here.
    this.#told(change);
  }
}

function changeOf(message: Msg, before: Change | undefined): Change {
  const header = (name: string): string => message.headers?.get(name) ?? "";
  const revision = Number(header("Nats-Sequence"));
  const stored = { revision, at: serverTime(header("Nats-Time-Stamp")) };
  // The release marker is empty. It does not name the holder.
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

/**
 * Converts a server time stamp to milliseconds since the Unix epoch. Keeps its nanoseconds as a fraction, which `Date`
 * would drop.
 */
export function serverTime(stamp: string): number {
  const fraction = /\.\d+/.exec(stamp)?.[0] ?? "";
  return Date.parse(stamp.replace(fraction, "")) + Number(`0${fraction}`) * 1000;
}
