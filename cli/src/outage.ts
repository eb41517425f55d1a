/** Reports that NATS cannot be reached, and that it is reachable again. */

import type { LockEvent, SettingChanges } from "@x/natslock";
import type { NatsConnection } from "@nats-io/nats-core";
import { say } from "./say.ts";

/** Options of an {@linkcode Outage}. */
export interface OutageOptions {
  /** Returns what the program is doing, as the end of a sentence, such as `waiting for "job"`. */
  readonly meanwhile: () => string;
  /** Prints one line. Default: on standard error. */
  readonly say?: (line: string) => void;
  /** Called with the reason when NATS cannot be reached, and with `null` when it is reachable again. */
  readonly changed?: (why: string | null) => void;
}

/** Stands for the connection in the set of failing keys. No key is empty. */
const CONNECTION = "";

/**
 * Combines what the connection and several candidates notice of an outage. Prints one line when the first of them
 * fails, and one line when all work again.
 */
export class Outage {
  readonly #meanwhile: () => string;
  readonly #say: (line: string) => void;
  readonly #tell: (why: string | null) => void;
  /** What fails: keys of candidates, or the connection. */
  readonly #failing = new Set<string>();
  #lastChange = "";

  /** Creates an `Outage` that follows no connection yet. */
  constructor(options: OutageOptions) {
    this.#meanwhile = options.meanwhile;
    this.#say = options.say ?? say;
    this.#tell = options.changed ?? (() => {});
  }

  /** Handles an event of a candidate. */
  hear(event: LockEvent): void {
    const { type, key } = event;
    if (type === "retrying") this.down(key, event.error.message);
    // Each of these events follows an answer of the server.
    else if (type === "recovered" || type === "acquired" || type === "renewed" || type === "observed") this.up(key);
    else if (type === "bucket_changed") this.#changed(event.changes, event.error);
  }

  /** Follows disconnects and reconnects of a connection, until it is closed or the result is disposed. */
  follow(nc: Pick<NatsConnection, "status">): Disposable {
    const statuses: AsyncIterable<{ readonly type: string }> & { stop?(): void } = nc.status();
    const run = async () => {
      for await (const { type } of statuses) {
        if (type === "disconnect") this.down(CONNECTION, "the connection is down");
        else if (type === "reconnect") this.up(CONNECTION);
      }
    };
    run().catch(() => {});
    return { [Symbol.dispose]: () => statuses.stop?.() };
  }

  /** Records that `who` fails: a key or the connection. */
  down(who: string, why: string): void {
    const isFirst = this.#failing.size === 0;
    this.#failing.add(who);
    if (!isFirst) return;
    this.#say(`Cannot reach NATS: ${why}; still ${this.#meanwhile()}, retrying`);
    this.#tell(why);
  }

  /** Records that `who` no longer fails. */
  up(who: string): void {
    if (!this.#failing.delete(who) || this.#failing.size > 0) return;
    this.#say(`NATS is reachable again; still ${this.#meanwhile()}`);
    this.#tell(null);
  }

  /** Forgets all failures, because whoever failed starts anew. */
  reset(): void {
    const [last, ...others] = this.#failing;
    for (const who of others) this.#failing.delete(who);
    if (last !== undefined) this.up(last);
  }

  /** Reports changed settings once, although every candidate of the bucket notices them. */
  #changed(changes: SettingChanges, error: Error | null): void {
    const told = JSON.stringify(changes);
    if (told === this.#lastChange) return;
    this.#lastChange = told;
    const list = Object.entries(changes).map(([name, { before, after }]) =>
      `${name} ${text(before)} -> ${text(after)}`
    );
    this.#say(`The bucket settings have changed: ${list.join(", ")}`);
    if (error !== null) this.#say(error.message);
  }
}

const text = (value: unknown): string => JSON.stringify(value) ?? "none";
