/**
 * 64 bits for a world, the same for worlds whose futures are the same.
 *
 * @module
 */

import type { Ending, LeaseEvent, Phase } from "../../src/lease_model.ts";
import type { Message } from "./network.ts";
import { type Client, idOf, isOver, type World } from "./world.ts";

const PHASES = { idle: 0, seeking: 1, held: 2, leaving: 3 } as const;
const REQUESTS = { write: 1, read: 2, remove: 3 } as const;
const STAKES = { none: 0, stands: 1, doubt: 2 } as const;
const ENDINGS = { released: 0, abandoned: 1, refused: 2, withdrawn: 3, failed: 4, lost: 5 } as const;
const LOSSES: readonly string[] = ["deadline", "superseded", "removed", "closed"];
const ANSWERS: readonly string[] = ["applied", "conflict", "seen"];

/** Marks a word as a revision. */
const REVISION = 1 << 10;
const NEVER = 1 << 9;

/**
 * Takes fingerprints. Two worlds get the same one if they differ only in
 *
 * - how high revisions and nonces are, not in their order (the machine compares them, and 0 is a value of its own);
 * - the time of day, not in how long ago something was: only differences count, and neither a deadline that has passed
 *   nor what is a lease length old or older ever becomes anything else;
 * - which client is which: both have the same rules, and what is left of their budgets is part of the world;
 * - the order of messages in the net;
 * - what nobody will look at: errors, times for people, the token (a grant is checked when it happens), the last look
 *   at the key and the last ending of a client that will not start again, and everything of one that is over.
 *
 * `explore_test.ts` holds this: worlds with one fingerprint have successors with the same fingerprints.
 */
export class Fingerprint {
  /** Half of the latest fingerprint. */
  high = 0;
  /** The other half. */
  low = 0;
  readonly #ttl: number;
  readonly #words = new Int32Array(256);
  #size = 0;
  #nonces: string[] = [];
  #now = 0;

  /** For worlds with this lease length. */
  constructor(ttl: number) {
    this.#ttl = ttl;
  }

  /** Takes that of a world; it stands in `high` and `low`. */
  take(world: World): void {
    this.#size = 0;
    this.#now = world.now;
    this.#client(world, 0);
    const second = this.#size;
    this.#client(world, 1);
    const common = this.#size;
    const { standing, highest } = world;
    this.#revision(standing?.revision ?? 0);
    this.#put(standing === null ? -1 : this.#due(standing.goneFrom) << 1 | (standing.attempt === null ? 1 : 0));
    this.#revision(highest);
    this.#rename(world.sequence);
    this.#hash(0, second, 1, 2);
    const [high, low] = [this.high, this.low];
    this.#hash(second, common, 1, 2);
    const swapped = high > this.high || (high === this.high && low > this.low);
    this.#words[0] = swapped ? this.high : high;
    this.#words[1] = swapped ? this.low : low;
    this.#words[2] = swapped ? high : this.high;
    this.#words[3] = swapped ? low : this.low;
    this.#hash(0, 4, 3, 4);
    this.#hash(common, this.#size, this.high, this.low);
  }

