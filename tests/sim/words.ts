/**
 * Describes a world as a list of numbers, and hashes that list.
 *
 * @module
 */

/** Marks a number whose lowest five bits are a revision. */
const MARK = 1 << 20;
const REVISION = 31;

/** A list of whole numbers from -8 up to, but not including, 2^20, and of revisions. */
export class Words {
  /** Upper half of the latest hash. */
  high = 0;
  /** Lower half of the latest hash. */
  low = 0;
  /** Length of the list. */
  size = 0;
  readonly #list = new Int32Array(256);
  readonly #ranks = new Uint8Array(32);

  /** Adds a number. */
  put(word: number): void {
    this.#list[this.size++] = word;
  }

  /** Adds a revision up to 31, and a small number that belongs to it. */
  revision(revision: number | null, besides: number = 0): void {
    if (revision !== null && revision > REVISION) {
      throw new Error(`Cannot encode revision ${revision}: the limit is ${REVISION}`);
    }
    this.put(revision === null ? -1 : besides << 21 | MARK | revision);
  }

  /** Sorts the part of the list that starts at `first`. */
  sort(first: number): void {
    const list = this.#list;
    for (let next = first + 1; next < this.size; next++) {
      const word = list[next] as number;
      let at = next;
      for (; at > first && (list[at - 1] as number) > word; at--) list[at] = list[at - 1] as number;
      list[at] = word;
    }
  }

  /** Renumbers the revisions to 0, 1, 2 ... in their order. 0 stays 0. */
  rename(): void {
    const list = this.#list;
    let present = 0;
    for (let at = 0; at < this.size; at++) {
      const word = list[at] as number;
      if (word >= MARK && (word & MARK) !== 0) present |= 1 << (word & REVISION);
    }
    let rank = 0;
    // Visits the set bits from the lowest to the highest.
    for (let rest = present & ~1; rest !== 0; rest &= rest - 1) this.#ranks[31 - Math.clz32(rest & -rest)] = ++rank;
    for (let at = 0; at < this.size; at++) {
      const word = list[at] as number;
      if (word >= MARK && (word & MARK) !== 0) list[at] = word & ~REVISION | this.#ranks[word & REVISION] as number;
    }
  }

  /** Hashes a part of the list. */
  hash(from: number, to: number): void {
    let high = 1;
    let low = 2;
    for (let at = from; at < to; at++) {
      const word = this.#list[at] as number;
      high = Math.imul(high ^ word, 0x9e3779b1);
      high ^= high >>> 15;
      low = Math.imul((low << 13 | low >>> 19) ^ word, 0x85ebca6b) + 0x165667b1 | 0;
      low ^= low >>> 13;
    }
    this.high = high;
    this.low = low;
  }
}
