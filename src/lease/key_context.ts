/** One candidate's key in a store: sends the requests and knows the bucket's settings. */

import type { Candidate } from "./candidate.ts";
import type { Clock } from "../base/clock.ts";
import { BucketConfigError, ConnectionError, NatslockError } from "../base/errors.ts";
import type { SettingChanges } from "./events.ts";
import type { Answer, Effect, LeaseRules } from "./model.ts";
import { isOther } from "./steps.ts";
import type { Random } from "../base/random.ts";
import { unlessAborted } from "../base/wait.ts";
import { type KeyState, recordSize } from "../store/record.ts";
import {
  type BucketSettings,
  keyStateOf,
  type LeaseStore,
  type ReadOutcome,
  requireRoom,
  type SettingsRequest,
  type WriteOutcome,
} from "../store/store.ts";
import { leaseLength, type LeaseTiming, leaseTiming } from "./timing.ts";

/** An effect of the machine that sends a request and waits for the answer. */
type Request = Extract<Effect, { act: "write" | "read" | "remove" }>;

/** The bucket's epoch, the times that follow from its settings, and the values that are constant during a step. */
export type LeaseSettings = LeaseRules & LeaseTiming & Pick<BucketSettings, "epoch" | "age">;

/** Called when the bucket's settings have changed. `error` tells why locks are not safe in it any more. */
type ChangeListener = (changes: SettingChanges, error: NatslockError | null) => void;

/** One key of a store, as one candidate uses it. Keeps the bucket's settings, and performs the machine's requests. */
export class KeyContext {
  readonly candidate: Candidate;
  readonly key: string;
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Called when settings have changed. */
  onChange: ChangeListener = () => {};
  readonly #instance: string;
  #seen: BucketSettings | null = null;
  #settings: LeaseSettings | null = null;
  /** The latest reason why the bucket is unfit, so that each is reported once. */
  #unfit = "";

  constructor(candidate: Candidate, backend: { store: LeaseStore; clock: Clock; random: Random }) {
    ({ store: this.store, clock: this.clock, random: this.random } = backend);
    this.candidate = candidate;
    this.key = candidate.key;
    this.#instance = backend.random.uuid();
  }

