/** Watches the tickets in front of the waiting requests of one queue, and the sessions of those tickets. */

import { NatslockError } from "../base/errors.ts";
import { type LocksContext, readOf } from "./context.ts";
import type { PlacedTicket } from "./look.ts";
import type { SessionMonitors } from "./session_monitor.ts";

/** What a queue wants to know. */
export interface BlockerListener {
  /** A ticket seems to be gone. */
  left(key: string, place: number): void;
  /** Something may have happened that was not pushed. */
  missed(): void;
  /** A session is proven dead. */
  died(session: string): void;
  /** The end of a ticket cannot be noticed, and waiting cannot help. */
  denied(key: string, error: NatslockError): void;
}

/** A ticket that is watched for some requests. */
interface Watched<Request> {
  readonly ticket: PlacedTicket;
  readonly requests: Set<Request>;
  readonly stop: () => void;
}

/** The watched tickets of one queue. */
export class Blockers<Request> {
  readonly #context: LocksContext;
  readonly #monitors: SessionMonitors;
  readonly #listener: BlockerListener;
  /** By key and place. */
  readonly #watched = new Map<string, Watched<Request>>();
  readonly #byKey = new Map<string, Set<Watched<Request>>>();
  /** Keys and places of what is watched for each request. */
  readonly #names = new Map<Request, ReadonlySet<string>>();

  constructor(context: LocksContext, monitors: SessionMonitors, listener: BlockerListener) {
    this.#context = context;
    this.#monitors = monitors;
    this.#listener = listener;
  }

  /** Watches exactly these tickets for a request. `rank`: how many other sessions stand between. */
  set(request: Request, tickets: readonly PlacedTicket[], { own, rank }: { own: string; rank: number }): void {
    const names = new Set(tickets.map(nameOf));
    for (const name of this.#names.get(request) ?? []) if (!names.has(name)) this.#drop(name, request);
    for (const ticket of tickets) {
      const name = nameOf(ticket);
      const watched = this.#watched.get(name) ?? this.#add(name, this.#watch(ticket, own, rank));
      watched.requests.add(request);
    }
    this.#names.set(request, names);
  }

  /** Ends the watches of a request. */
  clear(request: Request): void {
    for (const name of this.#names.get(request) ?? []) this.#drop(name, request);
    this.#names.delete(request);
  }

  /** Returns the requests that wait for a ticket under a key. */
  waitingFor(key: string): Request[] {
    return [...this.#byKey.get(key) ?? []].flatMap(({ requests }) => [...requests]);
  }

  /** Ends all watches. */
  stop(): void {
    for (const { stop } of this.#watched.values()) stop();
    for (const each of [this.#watched, this.#byKey, this.#names]) each.clear();
  }

  #add(name: string, watched: Watched<Request>): Watched<Request> {
    const { key } = watched.ticket;
    this.#watched.set(name, watched);
    this.#byKey.set(key, (this.#byKey.get(key) ?? new Set()).add(watched));
    return watched;
  }

  #watch(ticket: PlacedTicket, own: string, rank: number): Watched<Request> {
    // The session hears of its own tickets without this.
    if (ticket.session === own) return { ticket, requests: new Set(), stop: () => {} };
    const unfollow = this.#context.store.follow(ticket.key, (push) => {
      if (push.kind === "gap") this.#listener.missed();
      if (push.kind === "denied") this.#listener.denied(ticket.key, push.error);
      if (push.kind === "seen" && push.keyState.revision > ticket.place) this.#listener.left(ticket.key, ticket.place);
    });
    const unwatch = this.#monitors.watch(ticket.session, rank, (known) => {
      if (known instanceof NatslockError) this.#listener.denied(ticket.key, known);
      else if (known) this.#listener.died(ticket.session);
    });
    let isStopped = false;
    // It may have left before the watch began, and a look can be answered by a replica that is behind.
    readOf(this.#context.store, ticket.key, { timeout: this.#context.timing.requestTimeout }).then((outcome) => {
      if (isStopped) return;
      if (outcome.kind === "failed") this.#listener.missed();
      else if (outcome.keyState.revision !== ticket.place) this.#listener.left(ticket.key, ticket.place);
    });
    const stop = () => {
      isStopped = true;
      unfollow();
      unwatch();
    };
    return { ticket, requests: new Set(), stop };
  }

  #drop(name: string, request: Request): void {
    const watched = this.#watched.get(name);
    if (!watched?.requests.delete(request) || watched.requests.size > 0) return;
    watched.stop();
    this.#watched.delete(name);
    const ofKey = this.#byKey.get(watched.ticket.key);
    ofKey?.delete(watched);
    if (ofKey?.size === 0) this.#byKey.delete(watched.ticket.key);
  }
}

const nameOf = ({ key, place }: PlacedTicket): string => `${key} ${place}`;
