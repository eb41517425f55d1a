/** Watches a bucket that does not republish its changes, by a JetStream consumer. */

import type { ConsumerConfig, JetStreamClient, JsMsg } from "@nats-io/jetstream";
import { nanos, type NatsConnection } from "@nats-io/nats-core";
import type { Clock } from "../base/clock.ts";
import { inboxOf } from "./subscription.ts";

/** The bucket to watch. */
export interface WatchedBucket {
  readonly name: string;
  readonly stream: string;
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  /** Returns the subject of a key. */
  subject(key: string): string;
}

/** Receives what a {@linkcode BucketConsumer} reports. */
export interface ConsumerListener {
  /** A change was pushed. */
  changed(message: JsMsg): void;
  /** Changes may have been missed: the consumer has started, or was lost. */
  missed(): void;
  /** The consumer could not be created. */
  failed(cause: unknown): void;
}

/** Interval of the server's heartbeats while nothing changes, in ms. After two missed ones the consumer is lost. */
const HEARTBEAT = 2000;

/** How long the server keeps a consumer without subscription, in ms. */
const INACTIVE_THRESHOLD = 60_000;

/** Shortest time between the creation of two consumers, in ms, if the first one was refused or lost. */
const RETRY_PAUSE = 3000;

const LOST = ["heartbeats_missed", "consumer_deleted"];

/**
 * Keeps one consumer while it is needed. If it is refused or lost, another one is created after a pause.
 *
 * It is not an ordered consumer: the client fixes their heartbeats at 30 s, so it notices their loss only after 60 s.
 */
export class BucketConsumer {
  readonly #bucket: WatchedBucket;
  readonly #listener: ConsumerListener;
  readonly #clock: Clock;
  /** Ends the consumer that runs or is being created. */
  #stop: (() => void) | null = null;
  #cancel: (() => void) | null = null;
  #triedAt = -Infinity;

  /** Creates no consumer yet. */
  constructor(bucket: WatchedBucket, listener: ConsumerListener, clock: Clock) {
    this.#bucket = bucket;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Creates a consumer if there is none. */
  start(): void {
    if (this.#stop === null) this.#renew();
  }

  /** Replaces a consumer that may be lost: now, or when the pause since its creation is over. */
  replace(): void {
    if (this.#stop !== null) this.#renew();
  }

  #renew(): void {
    if (this.#cancel !== null) return;
    const pause = this.#triedAt + RETRY_PAUSE - this.#clock.now();
    if (pause <= 0) return this.#make();
    this.#cancel = this.#clock.after(pause, () => this.#make());
  }

  /** Ends the consumer. Deletes it, because the server would keep it for another minute. */
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
      this.#restart();
      this.#listener.missed();
    }).catch((cause) => {
      if (!isCurrent()) return;
      this.#restart();
      this.#listener.failed(cause);
    });
  }

  #restart(): void {
    this.#stop = null;
    if (!this.#bucket.nc.isClosed()) this.#renew();
  }

  /** Creates a consumer. Resolves when the server has it. */
  async #run(): Promise<{ readonly end: () => void; readonly lost: Promise<void> }> {
    const { js, nc, stream } = this.#bucket;
    const place = { deliver_subject: inboxOf(nc), idle_heartbeat: nanos(HEARTBEAT) };
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
    const keeping = { inactive_threshold: nanos(INACTIVE_THRESHOLD), mem_storage: true };
    try {
      await consumers.add(stream, { ...place, name, ...filter, ...keeping } as ConsumerConfig);
    } catch (cause) {
      end();
      throw cause;
    }
    return { end, lost };
  }
}
