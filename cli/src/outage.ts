/** Says that NATS cannot be reached, and that it answers again. */

import type { LockEvent, SettingChanges } from "@x/natslock";
import type { NatsConnection } from "@nats-io/nats-core";
import { say } from "./say.ts";

/** What an {@linkcode Outage} is made of. */
export interface OutageOptions {
  /** What goes on meanwhile, as the end of a sentence, such as `waiting for "job"`. */
  readonly meanwhile: () => string;
  /** Takes each line. Default: standard error. */
  readonly say?: (line: string) => void;
}

/** Stands for the connection among what has trouble; no key is empty. */
const CONNECTION = "";

/**
 * What the connection and several candidates notice of one outage: one line when the first of them has trouble, and one
 * when none has any more.
 */
export class Outage {
  readonly #meanwhile: () => string;
  readonly #say: (line: string) => void;
  /** What has trouble: keys, and the connection. */
  readonly #failing = new Set<string>();
  #lastChange = "";

  /** Follows nothing yet. */
  constructor(options: OutageOptions) {
    this.#meanwhile = options.meanwhile;
    this.#say = options.say ?? say;
  }

  /** Takes in what happens to a candidate. */
  hear(event: LockEvent): void {
    const { type, key } = event;
    if (type === "retrying") this.down(key, event.error.message);
    // Each of these came by an answer.
    else if (type === "recovered" || type === "acquired" || type === "renewed" || type === "observed") this.up(key);
    else if (type === "bucket_changed") this.#changed(event.changes, event.error);
  }

  /** Takes in when a connection is lost and made again, until it is closed or this is disposed of. */
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

  /** Something has trouble. */
  down(who: string, why: string): void {
    const isFirst = this.#failing.size === 0;
    this.#failing.add(who);
    if (isFirst) this.#say(`Cannot reach NATS: ${why}; still ${this.#meanwhile()}, tries again`);
  }

  /** It has none any more. */
  up(who: string): void {
    if (!this.#failing.delete(who) || this.#failing.size > 0) return;
    this.#say(`NATS answers again; still ${this.#meanwhile()}`);
  }

  /** All candidates of a bucket notice the same change. */
  #changed(changes: SettingChanges, error: Error | null): void {
    const told = JSON.stringify(changes);
    if (told === this.#lastChange) return;
    this.#lastChange = told;
    const list = Object.entries(changes).map(([name, { before, after }]) =>
      `${name} ${text(before)} -> ${text(after)}`
    );
    this.#say(`The bucket's settings were changed: ${list.join(", ")}`);
    if (error !== null) this.#say(error.message);
  }
}

const text = (value: unknown): string => JSON.stringify(value) ?? "none";
