/** What is instrumented, and the attributes that tell it from others. */

import type { LockEvent } from "../lease/events.ts";
import type { WaitEnd } from "../lease/listeners.ts";
import type { Locker } from "../locker/locker.ts";
import type { LockManager } from "../locks/lock_manager.ts";
import { sessionKey } from "../locks/names.ts";
import type { Attributes } from "./api.ts";

/** Returns more attributes for measurements about a lock. `key` is its key; with a LockManager its name. */
export type AttributesOf = (about: { readonly key: string }) => Attributes;

/** A Locker or LockManager that is instrumented. */
export class Subject {
  /** The Locker; `null` for a LockManager. */
  readonly locker: Locker | null;
  readonly #shared: Attributes;
  readonly #more: AttributesOf;

  constructor(target: Locker | LockManager, more: AttributesOf) {
    this.locker = "key" in target ? target : null;
    this.#shared = { "natslock.bucket": target.name, "natslock.kind": this.locker === null ? "locks" : "locker" };
    this.#more = more;
  }

  /** The attributes of measurements before any lock was asked for. The locks of a LockManager are not known yet. */
  get attributesAtStart(): Attributes {
    return this.locker === null ? this.#shared : this.attributes(this.locker.key);
  }

  /** Returns the attributes of measurements about a lock. */
  attributes(key: string): Attributes {
    return { ...this.#shared, ...this.#more({ key }) };
  }

  /** Returns the attributes of measurements of an event. The key of a session is a new one after each start. */
  attributesOf({ key, id }: LockEvent): Attributes {
    return this.locker === null && key === sessionKey(id) ? this.#shared : this.attributes(key);
  }

  /** Returns the attributes of a span about a lock, and of the one time series that a Locker has for itself. */
  attributesWithKey(key: string): Attributes {
    return { ...this.attributes(key), "natslock.key": key };
  }
}

/** How a wait ended, for metrics and spans. */
export type Outcome = "granted" | "refused" | "timeout" | "closed" | "aborted" | "error";

/** Errors that end a wait, by their code. Another error is the reason of the caller's own signal. */
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  ACQUIRE_TIMEOUT: "timeout",
  LOCKER_CLOSED: "closed",
  CONNECTION: "error",
  BUCKET_CONFIG: "error",
  BAD_PARAMETER: "error",
};

/** Returns how a wait ended. Compares codes, because another copy of the library may have made the error. */
export function outcomeOf(end: WaitEnd): Outcome {
  return end.kind === "failed" ? OUTCOMES[codeOf(end.error)] ?? "aborted" : end.kind;
}

/** Returns the code of an error, or else its name. */
export function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown };
  return typeof code === "string" ? code : typeof name === "string" ? name : "unknown";
}
