/**
 * The bucket on a simulated JetStream, which candidates reach by the shipped NATS adapter and the client's own code.
 *
 * @module
 */

import { decodeRecord, type KeyState, type LeaseRecord } from "../../src/store/record.ts";
import type { Access, Line, SimBucket } from "./access.ts";
import type { Chance } from "./chance.ts";
import { JetStream, type WireMessage } from "./jetstream/jetstream.ts";
import { EMPTY } from "./jetstream/wire.ts";
import type { LeaderClock, SimStream, StoredMessage, StreamConfig } from "./jetstream/stream.ts";
import { BUCKET, REPUBLISHED, STREAM, subjectOf, VERSION, WireAccess } from "./wire_access.ts";
import { contentOf } from "./wire_answers.ts";

/** How the bucket is made. */
export interface WireBucketOptions {
  readonly clock: LeaderClock;
  readonly replicas: number;
  /** Lease length in ms. */
  readonly ttl: number;
  /** False for a bucket that is watched by a consumer. */
  readonly republishes: boolean;
  /** False for a bucket that takes no rollups. */
  readonly rollups: boolean;
  /** Chance of its own, so that a seed means the same in both worlds. */
  readonly chance: Chance;
  /** Calls back after so many milliseconds of true time. */
  later(ms: number, callback: () => void): () => void;
}

const VACANT: KeyState = { kind: "vacant", revision: 0 };
/** How long a release marker stays, in ms. */
const MARKER_TTL = 1000;

/** Replicas are behind the leader by up to this, in ms. */
const BEHIND = 1000;

/** A bucket behind a simulated server. */
export class WireBucket implements SimBucket {
  readonly #server: JetStream;
  readonly #config: Partial<StreamConfig> & { readonly name: string };
  readonly #clients = new Set<(message: WireMessage, inbox?: string) => void>();
  /** What messages mean, since the oracle looks at them after each event. */
  readonly #states = new WeakMap<StoredMessage, KeyState>();
  readonly #options: WireBucketOptions;
  #before: KeyState = VACANT;
  #current: KeyState = VACANT;
  #changedAt = -Infinity;
  /** What is wrong with a message that a candidate stored; `null` if nothing is. */
  problem: string | null = null;
  misled = false;
  #stream: SimStream;

  /** `changed` is called for each change of `key`. */
  constructor(options: WireBucketOptions, key: string, changed: (keyState: KeyState) => void) {
    const { clock, replicas, ttl, republishes, rollups, later } = options;
    this.#options = options;
    const src = `$KV.${BUCKET}.>`;
    this.#config = {
      ...{ name: STREAM, subjects: [src], num_replicas: replicas, max_age: ttl * 1_000_000, max_msgs_per_subject: 1 },
      ...{ discard: "new", allow_msg_ttl: true, allow_rollup_hdrs: rollups, allow_direct: true, deny_delete: true },
      ...(republishes ? { republish: { src, dest: `${REPUBLISHED}>` } } : {}),
    };
    const push = (message: WireMessage, inbox?: string) => {
      for (const client of [...this.#clients]) client(message, inbox);
    };
    const stored = (subject: string) => {
      if (subject !== subjectOf(key)) return;
      this.problem ??= this.#lifetimeProblem(this.#stream.lastOf(subject));
      [this.#before, this.#current] = [this.#current, this.look(key)];
      this.#changedAt = clock.now();
      changed(this.#current);
    };
    this.#server = new JetStream({ clock, version: VERSION, push, stored, later });
    this.#stream = this.#server.create(this.#config);
  }

  get epoch(): string {
    return this.#stream.created;
  }

  look(key: string): KeyState {
    const message = this.#stream.lastOf(subjectOf(key));
    if (message === null) return VACANT;
    const known = this.#states.get(message);
    if (known !== undefined) return known;
    const { seq: revision, data: value, headers } = message;
    const state = decodeRecord({ revision, value, header: (name) => headers.find(([each]) => each === name)?.[1] });
    this.#states.set(message, state);
    return state;
  }

  put(key: string, content: LeaseRecord | "mark" | "foreign", ttl: number | null = null): void {
    this.#stream.store({ subject: subjectOf(key), ...contentOf(content) }, ttl ?? Infinity);
  }

  deleteBucket(): void {
    this.#server.delete(STREAM);
    this.#stream.clear();
  }

  recreateBucket(): void {
    this.deleteBucket();
    this.#stream = this.#server.create(this.#config);
  }

  rollBack(revision: number): void {
    this.#stream.rollBack(revision);
  }

  access(line: Line): Access {
    const client = new WireAccess(
      { server: this.#server, republishes: this.#options.republishes, stateOfReplica: () => this.#stateOfReplica() },
      line,
    );
    this.#clients.add((message, inbox) => client.receive(message, inbox));
    return client;
  }

  /** A record is kept as long as it says, and a release marker for a second: else a lock is free too late or early. */
  #lifetimeProblem(message: StoredMessage | null): string | null {
    const { headers = [], data = EMPTY.data, length = 0 } = message ?? {};
    const header = (name: string) => headers.find(([known]) => known === name)?.[1];
    if (data.length === 0) return length > MARKER_TTL ? `V2: a release marker is kept for ${length} ms` : null;
    const claimed = Number(header("Natslock-Ttl") ?? length);
    return length === claimed ? null : `V2: a record of ${claimed} ms is kept for ${length} ms`;
  }

  /** What a replica that is behind shows; `null` if it is not behind. */
  #stateOfReplica(): KeyState | null {
    const { chance, clock, replicas } = this.#options;
    const isBehind = replicas > 1 && clock.now() - this.#changedAt < BEHIND && chance.happens(0.5);
    this.misled ||= isBehind;
    return isBehind ? this.#before : null;
  }
}
