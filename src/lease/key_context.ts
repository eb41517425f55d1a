/** What a candidate stands on: its key in a store, and the settings it has there. */

import type { Candidate } from "./candidate.ts";
import type { Clock } from "../base/clock.ts";
import { BucketConfigError, ConnectionError, NatslockError } from "../base/errors.ts";
import type { SettingChanges } from "./events.ts";
import type { Answer, Effect, LeaseRules } from "./model.ts";
import { isOther } from "./steps.ts";
import type { Random } from "../base/random.ts";
import { type KeyState, recordSize } from "../store/record.ts";
import {
  type BucketSettings,
  type LeaseStore,
  type ReadOutcome,
  requireRoom,
  seenOrThrow,
  type SettingsRequest,
  type WriteOutcome,
} from "../store/store.ts";
import { leaseLength, type LeaseTiming, leaseTiming } from "./timing.ts";

/** An effect of the machine that sends a message and waits for the answer. */
type Request = Extract<Effect, { act: "write" | "read" | "remove" }>;

/** The stream that was seen, the times that follow from its settings, and what is constant over a step. */
export type LeaseSettings = LeaseRules & LeaseTiming & Pick<BucketSettings, "epoch">;

/** Is told when somebody changed the bucket; `error` if locks are not safe in it any more. */
type ChangeListener = (changes: SettingChanges, error: NatslockError | null) => void;

/** One key of a store, as one candidate uses it. */
export class KeyContext {
  readonly candidate: Candidate;
  readonly key: string;
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of changed settings. */
  onChange: ChangeListener = () => {};
  readonly #instance: string;
  #seen: BucketSettings | null = null;
  #settings: LeaseSettings | null = null;
  /** What was last told to be unfit: each is told once. */
  #unfit = "";

  constructor(candidate: Candidate, backend: { store: LeaseStore; clock: Clock; random: Random }) {
    ({ store: this.store, clock: this.clock, random: this.random } = backend);
    this.candidate = candidate;
    this.key = candidate.key;
    this.#instance = backend.random.uuid();
  }

  /**
   * Looks at the bucket; costs a message only the first time, for `fresh`, or after the bucket was found missing.
   * Rejects if bucket and candidate do not fit, or NATS is unreachable or refuses. Once its times are known, waits no
   * longer than for any other answer.
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

  /** True once there was a look. */
  get isLoaded(): boolean {
    return this.#settings !== null;
  }

  /** What the last look showed. */
  get settings(): LeaseSettings {
    if (this.#settings === null) throw new Error("Cannot tell the bucket's settings before a look at it");
    return this.#settings;
  }

  /** When it was last seen which stream it is. */
  get checkedAt(): number {
    return this.clock.now() - (this.#seen?.age?.() ?? 0);
  }

  /** What stands under the key; rejects with what the look failed with. */
  async read(): Promise<KeyState> {
    const { requestTimeout: timeout } = await this.load();
    try {
      return seenOrThrow(await this.store.read(this.key, { timeout }));
    } catch (cause) {
      throw asNatslockError(cause, `read key "${this.key}"`);
    }
  }

  /**
   * Carries a request to the store and its outcome back, as the stream's that was known when it left. Never rejects.
   * What expects a revision of one epoch is never sent into another that is known.
   */
  async perform(request: Request, epoch: string): Promise<Answer> {
    try {
      const { settings, fresh } = await this.#settingsFor(request);
      if (request.act !== "read" && isOther(settings.epoch, epoch)) {
        const error = new ConnectionError("bucket_missing", `Cannot use bucket "${this.store.name}": it was made anew`);
        return { on: "failed", error, epoch: settings.epoch, fresh };
      }
      const { kind: on, ...outcome } = await this.#send(request, settings);
      return { on, ...outcome, fresh, epoch: settings.epoch } as Answer;
    } catch (cause) {
      // What a store throws of its own proves nothing about a write.
      const on = cause instanceof NatslockError || request.act === "read" ? "failed" : "unknown";
      return { on, error: asNatslockError(cause, `tell how a request about key "${this.key}" ended`), epoch };
    }
  }

  /** What is held is renewed and given back by the settings that it was granted on, though the bucket is unfit since. */
  async #settingsFor(request: Request): Promise<{ readonly settings: LeaseSettings; readonly fresh: boolean }> {
    const { fresh } = request;
    try {
      return { settings: await this.load({ fresh }), fresh };
    } catch (error) {
      const isHeld = request.act === "remove" || (request.act === "write" && request.token !== null);
      if (error instanceof ConnectionError || !isHeld) throw error;
      return { settings: this.settings, fresh: false };
    }
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
    const { epoch, markerTtl } = seen;
    const times = leaseTiming(leaseLength(ttl, seen, this.store.name), timing);
    const grant = { attempt: `${this.#instance}.999999`, token: null, since: 1e13 - 1 };
    requireRoom(seen, this.key, recordSize({ ...grant, holder: id, name, meta, ttl: times.ttl }, ttl));
    this.#seen = seen;
    this.#settings = { id, instance: this.#instance, epoch, markerTtl, ...times };
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

/** Which settings differ, where both are known: an observer's bucket without an epoch is what was asked for. */
function changesIn(before: BucketSettings | null, after: BucketSettings): SettingChanges {
  if (!before?.config || !after.config || before.epoch === "") return {};
  const [was, is] = [before.config, after.config];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  const changed = names.filter((name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]));
  return Object.fromEntries(changed.map((name) => [name, { before: was[name], after: is[name] }]));
}

/** One of our errors, whatever a store throws of its own. */
export function asNatslockError(cause: unknown, doing: string): NatslockError {
  if (cause instanceof NatslockError) return cause;
  return new ConnectionError("refused", `Cannot ${doing}: the store failed`, { cause });
}