  /**
   * Returns the bucket's settings. Sends a request only the first time, if `fresh`, or after the bucket was found
   * missing. Waits at most `requestTimeout` once the times are known, before that as long as the store does by default.
   *
   * @throws {BucketConfigError} if locks are not safe in the bucket, or it has no room for the record
   * @throws {BadParameterError} if the candidate's times do not fit the bucket
   * @throws {ConnectionError} if NATS is unreachable or refuses
   */
  async load({ fresh }: Pick<SettingsRequest, "fresh"> = {}): Promise<LeaseSettings> {
    let changes: SettingChanges = {};
    try {
      const seen = await this.store.settings({ fresh, timeout: this.#settings?.requestTimeout });
      if (this.#settings !== null && this.#seen === seen) return this.#settings;
      changes = changesIn(this.#seen, seen);
      return this.#adopt(seen, changes);
    } catch (cause) {
      const error = asNatslockError(cause, `read the settings of bucket "${this.store.name}"`);
      if (!(error instanceof ConnectionError)) this.#tellUnfit(error, changes);
      throw error;
    }
  }

  /** True once the settings were read. */
  get isLoaded(): boolean {
    return this.#settings !== null;
  }

  /**
   * Waits until the settings were read once, unless the signal aborts first. Before that nothing is written, so a call
   * that ends has no reason to wait for them.
   */
  async ready(signal: AbortSignal | undefined): Promise<void> {
    if (this.isLoaded) return;
    const loading = this.load();
    await (signal === undefined ? loading : unlessAborted(signal, loading));
  }

  /** The settings as last read. @throws if they were never read */
  get settings(): LeaseSettings {
    if (this.#settings === null) throw new Error("Cannot return the bucket's settings before load()");
    return this.#settings;
  }

  /** When the stream was last checked: the time at which the settings were requested. */
  get checkedAt(): number {
    return this.#checkOf(this.settings);
  }

  /** Reads the key. Waits at most `requestTimeout`. @throws {NatslockError} if the read fails */
  async read(): Promise<KeyState> {
    const { requestTimeout: timeout } = await this.load();
    try {
      return keyStateOf(await this.store.read(this.key, { timeout }));
    } catch (cause) {
      throw asNatslockError(cause, `read key "${this.key}"`);
    }
  }

  /**
   * Sends a request to the store and returns the answer, with the epoch that was known when the request was sent. Never
   * rejects. A write or removal that expects a revision of `epoch` is not sent if the stream is known to be another:
   * the same revision there can be another holder's.
   */
  async perform(request: Request, epoch: string): Promise<Answer> {
    try {
      const { settings, ...check } = await this.#settingsFor(request);
      if (request.act !== "read" && isOther(settings.epoch, epoch)) {
        const error = new ConnectionError(
          "bucket_missing",
          `Cannot use bucket "${this.store.name}": it was re-created`,
        );
        return { on: "failed", error, epoch: settings.epoch, ...check };
      }
      const { kind: on, ...outcome } = await this.#send(request, settings);
      return { on, ...outcome, ...check, epoch: settings.epoch } as Answer;
    } catch (cause) {
      // An exception that is not ours proves nothing about a write: it may be stored.
      const on = cause instanceof NatslockError || request.act === "read" ? "failed" : "unknown";
      return { on, error: asNatslockError(cause, `tell the outcome of a request for key "${this.key}"`), epoch };
    }
  }

  /**
   * Returns the settings to send a request with. If the bucket has become unfit, a renewal or a removal still goes on
   * with the settings of its grant. Any other request then fails.
   */
  async #settingsFor(request: Request): Promise<{ readonly settings: LeaseSettings } & Pick<Answer, "checkedAt">> {
    const { fresh } = request;
    try {
      const settings = await this.load({ fresh });
      return { settings, ...fresh ? { checkedAt: this.#checkOf(settings) } : {} };
    } catch (error) {
      const isHeld = request.act === "remove" || (request.act === "write" && request.token !== null);
      if (error instanceof ConnectionError || !isHeld) throw error;
      return { settings: this.settings };
    }
  }

  #checkOf({ age }: LeaseSettings): number {
    return this.clock.now() - (age?.() ?? 0);
  }

  #send(request: Request, settings: LeaseSettings): Promise<WriteOutcome | ReadOutcome> {
    const { key, store } = this;
    const timeout = settings.requestTimeout;
    if (request.act === "read") return store.read(key, { timeout });
    const { expected } = request;
    if (request.act === "remove") return store.remove(key, { expected, timeout });
    const { id: holder, name, meta, ttl } = this.candidate;
    const { attempt, token, since } = request;
    const record = { holder, attempt, token, name, since: Math.round(since), ttl: settings.ttl, meta };
    return store.write(key, { record, expected, ttl, timeout });
  }

  #adopt(seen: BucketSettings, changes: SettingChanges): LeaseSettings {
    const { id, name, meta, ttl, timing } = this.candidate;
    const { epoch, markerTtl, age } = seen;
    const times = leaseTiming(leaseLength(ttl, seen, this.store.name), timing);
    const grant = { attempt: `${this.#instance}.999999`, token: null, since: 1e13 - 1 };
    requireRoom(seen, this.key, recordSize({ ...grant, holder: id, name, meta, ttl: times.ttl }, ttl));
    this.#seen = seen;
    this.#settings = { id, instance: this.#instance, epoch, markerTtl, ...age ? { age } : {}, ...times };
    this.#unfit = "";
    if (Object.keys(changes).length > 0) this.onChange(changes, null);
    return this.#settings;
  }

  #tellUnfit(error: NatslockError, changes: SettingChanges): void {
    if (this.#seen === null || this.#unfit === error.message) return;
    this.#unfit = error.message;
    const { setting = null, value = null } = error instanceof BucketConfigError ? error : {};
    const named = setting === null ? {} : { [setting]: { before: this.#seen.config?.[setting], after: value } };
    this.onChange({ ...changes, ...named }, error);
  }
}

/**
 * Returns the settings that differ. Only settings that were read are compared: a client without permission to read them
 * has presumed ones, with an empty epoch.
 */
function changesIn(before: BucketSettings | null, after: BucketSettings): SettingChanges {
  if (!before?.config || !after.config || before.epoch === "") return {};
  const [was, is] = [before.config, after.config];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  const changed = names.filter((name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]));
  return Object.fromEntries(changed.map((name) => [name, { before: was[name], after: is[name] }]));
}

/** Returns `cause` if it is an error of this library, else a {@linkcode ConnectionError} with that cause. */
export function asNatslockError(cause: unknown, doing: string): NatslockError {
  if (cause instanceof NatslockError) return cause;
  return new ConnectionError("refused", `Cannot ${doing}: the store failed`, { cause });
}
