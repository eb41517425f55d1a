/**
 * Fingerprints: 64 bits for a world. Worlds with the same fingerprint have the same futures.
 *
 * @module
 */

import type { Ending, LeaseEvent, Phase } from "../../src/lease/model.ts";
import type { Message } from "./network.ts";
import { Words } from "./words.ts";
import { type Client, idOf, isOver, type World } from "./world.ts";

const PHASES = { idle: 0, seeking: 1, held: 2, leaving: 3 } as const;
const REQUESTS = { write: 1, read: 2, remove: 3 } as const;
const STAKES = { none: 0, stored: 1, doubt: 2 } as const;
const ENDINGS = { released: 0, abandoned: 1, refused: 2, withdrawn: 3, failed: 4, lost: 5 } as const;
const LOSSES: readonly string[] = ["deadline", "superseded", "removed", "closed"];
const ANSWERS: readonly string[] = ["applied", "conflict", "seen"];

const NEVER = 1 << 9;

/**
 * Computes fingerprints. Two worlds have the same one if they differ only in
 *
 * - the values of revisions and nonces, but not in their order (the machine compares them, and 0 has its own meaning);
 * - the current time, but not in how long ago something was. Only differences count. A deadline that has passed never
 *   changes again, and neither does anything that is at least one lease length old;
 * - which client is which: both have the same rules, and their remaining budgets are part of the world;
 * - the order of messages in the network;
 * - what is never read again: errors, times in messages, the token (a grant is checked when it happens), the latest
 *   read and the latest ending of a client that does not start again, and everything of a client that is over.
 *
 * A test checks this: worlds with the same fingerprint have successors with the same fingerprints.
 */
export class Fingerprint {
  /** Upper half of the latest fingerprint. */
  high = 0;
  /** Lower half of the latest fingerprint. */
  low = 0;
  readonly #ttl: number;
  readonly #words = new Words();
  readonly #nonces: string[] = [];
  #now = 0;

  /** `ttl`: lease length of the worlds. */
  constructor(ttl: number) {
    this.#ttl = ttl;
  }

  /** Computes the fingerprint of a world and stores it in `high` and `low`. */
  take(world: World): void {
    const words = this.#words;
    const { standing, highest } = world;
    words.size = 0;
    this.#now = world.now;
    this.#client(world, 0);
    const second = words.size;
    this.#client(world, 1);
    const common = words.size;
    words.revision(standing?.revision ?? 0);
    words.put(standing === null ? -1 : this.#due(standing.goneFrom) << 1 | (standing.attempt === null ? 1 : 0));
    words.revision(highest);
    words.rename();
    words.hash(0, second);
    const { high, low } = words;
    words.hash(second, common);
    const swapped = high > words.high || (high === words.high && low > words.low);
    if (!swapped) this.#halves(high, low);
    this.#halves(words.high, words.low);
    if (swapped) this.#halves(high, low);
    words.hash(common, words.size);
    this.high = words.high;
    this.low = words.low;
  }

  #halves(high: number, low: number): void {
    this.#words.put(high);
    this.#words.put(low);
  }

