/**
 * The bucket behind a KV handle: the connection it is reached by and what is known of it.
 *
 * @module
 */

import { jetstream, type JetStreamClient, type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { StreamConfig, StreamInfo } from "@nats-io/jetstream";
import type { KV } from "@nats-io/kv";
import { nanos, type NatsConnection } from "@nats-io/nats-core";
import { checkBucket } from "./bucket_rules.ts";
import { BadParameterError, ConnectionError, show } from "./errors.ts";
import { API_CODES, apiCodeOf, troubleOf } from "./nats_trouble.ts";
import type { StoreTerms } from "./store.ts";

/**
 * An open NATS connection: of `@nats-io/nats-core`, `@nats-io/transport-node` or `-deno`, or `nats.ws` 1.30. Only its
 * shape is asked for, since an application may carry another copy of the client than this library.
 */
export interface Connection {
  /** Sends a request and resolves to its answer. */
  request(subject: string, payload?: never, options?: never): Promise<unknown>;
  /** True once the connection is closed for good. */
  isClosed(): boolean;
  /** Closes the connection. */
  close(): Promise<void>;
}

/**
 * A KV handle of `@nats-io/kv`, such as `newKeyValue()` returns.
 *
 * @internal Documented there: the documentation linter would ask for all of it here.
 */
export type KvHandle = KV;

/** A bucket with the connection it is reached by. */
export interface Bucket {
  /** Name of the bucket. */
  readonly name: string;
  /** Name of the stream behind it. */
  readonly stream: string;
  /** The user's connection. */
  readonly nc: NatsConnection;
  /** Publishes to the bucket. */
  readonly js: JetStreamClient;
  /** Reads from the bucket's leader; its requests end after `timeout` ms. */
  manager(timeout: number): Promise<JetStreamManager>;
  /** Subject that a key is read from. */
  subject(key: string): string;
  /** Subject that a key is written to. */
  editSubject(key: string): string;
  /** Subject on which the server repeats the changes of a key; `null` if it does not, or that is not known yet. */
  repeatedSubject(key: string): string | null;
  /** What the bucket is like; asks the server only if not known yet, or for `fresh`. */
  terms(options?: { readonly fresh?: boolean }): Promise<StoreTerms>;
  /** Makes the bucket unless it exists, then checks it. */
  ensure(config: BucketConfig): Promise<StoreTerms>;
}

/** Settings of a bucket to be made. */
export type BucketConfig = Partial<StreamConfig> & { readonly name: string };

const API_PREFIX = "$JS.API";

/** Marks of release may carry a time of their own from this server on (nats-facts 1). */
const MARKER_TTL_SINCE = [2, 11, 7] as const;
const MARKER_TTL = 1000;

/** Longest wait for an answer about a bucket, in milliseconds. */
const BUCKET_TIMEOUT = 5000;
const INFO_TRIES = 3;

const buckets = new WeakMap<object, Bucket>();

/**
 * The bucket behind a KV handle.
 *
 * @throws {BadParameterError} if the handle is none of a NATS client
 */
export function bucketOf(kv: KvHandle): Bucket {
  const known = typeof kv === "object" && kv !== null ? buckets.get(kv) : undefined;
  if (known) return known;
  const { bucket: name, stream, js } = (kv ?? {}) as {
    bucket?: unknown;
    stream?: unknown;
    js?: Partial<ClientInsides>;
  };
  if (typeof name !== "string" || typeof stream !== "string" || !js?.nc) {
    throw new BadParameterError(
      "kv",
      `Cannot use "kv": must be a KV of @nats-io/kv, such as newKeyValue() returns, current value is ${show(kv)}`,
    );
  }
  const bucket = new OpenBucket(name, stream, {
    nc: js.nc,
    apiPrefix: js.apiPrefix ?? js.prefix ?? API_PREFIX,
  });
  buckets.set(kv, bucket);
  return bucket;
}

/** The fields of the client's own JetStream object that lead back to the connection. */
interface ClientInsides {
  readonly nc: NatsConnection;
  readonly apiPrefix?: string;
  readonly prefix?: string;
}

class OpenBucket implements Bucket {
  readonly name: string;
  readonly stream: string;
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly #apiPrefix: string;
  #terms: StoreTerms | null = null;
  #republish: StreamConfig["republish"];

  constructor(
    name: string,
    stream: string,
    way: { nc: NatsConnection; apiPrefix: string },
  ) {
    this.name = name;
    this.stream = stream;
    this.nc = way.nc;
    this.#apiPrefix = way.apiPrefix;
    this.js = jetstream(way.nc, { apiPrefix: way.apiPrefix });
  }

  manager(timeout: number): Promise<JetStreamManager> {
    return jetstreamManager(this.nc, { apiPrefix: this.#apiPrefix, timeout, checkAPI: false });
  }

  subject(key: string): string {
    return `$KV.${this.name}.${key}`;
  }

  editSubject(key: string): string {
    const subject = this.subject(key);
    return this.#apiPrefix === API_PREFIX ? subject : `${this.#apiPrefix}.${subject}`;
  }

  repeatedSubject(key: string): string | null {
    const { src = ">", dest, headers_only: headersOnly } = this.#republish ?? {};
    if (!dest?.endsWith(">") || !src.endsWith(">") || headersOnly) return null;
    const from = src.slice(0, -1);
    const subject = this.subject(key);
    return subject.startsWith(from) ? dest.slice(0, -1) + subject.slice(from.length) : null;
  }

  async terms(options: { readonly fresh?: boolean } = {}): Promise<StoreTerms> {
    if (this.#terms !== null && !options.fresh) return this.#terms;
    this.#terms = null;
    return this.#learn(await this.#info());
  }

  async ensure(config: BucketConfig): Promise<StoreTerms> {
    return this.#learn(await this.#infoOrNull() ?? await this.#create(config));
  }

  #learn(info: StreamInfo): StoreTerms {
    checkBucket(this.name, info.config);
    this.#republish = info.config.republish;
    this.#terms = termsOf(info, this.nc);
    return this.#terms;
  }

  async #infoOrNull(): Promise<StreamInfo | null> {
    try {
      return await this.#info();
    } catch (error) {
      if (error instanceof ConnectionError && error.why === "bucket_missing") return null;
      throw error;
    }
  }

  async #create(config: BucketConfig): Promise<StreamInfo> {
    try {
      return await (await this.manager(BUCKET_TIMEOUT)).streams.add(config);
    } catch (cause) {
      const { error } = troubleOf(cause, `make bucket "${this.name}"`);
      // Somebody else made it meanwhile with other settings, or the answer to our own making was lost.
      if (apiCodeOf(cause) === API_CODES.streamNameInUse || error.why === "timeout") return await this.#info();
      throw error;
    }
  }

  /** Asks more than once: a stream that is being made does not answer while it has no leader. */
  async #info(): Promise<StreamInfo> {
    for (let tries = 1;; tries++) {
      try {
        return await (await this.manager(BUCKET_TIMEOUT / INFO_TRIES)).streams.info(this.stream);
      } catch (cause) {
        const { error } = troubleOf(cause, `read the settings of bucket "${this.name}"`);
        if (error.why !== "timeout" || tries === INFO_TRIES) throw error;
      }
    }
  }
}

function termsOf(info: StreamInfo, nc: NatsConnection): StoreTerms {
  const { max_age, allow_msg_ttl } = info.config;
  const ttl = max_age > 0 ? max_age / nanos(1) : null;
  const perKeyTtl = allow_msg_ttl === true;
  const short = perKeyTtl && isServerSince(nc, MARKER_TTL_SINCE);
  return { epoch: String(info.created), ttl, perKeyTtl, markerTtl: short ? MARKER_TTL : ttl ?? Infinity };
}

/** Compares the version of the server that is connected to. */
export function isServerSince(nc: NatsConnection, since: readonly [number, number, number]): boolean {
  const [major = 0, minor = 0, patch = 0] = (nc.info?.version ?? "").split(
    /[.-]/,
  ).map((part) => Number(part) || 0);
  const [wantMajor, wantMinor, wantPatch] = since;
  if (major !== wantMajor) return major > wantMajor;
  if (minor !== wantMinor) return minor > wantMinor;
  return patch >= wantPatch;
}
