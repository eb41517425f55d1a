/** Reads and caches the settings of a NATS bucket, and creates a missing bucket on request. */

import { type JetStreamManager, jetstreamManager, type StreamConfig, type StreamInfo } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { checkBucket, type KvBucketSettings, settingsOf } from "./bucket_rules.ts";
import type { Clock } from "../base/clock.ts";
import { BucketConfigError, ConnectionError, isMissing, type NatslockError } from "../base/errors.ts";
import { CachedRequest } from "../base/cached_request.ts";
import { API_CODES, apiCodeOf, isDenied, limitOf, toLockError } from "./nats_errors.ts";
import { requireRoom, type SettingsRequest } from "../store/store.ts";

/** Config of a bucket to create. */
export type BucketConfig = Partial<StreamConfig> & { readonly name: string };

/** Where to find a bucket. */
export interface BucketPlace {
  readonly nc: NatsConnection;
  readonly bucket: string;
  readonly stream: string;
  readonly apiPrefix: string;
}

/** A request for the settings. If the bucket does not exist, it is created with the config in `create`, if given. */
export interface KvSettingsRequest extends SettingsRequest {
  readonly create?: BucketConfig | undefined;
}

/** The request that failed: a read of a key, or a write of `size` bytes. */
interface Failed {
  readonly key: string;
  readonly timeout: number;
  readonly size?: number;
}

/** Longest wait for a reply about a bucket, in milliseconds. */
const API_TIMEOUT = 5000;

/** A new stream does not reply while it has no leader. This many requests are sent within {@linkcode API_TIMEOUT}. */
const TRIES = 3;

/** Epoch of settings that are assumed because they could not be read. No stream has this epoch. */
const ASSUMED = "";

/**
 * Reads and caches the settings of one bucket, for one KV handle.
 *
 * A client that only observes may have no permission to read the settings. Until its first write, the settings are then
 * assumed to be the requested ones. No lock is granted or lost by assumed settings.
 */
export class SettingsReader {
  readonly #place: BucketPlace;
  readonly #known = new CachedRequest<KvBucketSettings>();
  readonly #clock: Clock;
  #observes = true;

  constructor(place: BucketPlace, clock: Clock) {
    this.#place = place;
    this.#clock = clock;
  }

  /** True until the first write by this handle. */
  get observes(): boolean {
    return this.#observes;
  }

  /** The newest known settings; `null` before the first reply. */
  get latest(): KvBucketSettings | null {
    return this.#known.value;
  }

  /** Returns the settings. Sends no message if they are known, unless `fresh` is true. */
  read({ fresh, ...request }: KvSettingsRequest = {}): Promise<KvBucketSettings> {
    return this.#known.get(() => this.#ask(request), fresh);
  }

  /**
   * Makes sure before a write that the settings are known, not assumed. Returns `null` if the write may be sent, else
   * the error that the write fails with. Assumed settings are read first. If that succeeds, this write still fails,
   * because it was prepared with the assumed settings. Its error is transient, so the caller tries again.
   */
  async requireKnown(timeout: number): Promise<NatslockError | null> {
    this.#observes = false;
    if (this.latest?.epoch !== ASSUMED) return null;
    const { bucket } = this.#place;
    const early = new ConnectionError("unavailable", `Cannot write before the settings of "${bucket}" are read`);
    return await this.read({ fresh: true, timeout }).then(() => early, (error: NatslockError) => error);
  }

  /**
   * Returns what a failure means. For that it reads the settings again: a stream without a leader and a deleted stream
   * fail in the same way, and a setting that a write depends on may have been changed.
   */
  async explain(error: ConnectionError, { timeout, key, size }: Failed): Promise<ConnectionError> {
    if (!["unavailable", "bucket_missing", "refused"].includes(error.why)) return error;
    const { bucket, stream } = this.#place;
    const limit = limitOf(error.cause);
    const full = `Cannot write key "${key}": bucket "${bucket}" is full: its stream allows ${limit}`;
    try {
      const settings = await this.read({ fresh: true, timeout });
      if (size !== undefined) requireRoom(settings, key, size);
      if (limit === null) return error;
      const value = Number(settings.config[limit]);
      const edit = `nats stream edit ${stream} --${limit.replace("_", "-")}=${2 * value}`;
      return new ConnectionError("unavailable", `${full} ${value}; raise it (${edit}) or remove other keys`, error);
    } catch (cause) {
      if (!(cause instanceof BucketConfigError)) return isMissing(cause) ? cause : error;
      const { setting, value, wanted, message } = cause;
      const reason = setting === limit ? `${full} ${value}; it must be ${wanted}` : message;
      return new ConnectionError("refused", reason, { cause });
    }
  }

