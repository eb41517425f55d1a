/** What a candidate stands on: its key in a store, and the terms it has there. */

import type { Candidate } from "./candidate.ts";
import type { Clock } from "./clock.ts";
import { BucketConfigError, ConnectionError, NatslockError } from "./errors.ts";
import type { SettingChanges } from "./events.ts";
import type { Answer, Effect, LeaseRules } from "./lease_model.ts";
import { isOther } from "./lease_step.ts";
import type { Random } from "./random.ts";
import { recordSize, type Sighting } from "./record.ts";
import {
  type LeaseStore,
  type ReadOutcome,
  requireRoom,
  seenOrThrow,
  type StoreTerms,
  type TermsRequest,
  type WriteOutcome,
} from "./store.ts";
import { leaseLength, type LeaseTiming, leaseTiming } from "./timing.ts";

/** An effect of the machine that sends a message and waits for the answer. */
type Request = Extract<Effect, { act: "write" | "read" | "remove" }>;

/** The stream that was seen, the times that follow from its settings, and what is constant over a step. */
export type Terms = LeaseRules & LeaseTiming & Pick<StoreTerms, "epoch">;

/** Is told when somebody changed the bucket; `error` if locks are not safe in it any more. */
type ChangeListener = (changes: SettingChanges, error: NatslockError | null) => void;

/** One key of a store, as one candidate uses it. */
export class Footing {
  readonly candidate: Candidate;
  readonly key: string;
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of changed settings. */
  onChange: ChangeListener = () => {};
  readonly #instance: string;
  #seen: StoreTerms | null = null;
  #terms: Terms | null = null;
  /** What was last told to be unfit: each is told once. */
  #unfit = "";

  constructor(candidate: Candidate, ground: { store: LeaseStore; clock: Clock; random: Random }) {
    ({ store: this.store, clock: this.clock, random: this.random } = ground);
    this.candidate = candidate;
    this.key = candidate.key;
    this.#instance = ground.random.uuid();
  }

  /**
   * Looks at the bucket; costs a message only the first time, for `fresh`, or after the bucket was found missing.
   * Rejects if bucket and candidate do not fit, or NATS is unreachable or refuses. Once its times are known, waits no
   * longer than for any other answer.
   */
  async learn({ fresh }: Pick<TermsRequest, "fresh"> = {}): Promise<Terms> {
    let changes: SettingChanges = {};
    try {
      const seen = await this.store.terms({ fresh, timeout: this.#terms?.requestTimeout });
      if (this.#terms !== null && this.#seen === seen) return this.#terms;
      changes = changesIn(this.#seen, seen);
      return this.#adopt(seen, changes);
    } catch (cause) {
      const error = typed(cause, `read the settings of bucket "${this.store.name}"`);
      if (!(error instanceof ConnectionError)) this.#tellUnfit(error, changes);
      throw error;
    }
  }

  /** True once there was a look. */
  get isKnown(): boolean {
    return this.#terms !== null;
  }

  /** What the last look showed. */
  get terms(): Terms {
    if (this.#terms === null) throw new Error("Cannot tell the bucket's terms before a look at it");
    return this.#terms;
  }

  /** When it was last seen which stream it is. */
  get checkedAt(): number {
    return this.clock.now() - (this.#seen?.age?.() ?? 0);
  }

  /** What stands under the key; rejects with what the look failed with. */
  async look(): Promise<Sighting> {
    const { requestTimeout: timeout } = await this.learn();
    try {
      return seenOrThrow(await this.store.read(this.key, { timeout }));
    } catch (cause) {
      throw typed(cause, `read key "${this.key}"`);
    }
  }

  /**
   * Carries a request to the store and its outcome back, as the stream's that was known when it left. Never rejects.
   * What expects a revision of one epoch is never sent into another that is known.
   */
  async perform(request: Request, epoch: string): Promise<Answer> {
    try {
      const { terms, fresh } = await this.#termsFor(request);
      if (request.act !== "read" && isOther(terms.epoch, epoch)) {
        const error = new ConnectionError("bucket_missing", `Cannot use bucket "${this.store.name}": it was made anew`);
        return { on: "failed", error, epoch: terms.epoch, fresh };
      }
      const { kind: on, ...outcome } = await this.#send(request, terms);
      return { on, ...outcome, fresh, epoch: terms.epoch } as Answer;
    } catch (cause) {
      // What a store throws of its own proves nothing about a write.
      const on = cause instanceof NatslockError || request.act === "read" ? "failed" : "unknown";
      return { on, error: typed(cause, `tell how a request about key "${this.key}" ended`), epoch };
    }
  }

  /** What is held is renewed and given back by the terms that it was granted on, though the bucket is unfit since. */
  async #termsFor(request: Request): Promise<{ readonly terms: Terms; readonly fresh: boolean }> {
    const { fresh } = request;
    try {
      return { terms: await this.learn({ fresh }), fresh };
    } catch (error) {
      const isHeld = request.act === "remove" || (request.act === "write" && request.token !== null);
      if (error instanceof ConnectionError || !isHeld) throw error;
      return { terms: this.terms, fresh: false };
    }
  }

  #send(request: Request, terms: Terms): Promise<WriteOutcome | ReadOutcome> {
    const { key, store } = this;
    const timeout = terms.requestTimeout;
    if (request.act === "read") return store.read(key, { timeout });
    const { expected } = request;
    if (request.act === "remove") return store.remove(key, { expected, timeout });
    const { id: holder, name, meta, ttl } = this.candidate;
    const { attempt, token, since } = request;
    const record = { holder, attempt, token, name, since: Math.round(since), ttl: terms.ttl, meta };
    return store.write(key, { record, expected, ttl, timeout });
  }

  #adopt(seen: StoreTerms, changes: SettingChanges): Terms {
    const { id, name, meta, ttl, timing } = this.candidate;
    const { epoch, markerTtl } = seen;
    const times = leaseTiming(leaseLength(ttl, seen, this.store.name), timing);
    const grant = { attempt: `${this.#instance}.999999`, token: null, since: 1e13 - 1 };
    requireRoom(seen, this.key, recordSize({ ...grant, holder: id, name, meta, ttl: times.ttl }, ttl));
    this.#seen = seen;
    this.#terms = { id, instance: this.#instance, epoch, markerTtl, ...times };
    this.#unfit = "";
    if (Object.keys(changes).length > 0) this.onChange(changes, null);
    return this.#terms;
  }

  #tellUnfit(error: NatslockError, changes: SettingChanges): void {
    if (this.#seen === null || this.#unfit === error.message) return;
    this.#unfit = error.message;
    const { setting = null, value = null } = error instanceof BucketConfigError ? error : {};
    const named = setting === null ? {} : { [setting]: { before: this.#seen.settings?.[setting], after: value } };
    this.onChange({ ...changes, ...named }, error);
  }
}

/** Which settings differ, where both are known: an observer's bucket without an epoch is what was asked for. */
function changesIn(before: StoreTerms | null, after: StoreTerms): SettingChanges {
  if (!before?.settings || !after.settings || before.epoch === "") return {};
  const [was, is] = [before.settings, after.settings];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  const changed = names.filter((name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]));
  return Object.fromEntries(changed.map((name) => [name, { before: was[name], after: is[name] }]));
}

/** One of our errors, whatever a store throws of its own. */
export function typed(cause: unknown, doing: string): NatslockError {
  if (cause instanceof NatslockError) return cause;
  return new ConnectionError("refused", `Cannot ${doing}: the store failed`, { cause });
}
