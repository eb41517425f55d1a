/** Guarded writes: entries of a bucket that a holder can change only until a later holder has changed them. */

import { jetstream, type JetStreamClient, jetstreamManager } from "@nats-io/jetstream";
import { headers } from "@nats-io/nats-core";
import { type Clock, SystemClock } from "../base/clock.ts";
import { badParameter, ConnectionError, NatslockError } from "../base/errors.ts";
import { requireKey } from "../lease/candidate.ts";
import { apiPrefixOf, writeSubject } from "./api_prefix.ts";
import { internalsOf, type KvHandle, type KvInternals } from "./kv_handle.ts";
import { API_CODES, apiCodeOf, toLockError } from "./nats_errors.ts";

const TOKEN = "Natslock-Token";
const EPOCH = "Natslock-Epoch";
/** Headers of messages that have no value: the entry was deleted or purged, or has expired. */
const REMOVALS = ["KV-Operation", "Nats-Marker-Reason"];

/** Longest wait for one answer, in milliseconds. */
const REQUEST_TIMEOUT = 5000;

/** Tries of one change, and the pause between them in milliseconds. Each failed try means that another has written. */
const TRIES = 20;
const PAUSE = 10;

/** What a resource compares: a `Lease` and a `Lock` have both fields. */
export interface Fence {
  /** Identity of the stream that the token belongs to. */
  readonly epoch: string;
  /** Fencing token. */
  readonly token: number;
}

/** A later holder has written the entry, or its fence belongs to another lock bucket: stop the work. */
export class StaleTokenError extends NatslockError {
  /** Class name, kept under minification. */
  override readonly name = "StaleTokenError";
  /** The fence that the entry was written under. */
  readonly stored: Fence;

  /** Creates an error; the message names the key and both fences. */
  constructor(key: string, hold: Fence, stored: Fence) {
    const reason = hold.epoch === stored.epoch
      ? `token ${hold.token} is older than ${stored.token}, which has written it`
      : `its token belongs to epoch "${stored.epoch}", not "${hold.epoch}": purge it once no older holder runs`;
    super("STALE_TOKEN", `Cannot write key "${key}": ${reason}`);
    this.stored = stored;
  }
}

/** An entry as a guard sees it. `value` is `null` if there is none, or it was deleted. */
interface Entry {
  readonly revision: number;
  readonly value: Uint8Array | null;
  readonly fence: Fence | null;
}

/**
 * Writes entries of a bucket under the fencing token of one hold; {@linkcode guard} creates it.
 *
 * Each write stores the token and its epoch in headers of the entry, beside the value, and is refused if the entry has
 * a greater token. Comparison and write are one step: the write names the revision that was compared. Other clients
 * read the values as usual. Only writers that use a guard are refused; an entry that was written without one, or has
 * expired, has no token.
 */
export class Guard {
  readonly #place: KvInternals;
  readonly #js: JetStreamClient;
  readonly #apiPrefix: string;
  readonly #hold: Fence;
  readonly #clock: Clock = new SystemClock();

  /** Called by {@linkcode guard}. */
  constructor(kv: KvHandle, { epoch, token }: Fence) {
    this.#place = internalsOf(kv);
    this.#apiPrefix = apiPrefixOf(this.#place.js);
    this.#js = jetstream(this.#place.js.nc, { apiPrefix: this.#apiPrefix });
    this.#hold = { epoch, token };
  }

  /**
   * Stores a value and returns the revision of the entry. Waits, and fails, as {@linkcode Guard.update} does.
   *
   * @throws every error of {@linkcode Guard.update}
   */
  put(key: string, value: string | Uint8Array): Promise<number> {
    return this.update(key, () => value);
  }

  /**
   * Deletes the value and returns the revision of the marker, which keeps the token. `kv.delete()` would remove the
   * token, too. Waits, and fails, as {@linkcode Guard.update} does.
   *
   * @throws every error of {@linkcode Guard.update}
   */
  delete(key: string): Promise<number> {
    return this.update(key, () => null);
  }

