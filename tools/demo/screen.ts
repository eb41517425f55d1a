/**
 * Prints the timeline of the demo: one column per candidate. On a terminal, a last line shows the time left of the
 * lease.
 *
 * @module
 */

import { styleText } from "node:util";
import type { Change } from "./history.ts";
import { guard, unguard } from "../nats/process.ts";

/** What a candidate does. */
export type Part = "starts" | "LEADS" | "follows" | "leaves" | "stopped" | "killed";

type Style = Parameters<typeof styleText>[0];

const COLUMN = 9;
const BAR = 20;
const REDRAW = 50;
const CLEAR_LINE = "\r\x1b[2K";

/** Prints the timeline on standard output. */
export class Screen {
  readonly #start = performance.now();
  readonly #parts = new Map<string, Part>();
  readonly #live = Deno.stdout.isTerminal();
  readonly #colours = this.#live && !Deno.noColor;
  readonly #ttl: number;
  #lease: { readonly name: string; readonly from: number } | null = null;
  #timer: ReturnType<typeof setInterval> | null = null;

  /** `ttl`: length of the lease in milliseconds. */
  constructor(ttl: number) {
    this.#ttl = ttl;
    if (!this.#live) return;
    guard(this);
    this.#timer = setInterval(() => this.#write(this.#leaseLine()), REDRAW);
  }

  /** Prints a line unchanged. */
  say(text: string, style?: Style): void {
    this.#write(`${style ? this.#paint(style, text) : text}\n`);
  }

  /** Prints what happened to a candidate and stores what it does now. */
  tell(name: string, part: Part, text: string): void {
    this.#parts.set(name, part);
    const columns = [...this.#parts].map(([each, does]) => this.#paint(colourOf(each, does), does.padEnd(COLUMN)));
    this.say(`${this.#elapsed()}  ${columns.join("")}${this.#paint(colourOf(name), name)} ${text}`);
  }

  /** Prints the names above their columns. */
  head(names: readonly string[]): void {
    for (const name of names) this.#parts.set(name, "starts");
    const columns = names.map((name) => this.#paint(["bold", colourOf(name)], name.padEnd(COLUMN)));
    this.say(`    time  ${columns.join("")}`);
  }

  /** Shows a change of the lock. */
  show(change: Change): void {
    const { kind, name, token } = change;
    this.#lease = kind === "released" ? null : { name, from: performance.now() };
    if (kind === "renewed") return;
    if (kind === "released") return this.tell(name, "leaves", `gives the lead back, token ${token}`);
    const since = new Date(change.at).toISOString().slice(11);
    this.tell(name, "LEADS", `leads since ${since}, token ${token}`);
  }

  /** Stops drawing the lease line. */
  close(): void {
    if (this.#timer === null) return;
    unguard(this);
    this.destroy();
    clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Clears the lease line. */
  destroy(): void {
    this.#write("");
  }

  #elapsed(): string {
    return `${((performance.now() - this.#start) / 1000).toFixed(2)} s`.padStart(8);
  }

  #leaseLine(): string {
    if (this.#lease === null) return `${this.#elapsed()}  nobody leads`;
    const { name, from } = this.#lease;
    const left = from + this.#ttl - performance.now();
    if (left <= 0) return `${this.#elapsed()}  the lease of ${name} has run out`;
    const full = Math.round(left / this.#ttl * BAR);
    const bar = "█".repeat(full) + "░".repeat(BAR - full);
    return `${this.#elapsed()}  ${this.#paint(colourOf(name), bar)}  lease of ${name}, ${
      (left / 1000).toFixed(1)
    } s left`;
  }

  #write(text: string): void {
    const bytes = new TextEncoder().encode(this.#live ? CLEAR_LINE + text : text);
    for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
  }

  #paint(style: Style, text: string): string {
    return this.#colours ? styleText(style, text, { validateStream: false }) : text;
  }
}

/** Each candidate is named after its colour. Candidates that do not lead are gray. */
function colourOf(name: string, part: Part = "LEADS"): "red" | "green" | "blue" | "gray" {
  if (part !== "LEADS") return "gray";
  return name === "red" || name === "green" ? name : "blue";
}
