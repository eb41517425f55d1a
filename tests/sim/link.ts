/**
 * The connection of one candidate to the bucket: a network that delays, loses, duplicates and cuts.
 *
 * @module
 */

import type { Clock } from "../../src/base/clock.ts";
import { ConnectionError } from "../../src/base/errors.ts";
import type { StoreRequest } from "../../src/memory/memory_link.ts";
import type { LeaseStore } from "../../src/store/store.ts";
import type { Access, Answers, Push } from "./access.ts";
import type { Fault } from "./faults.ts";
import { AT_ONCE, Hostility } from "./hostility.ts";
import { type Listener, Reception } from "./reception.ts";
import type { Runtime } from "./runtime.ts";
import { type Place, type Station, type Told, TTL } from "./server.ts";

/** Longest delay of a late message, in ms. */
const LATEST = 1.5 * TTL;

/** Longest delay without a fault, in ms. */
const USUAL = 10;

/** The candidate's end of a link. */
export interface Ends {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly listener: Listener;
}

interface Sent<Outcome> {
  readonly request: StoreRequest<Outcome>;
  readonly answers: Answers<Outcome>;
  readonly sentAt: number;
}

/** One candidate's access to the bucket, behind an unreliable network. */
export class Link<Store extends LeaseStore = LeaseStore> {
  readonly access: Access<Store>;
  readonly #place: Place;
  readonly #server: Station<Store>;
  readonly #runtime: Runtime;
  readonly #reception: Reception;
  readonly #cutUntil = new Map<Fault, number>();
  readonly #questions = new Set<unknown>();
  #hostility: Hostility | null = null;
  #closed = false;
  #sent = 0;
  #performed = 0;

  constructor(place: Place, server: Station<Store>, ends: Ends) {
    this.#place = place;
    this.#server = server;
    this.#runtime = ends.runtime;
    this.#reception = new Reception(place, server, ends.listener);
    this.access = server.store.access({
      clock: ends.clock,
      carry: (request, answers) => this.#carry(request, answers),
      push: (push) => this.#push(push),
      deliver: (callback) => this.#runtime.deliver(callback),
      ping: () => this.#ping(),
    });
  }

  /**
   * True while the link waits for the bucket's settings. Its Locker then waits for that answer before it does anything
   * else.
   */
  get isAsking(): boolean {
    return this.#questions.size > 0;
  }

  /** True after the connection was closed for good. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Drops all messages of one kind for a while. */
  cut(what: Fault, ms: number): void {
    this.#cutUntil.set(what, this.#place.timeline.now + ms);
  }

  /** Makes the answers of the store hostile for a while. */
  beset(ms: number): void {
    const { chance, timeline } = this.#place;
    const hostility = this.#hostility = new Hostility(chance);
    timeline.after(ms, () => this.#hostility === hostility && (this.#hostility = null));
  }

  /** Closes the connection for good. */
  close(): void {
    this.#closed = true;
    this.access.close();
  }

  /** Ends all cuts. Returns true if the process learns of that, as from a reconnect: its watchers receive a gap. */
  heal(): boolean {
    const wasCut = this.#cutUntil.size > 0;
    if (wasCut) this.#runtime.deliver(() => this.access.gap());
    this.#cutUntil.clear();
    this.#hostility = null;
    return wasCut;
  }

  #isCut(...kinds: Fault[]): boolean {
    const { now } = this.#place.timeline;
    return kinds.some((kind) => now < (this.#cutUntil.get(kind) ?? 0));
  }

  /** A round trip without faults of its own; it never ends while the line is cut. */
  #ping(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed || this.#isCut("requests cut", "answers cut", "node cut off")) return;
      this.#place.timeline.after(2 * USUAL * this.#place.chance.next(), () => this.#runtime.deliver(resolve));
    });
  }

  #carry<Outcome>(request: StoreRequest<Outcome>, answers: Answers<Outcome>): Promise<Outcome> {
    const { weather, timeline } = this.#place;
    const number = ++this.#sent;
    if (request.kind === "settings") this.#questions.add(request);
    return new Promise((resolve, reject) => {
      let cancel = () => {};
      const settle = (answer: () => Outcome) => {
        cancel();
        this.#questions.delete(request);
        try {
          resolve(answer());
        } catch (error) {
          reject(error);
        }
      };
      if (this.#closed) return settle(() => request.fail(new ConnectionError("closed", "the connection is closed")));
      const reads = request.kind === "read" || request.kind === "scan" || request.kind === "settings";
      if (!reads && weather.hit("store threw")) {
        reject(new TypeError("the store threw"));
      }
      cancel = this.#runtime.later(request.within, () => settle(() => request.timeout()));
      const hostility = this.#hostility;
      if (hostility !== null) {
        const { revision } = this.#server.store.look(request.key);
        const honest = () => this.#reception.answer(request, answers, { sentAt: timeline.now });
        const answer = hostility.answer(request, { answers, honest, revision });
        return void timeline.after(AT_ONCE, () => this.#runtime.deliver(() => settle(answer)));
      }
      if (weather.hit("request lost") || this.#isCut("requests cut", "node cut off")) return;
      const sentAt = timeline.now;
      timeline.after(this.#delay("request late"), () => {
        // A message that is still under way when faults end was lost with its connection.
        if (weather.isCalm && timeline.now - sentAt > USUAL) return;
        if (number < this.#performed) weather.see("requests reordered");
        this.#performed = Math.max(this.#performed, number);
        this.#arrive({ request, answers, sentAt }, settle);
      });
    });
  }

  #arrive<Outcome>({ request, answers, sentAt }: Sent<Outcome>, settle: (answer: () => Outcome) => void): void {
    const { weather, timeline } = this.#place;
    const answer = this.#reception.answer(request, answers, { sentAt });
    if (weather.hit("request twice")) {
      timeline.after(
        this.#delay("request late"),
        () => void this.#reception.answer(request, answers, { sentAt, copy: true }),
      );
    }
    if (weather.hit("answer lost") || this.#isCut("answers cut", "node cut off")) return;
    timeline.after(this.#delay("answer late"), () => this.#runtime.deliver(() => settle(answer)));
  }

  #push({ keyState, key, send: deliver }: Push): void {
    const { weather, timeline } = this.#place;
    if (weather.hit("push lost") || this.#isCut("pushes cut", "node cut off")) return;
    const send = () => timeline.after(this.#delay("push late", 30), () => this.#runtime.deliver(deliver));
    send();
    if (weather.hit("push twice")) send();
    if (weather.hit("watch gap")) this.#runtime.deliver(() => this.access.gap());
    if (weather.hit("push replayed")) this.#tell(this.#server.past());
    if (keyState !== null && weather.hit("push forged")) {
      // The forged revision is far ahead. Forging the revision of the very next renewal requires the permission to
      // publish on the republished subject, which only the server may have (docs/adr/002).
      const revision = keyState.revision + this.#place.chance.between(1000, 1010);
      this.#tell({ keyState: { kind: "vacant", revision }, ...(key === undefined ? {} : { key }) });
    }
  }

  #tell(told: Told | null): void {
    if (told !== null) this.#runtime.deliver(() => this.access.tell(told.keyState, told.key));
  }

  #delay(late: "request late" | "answer late" | "push late", usual = USUAL): number {
    const { chance, weather } = this.#place;
    return weather.hit(late) ? LATEST * chance.next() ** 2 : usual * chance.next();
  }
}
