/**
 * The history of one lock as its candidates saw it, and a check that a correct lock could have produced it.
 *
 * The reference model is a fenced mutex. A grant requires a free lock and raises the token. An end frees the lock. A
 * look shows the latest token, or a free lock. Each operation takes effect at one instant between its call and its
 * return. An operation of unknown outcome returns at infinity, or may never take effect.
 *
 * @module
 */

/** One operation on the lock. Times are true time in milliseconds. */
export interface Operation {
  readonly kind: "grant" | "end" | "look";
  /** Token that was granted, ended or seen; `null` = seen vacant. */
  readonly token: number | null;
  readonly called: number;
  /** Infinity if the outcome is unknown. */
  readonly returned: number;
}

/** State of the model: the token of the holder, and the highest token so far. */
interface Mutex {
  readonly holder: number | null;
  readonly highest: number;
}

/** Applies an operation to the model. Returns `null` if the model does not allow it. */
function apply({ holder, highest }: Mutex, { kind, token }: Operation): Mutex | null {
  switch (kind) {
    case "grant":
      return holder === null && token !== null && token > highest ? { holder: token, highest: token } : null;
    case "end":
      return holder === token ? { holder: null, highest } : null;
    case "look":
      if (token === null) return holder === null ? { holder, highest } : null;
      return token === highest ? { holder, highest } : null;
  }
}

/**
 * Searches an order of the operations that the model allows. The algorithm is that of Wing and Gong, with Lowe's cache
 * of visited configurations.
 *
 * @returns true if there is one
 */
export function isLinearizable(operations: readonly Operation[]): boolean {
  const sorted = [...operations].sort((a, b) => a.called - b.called);
  const seen = new Set<string>();
  const search = (done: ReadonlySet<number>, mutex: Mutex): boolean => {
    const open = sorted.flatMap((_, index) => done.has(index) ? [] : [index]);
    const required = open.filter((index) => at(sorted, index).returned !== Infinity);
    if (required.length === 0) return true;
    const key = `${open.join()}/${mutex.holder}/${mutex.highest}`;
    if (seen.has(key)) return false;
    seen.add(key);
    const first = Math.min(...required.map((index) => at(sorted, index).returned));
    return open.some((index) => {
      if (at(sorted, index).called > first) return false;
      const next = apply(mutex, at(sorted, index));
      return next !== null && search(new Set(done).add(index), next);
    });
  };
  return search(new Set(), { holder: null, highest: 0 });
}

const at = (operations: readonly Operation[], index: number): Operation => operations[index] as Operation;

/** Records the history of one run. */
export class History {
  readonly #asked = new Map<string, number>();
  /**
   * Records by attempt and token. A duplicate of a write may be stored long after the first copy, when the key is at
   * revision 0 again.
   */
  readonly #stood = new Map<string, { asked: number; token: number; granted: number; ended: number }>();
  readonly #looks: Operation[] = [];

  /** The first write of an attempt was sent. */
  asked(attempt: string, now: number): void {
    if (!this.#asked.has(attempt)) this.#asked.set(attempt, now);
  }

  /** A write of the attempt was stored with this revision, whether or not a candidate knows it. */
  stood(attempt: string, token: number): void {
    const asked = this.#asked.get(attempt);
    if (asked === undefined) return;
    this.#stood.set(`${attempt}/${token}`, { asked, token, granted: Infinity, ended: Infinity });
  }

  granted(attempt: string, token: number, now: number): void {
    const known = this.#stood.get(`${attempt}/${token}`);
    if (known) known.granted = now;
  }

  ended(attempt: string, token: number, now: number): void {
    const known = this.#stood.get(`${attempt}/${token}`);
    if (known) known.ended = now;
  }

  looked(token: number | null, called: number, returned: number): void {
    this.#looks.push({ kind: "look", token, called, returned });
  }

  /**
   * The history as operations. A record that no candidate was granted may have existed for a while without a holder.
   */
  get operations(): Operation[] {
    const operations = [...this.#looks];
    for (const { asked, token, granted, ended } of this.#stood.values()) {
      operations.push({ kind: "grant", token, called: asked, returned: granted });
      operations.push({ kind: "end", token, called: asked, returned: granted === Infinity ? Infinity : ended });
    }
    return operations;
  }
}
