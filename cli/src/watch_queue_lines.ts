/** Formats what `natslock watch` prints in a bucket for queues. */

import type { Clock } from "@x/natslock";
import { lineOf, type Row, shortened, Shortener, terminalWidth } from "./columns.ts";
import { requester, requestJson } from "./request_lines.ts";
import { plain } from "./say.ts";
import { colours, jsonOf } from "./show.ts";
import { dateAndTime, timeOfDay } from "./time.ts";
import { columnWidths, limit, STALE } from "./watch_lines.ts";
import type { Change } from "./watch_queues.ts";

/** Widths of a place and of a state. */
const [PLACE, STATE] = [5, 7];

/** Formats the lines of one run of `natslock watch`. */
export class QueueLines {
  readonly #clock: Clock;
  readonly #json: boolean;
  readonly #ids: boolean;
  readonly #keys = new Shortener();

  /** With `ids`, each line also has the fencing token and the ID of the session. */
  constructor(clock: Clock, { json = false, ids = false }: { readonly json?: boolean; readonly ids?: boolean }) {
    this.#clock = clock;
    [this.#json, this.#ids] = [json, ids];
  }

  /** Returns the first line; `null` if there is none. */
  head(): string | null {
    if (this.#json) return null;
    const { bold } = colours();
    const row = ["TIME", "KEY", "PLACE", "STATE", "HOLDER", ...this.#ids ? ["TOKEN", "ID"] : []];
    return lineOf(row.map((title) => bold(title)), this.#widths);
  }

  /** Returns the line for a change, or with `stale` for what was known before NATS could not be reached. */
  line(change: Change, stale: boolean): string {
    return this.#json ? this.#jsonLine(change, stale) : this.#textLine(change, stale);
  }

  #jsonLine(change: Change, stale: boolean): string {
    const more = { time: new Date(this.#clock.wall()).toISOString(), stale };
    if (change.kind === "free") return jsonOf({ key: change.name, leader: null }, more);
    const { place: _, ...left } = JSON.parse(requestJson(change.request, more)) as Record<string, unknown>;
    return change.kind === "left" ? JSON.stringify({ ...left, state: "left" }) : requestJson(change.request, more);
  }

  #textLine(change: Change, stale: boolean): string {
    const widths = this.#widths;
    const [time = 0, forKey = 0, , , forHolder = 0] = widths;
    const { green, dim, yellow } = colours();
    const now = this.#clock.wall();
    const name = change.kind === "free" ? change.name : change.request.name;
    const first = [time < 20 ? timeOfDay(now) : dateAndTime(now), this.#keys.shorten(plain(name), limit(forKey))];
    if (change.kind === "free") return lineOf([...first, "", dim("free")], widths);
    const { request, kind } = change;
    const state = kind === "left" ? "left" : request.state;
    const mark = stale ? STALE : "";
    const holder = `${shortened(requester(request), limit(forHolder) - mark.length)}${mark}`;
    const paint = stale || state === "gone" ? yellow : state === "held" ? green : dim;
    const ids = this.#ids ? [`${request.token}`, request.clientId] : [];
    const row: Row = [...first, kind === "left" ? "" : `${request.place}`, paint(state), holder, ...ids];
    return lineOf(row, widths);
  }

  get #widths(): number[] {
    const [time = 0, key = 0, holder = 0, ...ids] = columnWidths(this.#ids, terminalWidth() - PLACE - STATE - 4);
    return [time, key, PLACE, STATE, holder, ...ids];
  }
}