  /**
   * Reads a value, calls `change` with it (`null` if there is none), stores the result (`null` deletes), and returns the
   * revision. If another has written the entry since the read, reads it and calls `change` again, at most 20 times. So
   * no change that was confirmed is lost, not even one of an earlier holder.
   *
   * Waits at most 5 s for each answer; there is no way to cancel it. If it rejects with a `ConnectionError` whose `why`
   * is `timeout`, the write may have been stored or may be stored later. `put` and `delete` may then be repeated.
   *
   * @throws {StaleTokenError} if a later holder has written the entry, or a holder of another epoch; nothing was written
   * @throws {BadParameterError} for a key that no entry can have
   * @throws {ConnectionError} if NATS is unreachable or refuses, or others keep writing to the key
   * @throws what `change` throws
   */
  async update(
    key: string,
    change: (current: Uint8Array | null) => string | Uint8Array | null,
  ): Promise<number> {
    requireKey(key);
    for (let tries = 0; tries < TRIES; tries++) {
      const { revision, value, fence } = await this.#read(key);
      const { epoch, token } = this.#hold;
      if (fence !== null && (fence.epoch !== epoch || fence.token > token)) {
        throw new StaleTokenError(key, this.#hold, fence);
      }
      const written = await this.#write(key, change(value), revision);
      if (written !== null) return written;
      await new Promise<void>((resolve) => this.#clock.after(PAUSE, resolve));
    }
    throw new ConnectionError("contended", `Cannot write key "${key}": others wrote to it meanwhile, ${TRIES} times`);
  }

  /** Reads from the stream leader: another replica may be behind, and each write at its revision would be refused. */
  async #read(key: string): Promise<Entry> {
    const { js: { nc }, stream } = this.#place;
    try {
      const options = { apiPrefix: this.#apiPrefix, timeout: REQUEST_TIMEOUT, checkAPI: false };
      const { streams } = await jetstreamManager(nc, options);
      const message = await streams.getMessage(stream, { last_by_subj: this.#subject(key) });
      if (message === null) return { revision: 0, value: null, fence: null };
      const { seq: revision, data, header } = message;
      const token = Number(header?.get(TOKEN) || NaN);
      const fence = Number.isSafeInteger(token) ? { epoch: header.get(EPOCH), token } : null;
      const isRemoved = REMOVALS.some((name) => header?.get(name));
      return { revision, value: isRemoved ? null : data, fence };
    } catch (cause) {
      throw toLockError(cause, `read key "${key}"`).error;
    }
  }

  /** Returns the revision; `null` if the entry was written since it was read, or is being written now. */
  async #write(key: string, value: string | Uint8Array | null, expected: number): Promise<number | null> {
    const head = headers();
    head.set(TOKEN, String(this.#hold.token));
    head.set(EPOCH, this.#hold.epoch);
    if (value === null) head.set("KV-Operation", "DEL");
    const options = { headers: head, timeout: REQUEST_TIMEOUT, expect: { lastSubjectSequence: expected } };
    try {
      return (await this.#js.publish(writeSubject(this.#apiPrefix, this.#subject(key)), value ?? "", options)).seq;
    } catch (cause) {
      const code = apiCodeOf(cause);
      if (code === API_CODES.wrongRevision || code === API_CODES.inFlight) return null;
      throw toLockError(cause, `write key "${key}"`).error;
    }
  }

  #subject(key: string): string {
    return `$KV.${this.#place.bucket}.${key}`;
  }
}

/**
 * Returns a guard that writes entries of a bucket under a hold. Once a later holder of the same lock has written an
 * entry, it refuses to. Sends nothing. The guard does not look at the clock: the entry decides.
 *
 * The bucket is one for data, not that of the lock: any key-value bucket that keeps its entries, so one without a `ttl`.
 * Keys and values are stored as they are, without the codecs of the handle. The writer needs the right to publish to
 * the key, and to `$JS.API.STREAM.MSG.GET.KV_<bucket>`.
 *
 * @param kv the bucket of the data
 * @param hold a `Lease` or `Lock`, or its `epoch` and `token`, such as another process has sent them
 * @throws {BadParameterError} if `kv` is not a KV handle, or `hold` has no epoch or no token
 * @example Only the newest holder can write
 * ```ts ignore
 * import { Kvm } from "@nats-io/kv";
 * import { wsconnect } from "@nats-io/nats-core";
 * import { guard, Locker } from "@x/natslock";
 *
 * const nc = await wsconnect({ servers: "ws://127.0.0.1:8080" });
 * const data = await new Kvm(nc).create("data");
 * const locker = await Locker.open({ nc, bucket: "locks", ttl: 15_000, key: "alice" });
 * await locker.run((lease) => guard(data, lease).put("alice", "80"));
 * console.log((await data.get("alice"))?.string()); // 80
 * await locker.close();
 * await nc.close();
 * ```
 */
export function guard(kv: KvHandle, hold: Fence): Guard {
  const { epoch, token } = (hold ?? {}) as Partial<Fence>;
  if (typeof epoch !== "string" || epoch === "") throw badParameter("hold.epoch", "the epoch of a hold", epoch);
  if (!Number.isSafeInteger(token) || Number(token) < 1) throw badParameter("hold.token", "the token of a hold", token);
  return new Guard(kv, hold);
}
