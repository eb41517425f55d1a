/** Messages that are stored under a key. */

/** A message to be stored. */
export interface Message {
  readonly value: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Returns its size in bytes. Called only if it was refused. */
  readonly size?: () => number;
}

/**
 * A release marker is a purge message, which every KV client understands. The bucket keeps one revision of each key, so
 * the record is removed with or without a roll-up.
 */
export const RELEASE: Message = { value: "", headers: [["KV-Operation", "PURGE"]] };

/** A release marker for a bucket that allows roll-ups. */
export const RELEASE_BY_ROLLUP: Message = { ...RELEASE, headers: [...RELEASE.headers, ["Nats-Rollup", "sub"]] };
