/**
 * One process with a lock manager: its machine, its connection to the bucket, and its requests.
 *
 * @module
 */

import { type Clock, SystemClock } from "../../../src/base/clock.ts";
import { LockManager } from "../../../src/locks/lock_manager.ts";
import type { AppendRequest, TicketStore } from "../../../src/store/ticket_store.ts";
import { Chance } from "../chance.ts";
import { Link } from "../link.ts";
import { machine } from "../machine.ts";
import { Pace } from "../pace.ts";
import type { Runtime } from "../runtime.ts";
import type { Place } from "../server.ts";
import type { Struck } from "../storms.ts";
import type { Ask } from "./ask.ts";
import { type Climate, SESSION_TTL, type Wish } from "./climate.ts";
import type { LocksJudge } from "./judge.ts";
import type { LocksServer } from "./locks_server.ts";

/** The environment of a process. */
export interface LocksGround extends Place {
  readonly climate: Climate;
  readonly server: LocksServer;
  readonly judge: LocksJudge;
  /** Adds a line to the trace. `text` is called only if the run is traced. */
  note(who: string, text: () => string): void;
}

/** Window in which requests are counted: the pause after a transient error, in ms. */
const WINDOW = SESSION_TTL / 15;

/** How long removals of a request that has ended are counted as its own, in ms. */
const LEAVING = SESSION_TTL;

/** One process. */
export class LocksNode implements Struck {
  readonly name: string;
  readonly runtime: Runtime;
  readonly link: Link<TicketStore>;
  /** Its requests that have not ended. */
  readonly asks = new Set<Ask>();
  /** When something last kept its code from running in time. */
  hampered = -Infinity;
  /** Number of messages that it has sent. */
  sent = 0;
  manager: LockManager;
  readonly #ground: LocksGround;
  readonly #random: Chance;
  readonly #clock: SystemClock;
  readonly #pace = new Pace(WINDOW);
  /** Highest place of its tickets that steal, by name. */
  readonly #thefts = new Map<string, number>();
  /** What it has asked to remove: keys and revisions. */
  readonly #removed = new Set<string>();
  /** When its latest requests ended: what they stored may still be being removed. */
  readonly #left: number[] = [];
  /** Number of the request that is being made. */
  #asking: number | null = null;

  constructor(ground: LocksGround, name: string) {
    const { chance, server, judge } = ground;
    this.#ground = ground;
    this.name = name;
    const seed = chance.between(0, 2 ** 31);
    this.#random = new Chance(seed);
    this.runtime = machine(ground, seed);
    this.#clock = new SystemClock(this.runtime);
    this.link = new Link<TicketStore>(ground, server, {
      runtime: this.runtime,
      clock: this.#clock,
      listener: {
        carriedOut: (request, change) => {
          const { applied, after } = change;
          ground.note(
            name,
            () => `server: ${request.kind} ${short(request.key)} ${applied ? `applied @${after.revision}` : "done"}`,
          );
          judge.deeds.carriedOut(this, request, change);
        },
        note: (text) => ground.note(name, () => text),
      },
    });
    this.manager = this.open();
  }

  /** Opens a new lock manager. */
  open(): LockManager {
    const { maxHold } = this.#ground.climate;
    const clock: Clock = {
      now: () => this.#clock.now(),
      after: (delay, callback) => this.#clock.after(delay, callback),
      // Only people read this time. Here it tells which request a ticket belongs to.
      wall: () => this.#asking ?? this.#clock.wall(),
    };
    const about = { clock, random: this.#random, name: this.name, ttl: SESSION_TTL, maxHold };
    return this.manager = new LockManager({
      ...about,
      store: this.#counted(this.link.access.store),
      onEvent: (event) => this.#ground.note(this.name, () => `told: ${event.type} ${event.key}`),
    });
  }

  /** Makes a request. */
  ask<T>(wish: Wish, id: number, call: (manager: LockManager, ask: Ask) => Promise<T>): { ask: Ask; done: Promise<T> } {
    const { judge, timeline: { now } } = this.#ground;
    const ask: Ask = {
      id,
      node: this,
      manager: this.manager,
      wish,
      madeAt: now,
      tickets: 0,
      leaves: false,
      waits: true,
      ended: false,
      givenUp: false,
    };
    judge.asks.set(id, ask);
    this.asks.add(ask);
    this.#asking = id;
    const done = call(this.manager, ask);
    this.#asking = null;
    return { ask, done };
  }

  /** A request has ended. */
  forget(ask: Ask): void {
    Object.assign(ask, { waits: false, ended: true });
    this.asks.delete(ask);
    this.#left.push(this.#ground.timeline.now);
    this.#ground.judge.asks.delete(ask.id);
  }

  /** Highest place of its tickets that steal a lock; 0 = none. */
  thefts(name: string): number {
    return this.#thefts.get(name) ?? 0;
  }

  /** A ticket of this process was stored. */
  stored(name: string, place: number): void {
    if ([...this.asks].some(({ wish }) => wish.steal && wish.names.includes(name))) this.#thefts.set(name, place);
  }

  /** Resolves when a timer of this process fires. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.runtime.later(ms, resolve));
  }

  hamper(): void {
    this.hampered = this.#ground.timeline.now;
  }

  /** Returns the store, and counts its requests. */
  #counted(store: TicketStore): TicketStore {
    const { judge } = this.#ground;
    const counted = <Args extends unknown[], T>(send: (...args: Args) => T) => (...args: Args): T => {
      this.#count();
      return send(...args);
    };
    return {
      name: store.name,
      settings: (request) => store.settings(request),
      read: counted((key, request) => store.read(key, request)),
      write: counted((key, request) => store.write(key, request)),
      remove: (key, request) => {
        // A thief, or who buries a session, removes many tickets at once, but none of them twice.
        const what = `${key}@${request.expected}`;
        if (this.#removed.has(what)) this.#count();
        else this.sent++;
        this.#removed.add(what);
        return store.remove(key, request);
      },
      append: counted((key: string, request: AppendRequest) => {
        judge.tickets.set(request.ticket.attempt, request.ticket);
        return store.append(key, request);
      }),
      scan: counted((filter, request) => store.scan(filter, request)),
      watch: (key, listener) => store.watch(key, listener),
      follow: (filter, listener) => store.follow(filter, listener),
    };
  }

  #count(): void {
    this.sent++;
    const { now } = this.#ground.timeline;
    while ((this.#left[0] ?? now) < now - LEAVING) this.#left.shift();
    if (this.#pace.keeps(1, now, 1 + this.asks.size + this.#left.length)) return;
    this.#ground.judge.blame(`Q7: ${this.name} sends without a pause`);
  }
}

/** Returns a key with shorter UUIDs, for the trace. */
function short(key: string): string {
  return key.replace(/([0-9a-f]{4})[0-9a-f]{4}-[-0-9a-f]{27}/g, "$1");
}