  /**
   * Returns the server's time in milliseconds since the Unix epoch; NaN if the server does not tell it. The same reply
   * carries the settings. If the bucket is unsafe or missing, the cache is cleared, so that the next read reports it.
   */
  async serverTime(timeout: number): Promise<number> {
    let time = "";
    const ask = () => this.#ask({ timeout }, ({ ts = "" }) => time = ts);
    await this.#known.refresh(ask).catch((error) => {
      if (error instanceof BucketConfigError || isMissing(error)) this.#known.invalidate();
    });
    return Date.parse(time);
  }

  /** Returns a client for requests about the stream. Each request ends after `timeout` milliseconds at most. */
  manager(timeout: number): Promise<JetStreamManager> {
    const { nc, apiPrefix } = this.#place;
    return jetstreamManager(nc, { apiPrefix, timeout, checkAPI: false });
  }

  async #ask(request: KvSettingsRequest, told: (info: StreamInfo) => void = () => {}): Promise<KvBucketSettings> {
    const { nc, stream, apiPrefix } = this.#place;
    const askedAt = this.#clock.now();
    try {
      const info = await this.#info(request);
      told(info);
      const { config, created } = info;
      this.#require(config, String(created));
      const settings = settingsOf(config, String(created), nc.info?.version);
      return { ...settings, age: () => this.#clock.now() - askedAt };
    } catch (cause) {
      const assumed = request.create ? settingsOf(request.create, ASSUMED) : this.latest;
      const isDeniedHere = isDenied(cause, `${apiPrefix}.STREAM.INFO.${stream}`);
      if (assumed?.epoch === ASSUMED && this.#observes && isDeniedHere) return assumed;
      throw cause;
    }
  }

  /**
   * Checks the config. If the bucket was deleted and re-created with unsafe settings, it throws `bucket_missing`: the
   * bucket that was in use is gone.
   */
  #require(config: StreamConfig, epoch: string): void {
    const { bucket } = this.#place;
    try {
      checkBucket(bucket, config);
    } catch (cause) {
      const known = this.latest?.epoch ?? ASSUMED;
      if (known === ASSUMED || known === epoch) throw cause;
      const message = `Cannot use bucket "${bucket}": it was deleted and re-created with unsafe settings`;
      throw new ConnectionError("bucket_missing", message, { cause });
    }
  }

  async #info(
    request: KvSettingsRequest,
    tries: number = request.timeout === undefined ? TRIES : 1,
  ): Promise<StreamInfo> {
    const { timeout = API_TIMEOUT / TRIES, create } = request;
    const { bucket, stream } = this.#place;
    try {
      return await (await this.manager(timeout)).streams.info(stream);
    } catch (cause) {
      const { error } = toLockError(cause, `read the settings of bucket "${bucket}"`);
      if (error.why === "timeout" && tries > 1) return await this.#info(request, tries - 1);
      if (error.why === "bucket_missing" && create) return await this.#create(create);
      throw error;
    }
  }

  async #create(settings: BucketConfig): Promise<StreamInfo> {
    try {
      return await (await this.manager(API_TIMEOUT)).streams.add(settings);
    } catch (cause) {
      const { error } = toLockError(cause, `create bucket "${this.#place.bucket}"`);
      // Another client has created the bucket with other settings, or the reply to this request was lost.
      if (apiCodeOf(cause) === API_CODES.nameInUse || error.why === "timeout") return await this.#info({});
      throw error;
    }
  }
}
