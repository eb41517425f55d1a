/**
 * What candidates saw of one lock, and whether a lock that never lies could have shown it to them.
 *
 * The reference model is a fenced mutex: a grant needs a free lock and raises the token, an end frees it, a look shows
 * the token granted last. Each happens at one instant between its call and its return; one of unknown outcome returns
 * at infinity, or never happened.
 *
 * @module
 */

/** One operation on the lock. Times are true time in milliseconds. */
export interface Operation {
  readonly kind: "grant" | "end" | "look";
  /** Token granted, ended or seen; `null` = seen vacant. */
  readonly token: number | null;
  readonly called: number;
  /** Infinity if the outcome is unknown. */
  readonly returned: number;
}

/** The model's state: who holds it, by token, and the highest token yet. */
interface Mutex {
  readonly holder: number | null;
  readonly highest: number;
}

/** What the model becomes; `null` if it could not do that. */
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
 * Finds an order of the operations that the model could have gone through (Wing and Gong, with Lowe's memory of the
 * configurations seen).
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

/** Notes down one run. */
export class History {
  readonly #asked = new Map<string, number>();
  /** By attempt and token: a second copy of a write may stand long after the first, once the key is at 0 again. */
  readonly #stood = new Map<string, { asked: number; token: number; granted: number; ended: number }>();
  readonly #looks: Operation[] = [];

  /** The first write of an attempt leaves. */
  asked(attempt: string, now: number): void {
    if (!this.#asked.has(attempt)) this.#asked.set(attempt, now);
  }

  /** It stood in the bucket under this revision, whether or not anybody knows. */
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

  /** All of it as operations. What was not granted may have stood for a while without a holder. */
  get operations(): Operation[] {
    const operations = [...this.#looks];
    for (const { asked, token, granted, ended } of this.#stood.values()) {
      operations.push({ kind: "grant", token, called: asked, returned: granted });
      operations.push({ kind: "end", token, called: asked, returned: granted === Infinity ? Infinity : ended });
    }
    return operations;
  }
}
