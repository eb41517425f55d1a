/**
 * A store that answers by a script, else by a sane store, and counts the requests.
 *
 * @module
 */

import { ManualClock } from "../../src/memory/manual_clock.ts";
import { MemoryStore } from "../../src/memory/memory_store.ts";
import type { LeaseRecord } from "../../src/store/record.ts";
import type {
  BucketSettings,
  Hint,
  LeaseStore,
  ReadOutcome,
  ReadRequest,
  RemoveRequest,
  SettingsRequest,
  WriteOutcome,
  WriteRequest,
} from "../../src/store/store.ts";

/** Lease length of the bucket, in ms. */
export const TTL = 10_000;
/** More requests than this in one instant are a flood. The store then stops answering, so that the test can end. */
export const FLOOD = 200;

/** A manual clock that knows when its next timer is due. */
export class SteppingClock extends ManualClock {
  readonly #dues = new Set<{ readonly at: number }>();

  override after(delay: number, callback: () => void): () => void {
    const due = { at: this.now() + Math.max(0, delay) };
    this.#dues.add(due);
    const cancel = super.after(delay, () => {
      this.#dues.delete(due);
      callback();
    });
    return () => {
      this.#dues.delete(due);
      cancel();
    };
  }

  /** Time at which the next timer is due; Infinity if none is pending. */
  get nextDue(): number {
    let next = Infinity;
    for (const { at } of this.#dues) next = Math.min(next, at);
    return next;
  }
}

/** What a script gets for one request. */
export interface Scene<Request> {
  readonly request: Request;
  readonly clock: SteppingClock;
  /** The record that the Locker wrote last, stored or not; `null` before the first write. */
  readonly written: LeaseRecord | null;
  /** The id of the Locker. */
  readonly id: string;
  /** Pushes a hint to all watches. */
  readonly tell: (hint: Hint) => void;
}

type Answer<Request, Outcome> = (scene: Scene<Request>, sane: () => Promise<Outcome>) => Promise<Outcome>;

/** How a store answers; the sane store answers what is missing. Serves one Locker, so it may keep state. */
export interface Script {
  readonly settings?: Answer<SettingsRequest, BucketSettings>;
  /** True if the store keeps settings that it has read until fresh ones are requested, which costs no message. */
  readonly keepsSettings?: boolean;
  readonly read?: Answer<ReadRequest, ReadOutcome>;
  readonly write?: Answer<WriteRequest, WriteOutcome>;
  readonly remove?: Answer<RemoveRequest, WriteOutcome>;
  /** Called when a watch begins. */
  readonly watch?: (listener: (hint: Hint) => void) => void;
  /** Pushed to each watch again and again; `every` is in ms. */
  readonly pushes?: { readonly every: number; readonly hint: () => Hint };
  /** True if the pushes show a key that changes all the time, so that a waiter must try again and again. */
  readonly changes?: boolean;
}

/** A request that was sent. */
export interface Sent {
  readonly kind: "settings" | "read" | "write" | "remove";
  readonly at: number;
}

/** A {@linkcode LeaseStore} of one Locker; sane until it is given a script. */
export class HostileStore implements LeaseStore {
  readonly name = "hostile";
  readonly clock: SteppingClock;
  /** The underlying sane store. */
  readonly sane: MemoryStore;
  /** The script in force; `null` = the sane store answers. */
  script: Script | null = null;
  /** The sane store answers every request whose number is a multiple of this. */
  saneEvery = Infinity;
  /** The id of the Locker. */
  id = "";
  /** Requests that cost a message while the script was in force. */
  readonly sent: Sent[] = [];
  /** Number of all calls, also of those that cost no message. */
  calls = 0;
  /** True once there were more than {@linkcode FLOOD} calls in one instant. */
  flooded = false;
  /** When the latest write was sent that the Locker knows to be stored. */
  confirmedAt = -Infinity;
  readonly #listeners = new Set<(hint: Hint) => void>();
  readonly #leftAt = new Map<string | null, number>();
  #written: LeaseRecord | null = null;
  #kept: BucketSettings | null = null;
  #instant = { at: -1, calls: 0 };

  constructor(clock: SteppingClock) {
    this.clock = clock;
    this.sane = new MemoryStore(clock, { ttl: TTL });
  }

  /** Number of open watches. */
  get watches(): number {
    return this.#listeners.size;
  }

  settings(request: SettingsRequest = {}): Promise<BucketSettings> {
    const { settings, keepsSettings = settings === undefined } = this.script ?? {};
    const kept = this.#kept;
    if (keepsSettings && kept !== null && !request.fresh) {
      return this.#ask(null, () => Promise.resolve(kept), { request });
    }
    const answer = this.#ask("settings", () => this.sane.settings(request), { request, answer: settings });
    answer.then((known) => this.#kept = known, () => {});
    return answer;
  }

  read(key: string, request: ReadRequest): Promise<ReadOutcome> {
    const answer = this.#ask("read", () => this.sane.read(key, request), { request, answer: this.script?.read });
    answer.then((outcome) => {
      if (outcome.kind === "seen" && outcome.keyState.kind === "held") this.#confirm(outcome.keyState.record.attempt);
    }, () => {});
    return answer;
  }

  write(key: string, request: WriteRequest): Promise<WriteOutcome> {
    const { record } = request;
    this.#leftAt.set(record.attempt, this.clock.now());
    this.#written = record;
    const answer = this.#ask("write", () => this.sane.write(key, request), { request, answer: this.script?.write });
    answer.then(({ kind }) => {
      if (kind === "applied") this.#confirm(record.attempt);
    }, () => {});
    return answer;
  }

  remove(key: string, request: RemoveRequest): Promise<WriteOutcome> {
    return this.#ask("remove", () => this.sane.remove(key, request), { request, answer: this.script?.remove });
  }

  watch(key: string, listener: (hint: Hint) => void): () => void {
    this.script?.watch?.(listener);
    const unwatch = this.sane.watch(key, listener);
    this.#listeners.add(listener);
    let cancel = () => {};
    const pushes = this.script?.pushes;
    const arm = () => {
      if (pushes) cancel = this.clock.after(pushes.every, () => (arm(), listener(pushes.hint())));
    };
    arm();
    return () => {
      cancel();
      this.#listeners.delete(listener);
      unwatch();
    };
  }

  /** Not async, so that a script can throw synchronously. */
  #ask<Request, Outcome>(
    kind: Sent["kind"] | null,
    sane: () => Promise<Outcome>,
    { request, answer }: { readonly request: Request; readonly answer?: Answer<Request, Outcome> | undefined },
  ): Promise<Outcome> {
    const at = this.clock.now();
    this.calls++;
    this.#instant = this.#instant.at === at ? { at, calls: this.#instant.calls + 1 } : { at, calls: 1 };
    if (this.script === null) return sane();
    if (kind !== null) this.sent.push({ kind, at });
    if (this.#instant.calls > FLOOD) {
      this.flooded = true;
      return new Promise<Outcome>(() => {});
    }
    if (answer === undefined || this.sent.length % this.saneEvery === 0) return sane();
    const tell = (hint: Hint) => this.#listeners.forEach((listener) => queueMicrotask(() => listener(hint)));
    return answer({ request, clock: this.clock, written: this.#written, id: this.id, tell }, sane);
  }

  #confirm(attempt: string | null): void {
    this.confirmedAt = Math.max(this.confirmedAt, this.#leftAt.get(attempt) ?? -Infinity);
  }
}
