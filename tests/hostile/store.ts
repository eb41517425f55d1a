/**
 * A store that answers by a script, over a sane one, and counts what it is asked.
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
/** More requests than this in one instant are a flood: the store stops answering, so that the test can go on. */
export const FLOOD = 200;

/** A manual clock that says when its next timer is due. */
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

  /** When the next timer is due; Infinity if none waits. */
  get nextDue(): number {
    let next = Infinity;
    for (const { at } of this.#dues) next = Math.min(next, at);
    return next;
  }
}

/** What a script answers to. */
export interface Scene<Request> {
  readonly request: Request;
  readonly clock: SteppingClock;
  /** What the Locker wrote last, whatever became of it; `null` before the first write. */
  readonly written: LeaseRecord | null;
  /** The id of the Locker. */
  readonly id: string;
  /** Tells the watchers. */
  readonly tell: (hint: Hint) => void;
}

type Answer<Request, Outcome> = (scene: Scene<Request>, sane: () => Promise<Outcome>) => Promise<Outcome>;

/** How a store answers; what is missing is answered by the sane store. One script serves one Locker: it may count. */
export interface Script {
  readonly settings?: Answer<SettingsRequest, BucketSettings>;
  /** True if settings that were read are kept until they are asked for afresh: that costs no message. */
  readonly keepsSettings?: boolean;
  readonly read?: Answer<ReadRequest, ReadOutcome>;
  readonly write?: Answer<WriteRequest, WriteOutcome>;
  readonly remove?: Answer<RemoveRequest, WriteOutcome>;
  /** Called as a watch begins. */
  readonly watch?: (listener: (hint: Hint) => void) => void;
  /** Told to each watch, again and again, this many ms apart. */
  readonly pushes?: { readonly every: number; readonly hint: () => Hint };
  /** True if the key is seen to change again and again, as by a herd: a waiter has to take part. */
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
  /** The bucket beneath. */
  readonly sane: MemoryStore;
  /** What it answers by; `null` = sane. */
  script: Script | null = null;
  /** Each of so many requests is answered by the sane store. */
  saneEvery = Infinity;
  /** The id of the Locker. */
  id = "";
  /** All that cost a message while the script was in force. */
  readonly sent: Sent[] = [];
  /** Calls of any kind, those that cost no message included. */
  calls = 0;
  /** True once it was asked more than {@linkcode FLOOD} times in one instant. */
  flooded = false;
  /** When the latest write left that the Locker can know to stand. */
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

  /** How many watches are open. */
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

  /** Not async: what a script throws at once is thrown at once. */
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