  /** Adds everything about one client: its machine, its answer, its messages and its record. */
  #client(world: World, index: number): void {
    const client = world.clients[index] as Client;
    this.#name(world, client, index);
    if (isOver(client)) this.#words.put(-2);
    else this.#machine(client, index);
    const { standing, net } = world;
    const ours = standing !== null && standing.client === index && standing.attempt !== null;
    this.#words.put(ours ? this.#nonce(standing.attempt) << 1 | (standing.excused ? 1 : 0) : -1);
    this.#messages(net, index);
  }

  #machine({ state, waits, inbox, paused, left }: Client, index: number): void {
    const { memory, phase } = state;
    const { starts, renewals, leaves, retries, hints } = left;
    this.#words.put((((starts * 8 + renewals) * 8 + leaves) * 8 + retries) * 8 + hints);
    this.#words.put(((PHASES[phase.at] * 4 + kindOf(waits)) * 4 + kindOf(phase.busy)) * 2 + (paused ? 1 : 0));
    this.#words.revision(memory.high);
    this.#words.put(memory.burst.requests);
    if (starts > 0) {
      const { lastSeen } = memory;
      this.#words.revision(lastSeen.revision);
      this.#words.put((this.#due(lastSeen.until) << 1 | (lastSeen.takeable ? 1 : 0)) << 1 | (memory.suspect ? 1 : 0));
    }
    this.#phase(phase, starts > 0);
    if (inbox === null) this.#words.put(-1);
    else this.#answer(inbox, index);
  }

  #phase(phase: Phase, startsAgain: boolean): void {
    switch (phase.at) {
      case "idle":
        break;
      case "seeking":
        this.#words.revision(phase.expected);
        this.#words.put(this.#nonce(phase.attempt));
        this.#words.put(this.#past(phase.sentAt) << 1 | (phase.doubt ? 1 : 0));
        break;
      case "held":
        this.#words.revision(phase.revision);
        this.#words.put(this.#nonce(phase.attempt));
        this.#words.put(this.#due(phase.validUntil));
        this.#words.put(this.#past(phase.sentAt));
        this.#words.put(this.#past(phase.doubt));
        break;
      case "leaving":
        this.#words.revision(phase.target);
        this.#words.put((this.#due(phase.until) << 2 | STAKES[phase.stake]) << 1 | (phase.of === "id" ? 1 : 0));
        this.#words.put(phase.refused ? 1 : 0);
        if (startsAgain) this.#ending(phase.end);
    }
  }

  #ending(end: Ending | null): void {
    this.#words.put(end === null ? -1 : ENDINGS[end.kind]);
    if (end?.kind === "lost") this.#words.put(LOSSES.indexOf(end.why));
  }

  #answer(answer: LeaseEvent, index: number): void {
    this.#words.put(ANSWERS.indexOf(answer.on));
    if (answer.on === "applied") this.#words.revision(answer.revision);
    if (answer.on === "conflict") this.#words.revision(answer.current);
    if (answer.on !== "seen") return;
    const { keyState, checkedAt } = answer;
    this.#words.revision(keyState.revision);
    this.#words.put(checkedAt === undefined ? 0 : 1);
    const holder = keyState.kind === "held" ? keyState.record.holder : null;
    const ours = keyState.kind === "held" && holder === idOf(index);
    this.#words.put(ours ? this.#nonce(keyState.record.attempt) : holder === null ? -1 : -2);
  }

  /** Adds the client's messages in an order that does not depend on when they were sent. */
  #messages(net: readonly Message[], index: number): void {
    const first = this.#words.size;
    for (const { client, act, awaited, excused, fresh, attempt, expected } of net) {
      if (client !== index) continue;
      const flags = (awaited ? 1 : 0) + (excused ? 2 : 0) + (fresh ? 4 : 0);
      this.#words.revision(expected, (this.#nonce(attempt) * 4 + REQUESTS[act]) * 8 + flags);
    }
    this.#words.sort(first);
  }

  /** Collects the nonces of a client that still occur, oldest first. */
  #name({ standing, net }: World, { state: { phase }, inbox }: Client, index: number): void {
    this.#nonces.length = 0;
    if (phase.at === "seeking" || phase.at === "held") this.#know(phase.attempt);
    if (standing?.client === index) this.#know(standing.attempt);
    for (const message of net) if (message.client === index) this.#know(message.attempt);
    if (inbox?.on === "seen" && inbox.keyState.kind === "held" && inbox.keyState.record.holder === idOf(index)) {
      this.#know(inbox.keyState.record.attempt);
    }
    if (this.#nonces.length > 1) this.#nonces.sort();
  }

  #know(attempt: string | null): void {
    if (attempt !== null && attempt !== "" && !this.#nonces.includes(attempt)) this.#nonces.push(attempt);
  }

  #nonce(attempt: string | null): number {
    return attempt === null ? 0 : 2 + this.#nonces.indexOf(attempt);
  }

  #due(time: number): number {
    return time === Infinity ? NEVER : Math.max(time - this.#now, 0);
  }

  #past(time: number | null): number {
    return time === null ? 0 : 1 + Math.max(time - this.#now, -this.#ttl) + this.#ttl;
  }
}

const kindOf = (request: Message["act"] | null): number => request === null ? 0 : REQUESTS[request];
