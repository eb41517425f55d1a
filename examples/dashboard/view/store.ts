/** What the views show, as signals. A session updates them; the page is painted at most once per frame. */

import { batch, type Signal, signal } from "@preact/signals";
import { SystemClock } from "../../../src/base/clock.ts";
import { Session } from "../feed/session.ts";
import { type Blindness, Board, type Counts } from "../model/board.ts";
import type { Link, Listing, Repeats, Settings } from "../model/link.ts";
import type { Lock, Phase } from "../model/lock.ts";
import { isReserved, type Queues, queuesOf } from "../model/queues.ts";
import { select, type Selection } from "../model/selection.ts";

/** A lock and its phase now. */
export interface Shown {
  readonly lock: Lock;
  readonly phase: Phase;
}

/** How often times and the order of the list are updated, in milliseconds. */
const TICK = 100;
const LOOK_PATIENCE = 1000;
const NONE: Counts = { held: 0, vacant: 0, overdue: 0, foreign: 0, stale: 0, all: 0, transitions: 0, crashes: 0 };
const NO_QUEUES: Queues = { queues: [], sessions: [] };
const ALL: Selection = { search: "", filter: "all", order: "key" };

/** The state of the page; views read its signals. */
export class Store {
  readonly link: Signal<Link> = signal<Link>({ state: "idle" });
  readonly listing: Signal<Listing> = signal<Listing>("pending");
  readonly repeats: Signal<Repeats> = signal<Repeats>("unknown");
  readonly counts: Signal<Counts> = signal(NONE);
  /** Who holds and who waits, in a bucket for queues. */
  readonly queues: Signal<Queues> = signal(NO_QUEUES);
  readonly selection: Signal<Selection> = signal(ALL);
  /** The keys in the list, in order. */
  readonly keys: Signal<readonly string[]> = signal<readonly string[]>([]);
  /** The key whose details are shown. */
  readonly open: Signal<string | null> = signal<string | null>(null);
  /** Milliseconds since the Unix epoch by the server's clock, updated five times a second and once a second. */
  readonly now: Signal<number> = signal(0);
  readonly second: Signal<number> = signal(0);
  /** How far the browser's clock is ahead of the server's, in milliseconds; 0 if the difference is small. */
  readonly skew: Signal<number> = signal(0);
  /** Length of the timelines in milliseconds. */
  readonly span: Signal<number> = signal(120_000);
  readonly settings: Signal<Settings | null> = signal<Settings | null>(null);
  readonly #clock = new SystemClock();
  readonly #shown = new Map<string, Signal<Shown | null>>();
  readonly #dirty = new Set<string>();
  readonly #colours = new Map<string, number>();
  #board = this.#newBoard(0);
  #session: Session | null = null;
  #frame = 0;
  #isOrderOld = false;
  #ticks = 0;

  constructor() {
    setInterval(() => this.#tick(), TICK);
    this.selection.subscribe(() => this.#isOrderOld = true);
  }

  /** Shows another bucket, or starts again with the same one. */
  async connect(settings: Settings): Promise<void> {
    await this.disconnect();
    this.#board = this.#newBoard(settings.ttl ?? 0);
    const revisions = () => new Map([...this.#board.locks].map(([key, { revision }]) => [key, revision]));
    this.#session = new Session(settings, {
      link: (link) => this.#linked(link),
      listing: (listing) => this.#listed(listing),
      repeats: (repeats) => this.repeats.value = repeats,
      change: (change) => this.#board.apply(change),
      nothing: (key, revision) => this.#board.nothing(key, revision),
      revisions,
    });
    this.settings.value = settings;
    await this.#session.start();
  }

  /** Disconnects and shows nothing. */
  async disconnect(): Promise<void> {
    await this.#session?.stop();
    this.#session = null;
    batch(() => {
      for (const shown of this.#shown.values()) shown.value = null;
      this.#shown.clear();
      this.#dirty.clear();
      this.keys.value = [];
      this.counts.value = NONE;
      this.queues.value = NO_QUEUES;
      this.listing.value = "pending";
      this.repeats.value = "unknown";
      this.open.value = null;
      this.link.value = { state: "idle" };
      this.settings.value = null;
    });
  }

  /** Returns a signal of a lock, `null` while it is not known. */
  shown(key: string): Signal<Shown | null> {
    const known = this.#shown.get(key) ?? signal(this.#look(key));
    this.#shown.set(key, known);
    return known;
  }

  /** The times in which the page received nothing. */
  get blind(): readonly Blindness[] {
    return this.#board.blind;
  }

  /** Returns the number of a holder's colour, the same as long as the page is open. */
  colour(name: string): number {
    const known = this.#colours.get(name) ?? this.#colours.size % 8;
    this.#colours.set(name, known);
    return known;
  }

  #newBoard(ttl: number): Board {
    const clocks = { now: () => this.#clock.now(), wall: () => Date.now() };
    return new Board(clocks, ttl, (key) => this.#changed(key));
  }

  #linked(link: Link): void {
    const isOver = link.state === "lost" || link.state === "failed";
    if (isOver) this.#board.lost();
    batch(() => {
      this.link.value = link;
      // Stale locks are not shown as live, not even for one frame.
      if (isOver) {
        this.#paint();
        this.#arrange();
      }
    });
  }

  #listed(listing: Listing): void {
    // A user that may not list still receives changes.
    if (listing === "done" || listing === "denied") this.#board.seen();
    this.listing.value = listing;
    this.#arrangeQueues();
  }

  #changed(key: string): void {
    this.#dirty.add(key);
    // A hidden tab paints nothing. When it is shown again, it paints all changes at once.
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#paint());
  }

  #look(key: string): Shown | null {
    const lock = this.#board.locks.get(key);
    return lock ? { lock, phase: this.#board.phase(lock) } : null;
  }

  #paint(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    batch(() => {
      for (const key of this.#dirty) {
        const shown = this.shown(key);
        const next = this.#look(key);
        // A renewal does not change the order of the list.
        const turned = shown.value?.phase !== next?.phase || shown.value?.lock.tenures !== next?.lock.tenures;
        if (turned || !this.keys.value.length) this.#isOrderOld = true;
        shown.value = next;
        if (next === null) this.#shown.delete(key);
      }
      if ([...this.#dirty].some(isReserved)) this.#arrangeQueues();
      this.#dirty.clear();
      // The counts change in the same frame as the rows, so that they agree. The order may follow later.
      if (this.#isOrderOld) this.counts.value = this.#board.count();
    });
  }

  #tick(): void {
    const due = this.#board.tick(LOOK_PATIENCE);
    if (this.link.value.state === "live") this.#session?.look(due);
    batch(() => {
      if (this.#isOrderOld) this.#arrange();
      if (++this.#ticks % 2 === 0) this.now.value = this.#board.now;
      if (this.#ticks % 10 === 0) this.second.value = this.#board.now;
      this.skew.value = this.link.value.state === "live" ? Math.round(this.#board.skew / 100) * 100 : 0;
    });
  }

  #arrange(): void {
    this.#isOrderOld = false;
    const { locks } = this.#board;
    const shown = [...locks.values()].filter(({ key }) => !isReserved(key));
    this.keys.value = select(shown, (lock) => this.#board.phase(lock), this.selection.value);
    this.counts.value = this.#board.count();
  }

  #arrangeQueues(): void {
    const { locks } = this.#board;
    const isComplete = this.listing.value === "done";
    this.queues.value = queuesOf({ locks, phase: (lock) => this.#board.phase(lock), isComplete });
  }
}
