/**
 * The store of one session's record.
 *
 * Others take a marker on the key of a session for the proof that the session is dead, also one that a former stream
 * leader shows. So the first record of a session is written only on a key that never had a marker.
 */

import { BucketConfigError, ConnectionError, type NatslockError } from "../base/errors.ts";
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
} from "../store/store.ts";
import type { LocksContext } from "./context.ts";
import { BURIAL_TTL } from "./session_monitor.ts";

/** The bucket, as one session uses it. It refuses a bucket that is unfit for queues. */
export class SessionStore implements LeaseStore {
  readonly name: string;
  readonly #context: LocksContext;
  /** True once the session's record was to be removed: a marker may stand on its key from then on. */
  #isRemoved = false;
  #refusal: NatslockError | null = null;
  #unfit: BucketConfigError | null = null;
  #revision = 0;

  constructor(context: LocksContext) {
    this.name = context.store.name;
    this.#context = context;
  }

  /** Why the session cannot be opened: its key may have had a marker. Another session can. `null` if nothing is known. */
  get refusal(): NatslockError | null {
    return this.#refusal;
  }

  /** Revision of the latest renewal of the grant that was confirmed; 0 if none was. */
  get revision(): number {
    return this.#revision;
  }

  /** Why the bucket is unfit for queues, as the latest settings say; `null` if it is fit. */
  get unfit(): BucketConfigError | null {
    return this.#unfit;
  }

  /** Waits at most one `requestTimeout`, also for the first settings: the times of a session do not depend on them. */
  async settings(request: SettingsRequest = {}): Promise<BucketSettings> {
    const { store, maxHold, timing: { requestTimeout } } = this.#context;
    try {
      const settings = await store.settings({ ...request, timeout: request.timeout ?? requestTimeout });
      const problem = settings.unfitForQueues?.(maxHold) ?? null;
      if (problem !== null) throw new BucketConfigError(problem);
      this.#unfit = null;
      return settings;
    } catch (error) {
      if (error instanceof BucketConfigError) this.#unfit = error;
      throw error;
    }
  }

  /** Rejects with a `BucketConfigError` if the bucket is known to be unfit, and still is. */
  async requireFit(): Promise<void> {
    // What is read is noted. If nothing can be read, the bucket counts as it was last seen.
    if (this.#unfit !== null) await this.settings({ fresh: true }).catch(() => {});
    if (this.#unfit !== null) throw this.#unfit;
  }

  read(key: string, request: ReadRequest): Promise<ReadOutcome> {
    return this.#context.store.read(key, request);
  }

  async write(key: string, request: WriteRequest): Promise<WriteOutcome> {
    const isFirst = request.record.token === null;
    if (isFirst && (this.#isRemoved || request.expected > 0)) {
      const message = `Cannot open the session of key "${key}": the key was used before. The next try has another id`;
      return { kind: "failed", error: this.#refusal = new ConnectionError("refused", message) };
    }
    // What is known of an earlier grant may be from a bucket that was re-created since.
    if (isFirst) this.#revision = 0;
    const outcome = await this.#context.store.write(key, request);
    if (outcome.kind === "applied" && !isFirst) this.#revision = outcome.revision;
    return outcome;
  }

  /** The marker outlives a delayed first write of the record. */
  remove(key: string, request: RemoveRequest): Promise<WriteOutcome> {
    this.#isRemoved = true;
    return this.#context.store.remove(key, { ...request, markerTtl: BURIAL_TTL });
  }

  watch(key: string, listener: (hint: Hint) => void): () => void {
    return this.#context.store.watch(key, listener);
  }
}
