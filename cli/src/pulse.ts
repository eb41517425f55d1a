/** Notices within two seconds that the server does not answer, although the connection is open. */

import type { Clock } from "@x/natslock";
import { onAbort, wait } from "@x/natslock/internal";
import type { NatsConnection } from "@nats-io/nats-core";
import { shortly } from "./duration.ts";
import type { Outage } from "./outage.ts";

/** Interval between an answer and the next ping, and how long an answer may take, in milliseconds. */
const EVERY = 500;
const PATIENCE = 1000;

/** Stands for the pings in an {@linkcode Outage}. No key ends with a dot. */
const PING = "ping.";

/** Pings the server until it is disposed. The connection itself needs some lost pings before it reconnects. */
export class Pulse {
  readonly #clock: Clock;
  readonly #outage: Outage;
  readonly #ending = new AbortController();

  /** Creates a pulse that reports to `outage`. Starts nothing. */
  constructor(clock: Clock, outage: Outage) {
    this.#clock = clock;
    this.#outage = outage;
  }

  /** Starts to ping. Ends by itself when the connection is closed for good. */
  start(nc: Pick<NatsConnection, "flush" | "isClosed">): this {
    this.#run(nc).catch(() => {});
    return this;
  }

  /** Stops. */
  [Symbol.dispose](): void {
    this.#ending.abort();
  }

  async #run(nc: Pick<NatsConnection, "flush" | "isClosed">): Promise<void> {
    const { signal } = this.#ending;
    while (!nc.isClosed()) {
      const answered = nc.flush().then(() => true, () => false);
      const hush = this.#expect();
      const ending = onAbort(signal, hush);
      const isAlive = await answered;
      ending[Symbol.dispose]();
      hush();
      signal.throwIfAborted();
      // A disconnect ends the ping without an answer. The connection reports it.
      if (isAlive) this.#outage.up(PING);
      await wait<void>(signal, (done) => this.#clock.after(EVERY, done));
    }
  }

  /** Reports a missing answer after {@linkcode PATIENCE}. Returns a function that cancels this. */
  #expect(): () => void {
    const due = this.#clock.now() + PATIENCE;
    let cancel = this.#clock.after(PATIENCE, () => {
      const say = () => this.#outage.down(PING, `no answer for ${shortly(PATIENCE)}`);
      // If this process itself was stopped, the answer may be there, unread.
      if (this.#clock.now() - due < EVERY) say();
      else cancel = this.#clock.after(PATIENCE, say);
    });
    return () => cancel();
  }
}
