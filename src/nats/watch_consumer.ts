/** The consumer by which a bucket is watched that does not repeat its changes. */

import type { ConsumerConfig, JetStreamClient, JsMsg } from "@nats-io/jetstream";
import { createInbox, nanos, type NatsConnection } from "@nats-io/nats-core";
import { type Clock, SystemClock } from "../base/clock.ts";

/** The bucket that is watched. */
export interface WatchedBucket {
  readonly name: string;
  readonly stream: string;
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  /** Subject of a key. */
  subject(key: string): string;
}

/** What a {@linkcode BucketConsumer} tells. */
export interface ConsumerListener {
  /** A change was pushed. */
  changed(message: JsMsg): void;
  /** Changes may have been missed: the consumer began, or was lost. */
  missed(): void;
  /** It could not be made. */
  failed(cause: unknown): void;
}

/** How often the server says that it is there while nothing changes, in ms; two are missed before it counts as lost. */
const HEARTBEAT = 2000;

/** How long the server keeps a consumer that nobody listens to, in ms. */
const KEPT = 60_000;

/** Least time between two consumers, in ms, where the first was refused or lost. */
const PAUSE = 3000;

const LOST = ["heartbeats_missed", "consumer_deleted"];

/**
 * One consumer at a time, while it is needed. One that is refused or lost is made again after a pause.
 *
 * Not an ordered consumer: the client notices the loss of such a one after a minute (nats-facts 2).
 */
export class BucketConsumer {
  readonly #bucket: WatchedBucket;
  readonly #listener: ConsumerListener;
  readonly #clock: Clock = new SystemClock();
  /** Ends the consumer that runs or is being made. */
  #stop: (() => void) | null = null;
  #cancel: (() => void) | null = null;
  #triedAt = -Infinity;

  /** Makes nothing yet. */
  constructor(bucket: WatchedBucket, listener: ConsumerListener) {
    this.#bucket = bucket;
    this.#listener = listener;
  }

  /** Makes it if there is none. */
  need(): void {
    if (this.#stop === null) this.#renew();
  }

  /** Makes another one in the place of one that may be lost, now or once the pause since it was made is over. */
  again(): void {
    if (this.#stop !== null) this.#renew();
  }

  #renew(): void {
    if (this.#cancel !== null) return;
    const pause = this.#triedAt + PAUSE - this.#clock.now();
    if (pause <= 0) return this.#make();
    this.#cancel = this.#clock.after(pause, () => this.#make());
  }

  /** Ends it; deleted, since the server would keep it for a while. */
  end(): void {
    this.#cancel?.();
    this.#stop?.();
    this.#cancel = this.#stop = null;
    this.#triedAt = -Infinity;
  }

  #make(): void {
    this.end();
    this.#triedAt = this.#clock.now();
    const running = this.#run();
    const stop = () => void running.then(({ end }) => end(), () => {});
    const isCurrent = () => this.#stop === stop;
    this.#stop = stop;
    running.then(async ({ lost }) => {
      if (isCurrent()) this.#listener.missed();
      await lost;
      if (!isCurrent()) return;
      stop();
      this.#again();
      this.#listener.missed();
    }).catch((cause) => {
      if (!isCurrent()) return;
      this.#again();
      this.#listener.failed(cause);
    });
  }

  #again(): void {
    this.#stop = null;
    if (!this.#bucket.nc.isClosed()) this.#renew();
  }

  /** Resolves once it is made. */
  async #run(): Promise<{ readonly end: () => void; readonly lost: Promise<void> }> {
    const { js, nc, stream } = this.#bucket;
    const { inboxPrefix } = (nc as unknown as { readonly options?: { readonly inboxPrefix?: string } }).options ?? {};
    const place = { deliver_subject: createInbox(inboxPrefix), idle_heartbeat: nanos(HEARTBEAT) };
    const name = `natslock_${place.deliver_subject.split(".").at(-1)}`;
    const { consumers } = await js.jetstreamManager(false);
    const messages = await (await js.consumers.getBoundPushConsumer(place)).consume({
      callback: (message) => this.#listener.changed(message),
    });
    const lost = (async () => {
      for await (const { type } of messages.status()) if (LOST.includes(type)) return;
    })();
    const end = () => {
      messages.stop();
      consumers.delete(stream, name).catch(() => {});
    };
    const filter = { filter_subject: this.#bucket.subject(">"), deliver_policy: "new", ack_policy: "none" };
    const keeping = { inactive_threshold: nanos(KEPT), mem_storage: true };
    try {
      await consumers.add(stream, { ...place, name, ...filter, ...keeping } as ConsumerConfig);
    } catch (cause) {
      end();
      throw cause;
    }
    return { end, lost };
  }
}
