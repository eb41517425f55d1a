/** What a NATS bucket is like: asked for and kept; and made where there is none. */

import { type JetStreamManager, jetstreamManager, type StreamConfig, type StreamInfo } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { checkBucket, type KvBucketSettings, settingsOf } from "./bucket_rules.ts";
import { type Clock, SystemClock } from "../base/clock.ts";
import { BucketConfigError, ConnectionError, isMissing, type NatslockError } from "../base/errors.ts";
import { CachedRequest } from "../base/cached_request.ts";
import { API_CODES, apiCodeOf, isDenied, limitOf, toLockError } from "./nats_errors.ts";
import { requireRoom, type SettingsRequest } from "../store/store.ts";

/** Settings of a bucket to be made. */
export type BucketConfig = Partial<StreamConfig> & { readonly name: string };

/** Where a bucket is. */
export interface BucketPlace {
  readonly nc: NatsConnection;
  readonly bucket: string;
  readonly stream: string;
  readonly apiPrefix: string;
}

/** Asks for the settings; a bucket that is missing is made as `make` says. */
export interface KvSettingsRequest extends SettingsRequest {
  readonly make?: BucketConfig | undefined;
}

/** What failed: a look at a key, or a write of `size` bytes. */
interface Failed {
  readonly key: string;
  readonly timeout: number;
  readonly size?: number;
}

/** Longest wait for an answer about a bucket, in milliseconds. */
const API_TIMEOUT = 5000;

/** A stream that is being made does not answer while it has no leader: it is asked as often within that time. */
const TRIES = 3;

/** The epoch of a bucket that was not looked at: no stream has such a one. */
const PRESUMED = "";

/**
 * The settings of one bucket, for one handle.
 *
 * Who only observes may lack the right to read them. Until the first write the bucket is then taken for what it was
 * asked to be: nothing is decided by that.
 */
export class SettingsReader {
  readonly #place: BucketPlace;
  readonly #known = new CachedRequest<KvBucketSettings>();
  readonly #clock: Clock = new SystemClock();
  #observes = true;

  constructor(place: BucketPlace) {
    this.#place = place;
  }

  /** True until something is written by this handle. */
  get observes(): boolean {
    return this.#observes;
  }

  /** The newest that are known; `null` before the first answer. */
  get latest(): KvBucketSettings | null {
    return this.#known.value;
  }

  /** What they mean for locks. Costs no message once known, unless `fresh` is asked for. */
  read({ fresh, ...request }: KvSettingsRequest = {}): Promise<KvBucketSettings> {
    return this.#known.get(() => this.#ask(request), fresh);
  }

  /** Who writes has to know the settings. Why nothing can be written yet, if so; `null` if all is well. */
  async insist(timeout: number): Promise<NatslockError | null> {
    this.#observes = false;
    if (this.latest?.epoch !== PRESUMED) return null;
    const { bucket } = this.#place;
    const early = new ConnectionError("unavailable", `Cannot write before the settings of "${bucket}" are read`);
    return await this.read({ fresh: true, timeout }).then(() => early, (error: NatslockError) => error);
  }

  /**
   * What a failure means, by the settings as they are now: a stream without a leader and one that was deleted fail alike,
   * and somebody may have changed what a write relies on.
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
   * What the server's clock says, in milliseconds since the Unix epoch; NaN if it does not say. The settings come with
   * it: those that are unfit are not forgotten.
   */
  async serverTime(timeout: number): Promise<number> {
    let time = "";
    const ask = () => this.#ask({ timeout }, ({ ts = "" }) => time = ts);
    await this.#known.refresh(ask).catch((error) => {
      if (error instanceof BucketConfigError || isMissing(error)) this.#known.invalidate();
    });
    return Date.parse(time);
  }

  /** Requests about the stream; each ends after `timeout` milliseconds. */
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
      const presumed = request.make ? settingsOf(request.make, PRESUMED) : this.latest;
      const isDeniedHere = isDenied(cause, `${apiPrefix}.STREAM.INFO.${stream}`);
      if (presumed?.epoch === PRESUMED && this.#observes && isDeniedHere) return presumed;
      throw cause;
    }
  }

  /** An unfit bucket under the name of another that was used is no reason to go on in it. */
  #require(config: StreamConfig, epoch: string): void {
    const { bucket } = this.#place;
    try {
      checkBucket(bucket, config);
    } catch (cause) {
      const known = this.latest?.epoch ?? PRESUMED;
      if (known === PRESUMED || known === epoch) throw cause;
      const message = `Cannot use bucket "${bucket}": it was deleted, and the one made since is unfit`;
      throw new ConnectionError("bucket_missing", message, { cause });
    }
  }

  async #info(
    request: KvSettingsRequest,
    tries: number = request.timeout === undefined ? TRIES : 1,
  ): Promise<StreamInfo> {
    const { timeout = API_TIMEOUT / TRIES, make } = request;
    const { bucket, stream } = this.#place;
    try {
      return await (await this.manager(timeout)).streams.info(stream);
    } catch (cause) {
      const { error } = toLockError(cause, `read the settings of bucket "${bucket}"`);
      if (error.why === "timeout" && tries > 1) return await this.#info(request, tries - 1);
      if (error.why === "bucket_missing" && make) return await this.#make(make);
      throw error;
    }
  }

  async #make(settings: BucketConfig): Promise<StreamInfo> {
    try {
      return await (await this.manager(API_TIMEOUT)).streams.add(settings);
    } catch (cause) {
      const { error } = toLockError(cause, `make bucket "${this.#place.bucket}"`);
      // Somebody else made it meanwhile with other settings, or the answer to our own making was lost.
      if (apiCodeOf(cause) === API_CODES.nameInUse || error.why === "timeout") return await this.#info({});
      throw error;
    }
  }
}
