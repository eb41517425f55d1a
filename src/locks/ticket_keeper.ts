/** Performs what the state machine of a ticket decides. */

import type { NatslockError } from "../base/errors.ts";
import type { WriteOutcome } from "../store/store.ts";
import type { Ticket } from "../store/ticket.ts";
import { type LocksContext, outcomeOf, readOf, retryPause } from "./context.ts";
import { startTicket, ticketStep } from "./ticket.ts";
import type { TicketEffect, TicketEvent, TicketState } from "./ticket_model.ts";

/** What a ticket tells its queue. */
export interface TicketListener {
  /** The state has changed. */
  changed(before: TicketState, after: TicketState): void;
  /** A request for the ticket failed, and is tried again after a pause. */
  troubled(error: NatslockError): void;
}

/** The shortest pause after contention in milliseconds: one to four times this. Each next one is twice as long. */
const CONTENTION_PAUSE = 5;

/** One ticket of this session, from its write until nothing of it is stored. */
export class TicketKeeper {
  readonly key: string;
  readonly #context: LocksContext;
  readonly #ticket: Omit<Ticket, "attempt">;
  readonly #nonce: string;
  readonly #listener: TicketListener;
  #state: TicketState;
  #pauses = 0;
  #cancel = () => {};
  #stopped = false;

  /** Writes the ticket. `expected`: the revision that its key was last known to have. */
  constructor(
    context: LocksContext,
    about: { readonly key: string; readonly ticket: Omit<Ticket, "attempt">; readonly expected: number },
    listener: TicketListener,
  ) {
    this.#context = context;
    this.key = about.key;
    this.#ticket = about.ticket;
    this.#nonce = context.random.uuid();
    this.#listener = listener;
    const { state, effects } = startTicket(about.expected, context.clock.now());
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  get state(): TicketState {
    return this.#state;
  }

  /** What the ticket asks for. */
  get claim(): Omit<Ticket, "attempt"> {
    return this.#ticket;
  }

  /** Place in the queue; `null` while none is stored. */
  get place(): number | null {
    return this.#state.at === "queued" || this.#state.at === "held" ? this.#state.place : null;
  }

  /** Reports whether the nonce of a stored ticket belongs to a write of this one. */
  wrote(attempt: string | null): boolean {
    return attempt?.startsWith(`${this.#nonce}.`) === true;
  }

  /** Feeds one event to the machine and starts what it decides. */
  post(event: TicketEvent): void {
    if (this.#stopped) return;
    const before = this.#state;
    const { state, effects } = ticketStep(before, event, this.#context.clock.now());
    this.#state = state;
    if (state.at !== before.at) this.#pauses = 0;
    if (state.at === "gone") this.#cancel();
    for (const effect of effects) this.#perform(effect);
    if (state !== before) this.#listener.changed(before, state);
  }

  /** Ends all of it, also what is in flight: the ticket counts as gone. What is stored stays. */
  stop(): void {
    this.#cancel();
    if (this.#stopped) return;
    this.#stopped = true;
    const before = this.#state;
    if (before.at === "gone") return;
    this.#state = { at: "gone", end: { why: "left", marker: null, error: null } };
    this.#listener.changed(before, this.#state);
  }

  #perform(effect: TicketEffect): void {
    const { store, timing: { requestTimeout: timeout } } = this.#context;
    switch (effect.act) {
      case "write": {
        const ticket = { ...this.#ticket, attempt: `${this.#nonce}.${effect.attempt}` };
        const request = { ticket, expected: effect.expected, ttl: this.#context.maxHold, timeout };
        return this.#answer(() => store.append(this.key, request));
      }
      case "remove": {
        const { expected, markerTtl } = effect;
        return this.#answer(() => store.remove(this.key, { expected, markerTtl, timeout }));
      }
      case "read":
        readOf(store, this.key, { timeout }).then((outcome) => {
          if (outcome.kind === "failed") return this.post({ on: "failed", error: outcome.error });
          const { keyState } = outcome;
          const isOwn = keyState.kind === "held" && keyState.record.attempt === this.#latest;
          this.post({ on: "seen", keyState, isOwn });
        });
        return;
      case "pause":
        return this.#pause(effect);
    }
  }

  /** Nonce of the latest write. */
  get #latest(): string {
    return "attempt" in this.#state ? `${this.#nonce}.${this.#state.attempt}` : "";
  }

  #answer(send: () => Promise<WriteOutcome>): void {
    outcomeOf(send, this.key).then(({ kind: on, ...outcome }) => this.post({ on, ...outcome } as TicketEvent));
  }

  #pause({ why, error }: Extract<TicketEffect, { act: "pause" }>): void {
    const { clock, random, timing: { retryEvery } } = this.#context;
    const growing = CONTENTION_PAUSE * 2 ** this.#pauses++ * (1 + 3 * random.next());
    const length = why === "trouble" ? retryPause(this.#context) : Math.min(growing, retryEvery);
    this.#cancel = clock.after(length, () => this.post({ on: "retry" }));
    if (error !== null) this.#listener.troubled(error);
  }
}