  /** What concerns one client: its machine, its answer, its messages, its record. */
  #client(world: World, index: number): void {
    const client = world.clients[index] as Client;
    this.#name(world, client, index);
    if (isOver(client)) this.#put(-2);
    else this.#machine(client, index);
    const { standing, net } = world;
    if (standing !== null && standing.client === index && standing.attempt !== null) {
      this.#put(this.#nonce(standing.attempt) << 1 | (standing.excused ? 1 : 0));
    }
    this.#put(-3);
    this.#messages(net, index);
  }

  #machine({ state, waits, inbox, paused, left }: Client, index: number): void {
    const { memory, phase } = state;
    const { starts, renewals, leaves, retries, hints } = left;
    this.#put((((starts * 8 + renewals) * 8 + leaves) * 8 + retries) * 8 + hints);
    this.#put(((PHASES[phase.at] * 4 + kindOf(waits)) * 4 + kindOf(phase.busy)) * 2 + (paused ? 1 : 0));
    this.#revision(memory.high);
    if (starts > 0) {
      const { sight } = memory;
      this.#revision(sight.revision);
      this.#put(this.#due(sight.until) << 1 | (sight.takeable ? 1 : 0));
    }
    this.#phase(phase, starts > 0);
    if (inbox !== null) this.#answer(inbox, index);
  }

  #phase(phase: Phase, startsAgain: boolean): void {
    switch (phase.at) {
      case "idle":
        if (startsAgain) this.#ending(phase.end);
        break;
      case "seeking":
        this.#revision(phase.expected);
        this.#put(this.#nonce(phase.attempt));
        this.#put(this.#past(phase.firstSentAt) << 1 | (phase.doubt ? 1 : 0));
        break;
      case "held":
        this.#revision(phase.revision);
        this.#put(this.#nonce(phase.attempt));
        this.#put(this.#due(phase.validUntil));
        this.#put(this.#past(phase.sentAt));
        this.#put(this.#past(phase.doubt));
        break;
      case "leaving":
        this.#revision(phase.target);
        this.#put(this.#nonce(phase.attempt));
        this.#put(this.#due(phase.until) << 2 | STAKES[phase.stake]);
        if (startsAgain) this.#ending(phase.end);
    }
  }

  #ending(end: Ending | null): void {
    this.#put(end === null ? -1 : ENDINGS[end.kind]);
    if (end?.kind === "lost") this.#put(LOSSES.indexOf(end.why));
  }

  #answer(answer: LeaseEvent, index: number): void {
    this.#put(ANSWERS.indexOf(answer.on));
    if (answer.on === "applied") this.#revision(answer.revision);
    if (answer.on === "conflict") this.#revision(answer.current);
    if (answer.on !== "seen") return;
    const { sighting, fresh } = answer;
    this.#revision(sighting.revision);
    this.#put(fresh ? 1 : 0);
    if (sighting.kind !== "held") return;
    this.#put(sighting.record.holder === idOf(index) ? this.#nonce(sighting.record.attempt) : -1);
  }

  /** The client's messages in an order that does not hang on when they were sent. */
  #messages(net: readonly Message[], index: number): void {
    const first = this.#size;
    for (const { client, act, awaited, excused, fresh, attempt, expected } of net) {
      if (client !== index) continue;
      const flags = (awaited ? 1 : 0) + (excused ? 2 : 0) + (fresh ? 4 : 0);
      const word = ((this.#nonce(attempt) * 4 + REQUESTS[act]) * 8 + flags) * REVISION + expected;
      let at = this.#size++;
      for (; at > first && (this.#words[at - 1] as number) > word; at--) {
        this.#words[at] = this.#words[at - 1] as number;
      }
      this.#words[at] = word;
    }
    const count = this.#size - first;
    this.#size += count;
    for (let at = count - 1; at >= 0; at--) {
      const word = this.#words[first + at] as number;
      this.#words[first + 2 * at] = word >>> 10;
      this.#words[first + 2 * at + 1] = REVISION | (word & (REVISION - 1));
    }
  }

  /** Finds the nonces of a client that are still about, oldest first. */
  #name({ standing, net }: World, { state: { phase }, inbox }: Client, index: number): void {
    this.#nonces = [];
    if ("attempt" in phase) this.#know(phase.attempt);
    if (standing?.client === index) this.#know(standing.attempt);
    for (const message of net) if (message.client === index) this.#know(message.attempt);
    if (inbox?.on === "seen" && inbox.sighting.kind === "held" && inbox.sighting.record.holder === idOf(index)) {
      this.#know(inbox.sighting.record.attempt);
    }
    if (this.#nonces.length > 1) this.#nonces.sort();
  }

  #know(attempt: string | null): void {
    if (attempt !== null && attempt !== "" && !this.#nonces.includes(attempt)) this.#nonces.push(attempt);
  }

  #nonce(attempt: string | null): number {
    return attempt === null ? 0 : 1 + this.#nonces.indexOf(attempt) + 1;
  }

  #put(word: number): void {
    this.#words[this.#size++] = word;
  }

  #revision(revision: number | null): void {
    this.#put(revision === null ? -1 : REVISION | revision);
  }

  #due(time: number): number {
    return time === Infinity ? NEVER : Math.max(time - this.#now, 0);
  }

  #past(time: number | null): number {
    return time === null ? 0 : 1 + Math.max(time - this.#now, -this.#ttl) + this.#ttl;
  }

  /** Revisions become 0, 1, 2 ... in their order. */
  #rename(latest: number): void {
    if (latest > 30) throw new Error("Cannot rename revisions: more than 30 of them");
    const words = this.#words;
    let present = 0;
    for (let at = 0; at < this.#size; at++) {
      const word = words[at] as number;
      if (word >= REVISION && word < 2 * REVISION) present |= 1 << (word - REVISION);
    }
    present &= ~1;
    for (let at = 0; at < this.#size; at++) {
      const word = words[at] as number;
      if (word > REVISION && word < 2 * REVISION) words[at] = REVISION + ones(present & ((2 << (word - REVISION)) - 1));
    }
  }

  #hash(from: number, to: number, high: number, low: number): void {
    for (let at = from; at < to; at++) {
      const word = this.#words[at] as number;
      high = Math.imul(high ^ word, 0x9e3779b1);
      high ^= high >>> 15;
      low = Math.imul((low << 13 | low >>> 19) ^ word, 0x85ebca6b) + 0x165667b1 | 0;
      low ^= low >>> 13;
    }
    this.high = high;
    this.low = low;
  }
}

const kindOf = (request: Message["act"] | null): number => request === null ? 0 : REQUESTS[request];

function ones(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
