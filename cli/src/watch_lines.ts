/** Formats what `natslock watch` prints. Lines are printed one by one, so their widths cannot depend on later ones. */

import type { Clock } from "@x/natslock";
import { lineOf, type Row, shortened, Shortener, terminalWidth } from "./columns.ts";
import { plain } from "./say.ts";
import { colours, holderOf, jsonOf, type Lock } from "./show.ts";
import { dateAndTime, timeOfDay } from "./time.ts";

/** What a {@linkcode WatchLines} can show: a lock, as it is or as it was before NATS could not be reached. */
export interface Sight {
  readonly lock: Lock;
  readonly stale: boolean;
}

/** Formats the lines of one run of `natslock watch`. */
export interface WatchLines {
  /** Returns the first line; `null` if there is none. */
  head(): string | null;
  /** Returns the line for a lock. */
  line(sight: Sight): string;
  /** Returns the line for an outage of NATS (`why` says what failed) or its end; `null` if there is none. */
  outage(why: string | null): string | null;
}

/** One JSON object per line. */
export class JsonLines implements WatchLines {
  readonly #clock: Clock;

  /** `clock` tells the time of each line. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  head(): null {
    return null;
  }

  line({ lock, stale }: Sight): string {
    return jsonOf(lock, { time: this.#time(), stale });
  }

  outage(why: string | null): string {
    const state = why === null ? { nats: "reachable" } : { nats: "unreachable", error: why };
    return JSON.stringify({ time: this.#time(), ...state });
  }

  #time(): string {
    return new Date(this.#clock.wall()).toISOString();
  }
}

/** From this width on, each line has the date. */
const WIDE = 80;
/** Widths of a date and time, of a time, of a token and of an ID. */
const [DATE, TIME, TOKEN, ID] = [26, 15, 8, 36];
const GAP = 2;

/** Marks what was known before NATS could not be reached. */
export const STALE = " (stale)";

/** Returns the most columns that a text may take: in a pipe, texts are whole. */
export const limit = (width: number): number => terminalWidth() < Infinity ? width : Infinity;

/** A table for people. It fits the terminal; in a pipe, nothing is shortened. */
export class TableLines implements WatchLines {
  readonly #clock: Clock;
  readonly #ids: boolean;
  readonly #keys = new Shortener();

  /** With `ids`, each line also has the fencing token and the ID of the holder. */
  constructor(clock: Clock, ids: boolean) {
    this.#clock = clock;
    this.#ids = ids;
  }

  head(): string {
    const { bold } = colours();
    const row = ["TIME", "KEY", "HOLDER", ...this.#ids ? ["TOKEN", "ID"] : []];
    return lineOf(row.map((title) => bold(title)), columnWidths(this.#ids, terminalWidth()));
  }

  line({ lock: { key, leader }, stale }: Sight): string {
    const widths = columnWidths(this.#ids, terminalWidth());
    const [time = 0, forKey = 0, forHolder = 0] = widths;
    const { green, dim, yellow } = colours();
    const name = leader === null ? "(free)" : holderOf(leader);
    const mark = stale ? STALE : "";
    const holder = `${shortened(name, limit(forHolder) - mark.length)}${mark}`;
    const paint = stale ? yellow : leader === null ? dim : green;
    const now = this.#clock.wall();
    const row: Row = [
      time === DATE ? dateAndTime(now) : timeOfDay(now),
      this.#keys.shorten(plain(key), limit(forKey)),
      paint(holder),
    ];
    const ids = !this.#ids || leader === null ? [] : [`${leader.token}`, leader.holder];
    return lineOf([...row, ...ids], widths);
  }

  outage(): null {
    return null;
  }
}

/** Returns the widths of a time, a key, a holder and, with `ids`, a token and an ID that fit into `whole` columns. */
export function columnWidths(withIds: boolean, whole: number): number[] {
  const ids = withIds ? [TOKEN, ID] : [];
  if (whole === Infinity) return [DATE, 28, 30, ...ids];
  const time = whole < WIDE ? TIME : DATE;
  const taken = [time, 0, ...ids].reduce((sum, width) => sum + width + GAP, 0);
  const both = Math.max(2 * (STALE.length + 2), whole - taken);
  return [time, Math.floor(both / 2), Math.ceil(both / 2), ...ids];
}
