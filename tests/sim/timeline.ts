/**
 * True time, which only the simulator sees, and a queue of events.
 *
 * @module
 */

interface Entry {
  readonly time: number;
  readonly order: number;
  run: (() => void) | null;
}

/** Events in order of time. Events at the same time run in the order in which they were planned. */
export class Timeline {
  /** Milliseconds since the start of the run. */
  now = 0;
  readonly #heap: Entry[] = [];
  #planned = 0;

  /** Plans an event. Returns a function that cancels it. */
  at(time: number, run: () => void): () => void {
    const entry: Entry = { time: Math.max(time, this.now), order: this.#planned++, run };
    this.#push(entry);
    return () => entry.run = null;
  }

  /** Plans an event after a delay. */
  after(delay: number, run: () => void): () => void {
    return this.at(this.now + delay, run);
  }

  /** Advances to the next event and runs it. Returns false if there is none before or at `until`. */
  step(until: number): boolean {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.time > until) {
        this.now = until;
        return false;
      }
      this.#pop();
      if (first.run === null) continue;
      this.now = first.time;
      first.run();
      return true;
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, heap[parent] as Entry)) break;
      heap[at] = heap[parent] as Entry;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!before(heap[child] as Entry, last)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
