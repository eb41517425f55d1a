/** All tickets of one session: their slots, and what others do to them. */

import { Throttle } from "../base/throttle.ts";
import { Timers } from "../base/timers.ts";
import { asNatslockError } from "../lease/key_context.ts";
import type { KeyState } from "../store/record.ts";
import type { Ticket } from "../store/ticket.ts";
import type { Push, ScanOutcome, StoredEntry } from "../store/ticket_store.ts";
import { everyLease, isConfirmed, type LocksContext, outcomeOf, readOf } from "./context.ts";
import { ownFilter, ticketKey } from "./names.ts";
import { Slots } from "./slots.ts";
import { TicketKeeper, type TicketListener } from "./ticket_keeper.ts";

/** How long a release marker is expected under a key, in milliseconds. */
const MARKER_TTL = 1000;

/** Most reads because of a push, and most checks of all tickets, without a pause and per `retryEvery`. */
const READS = { burst: 16, most: 16 };
const CHECKS = { burst: 2, most: 2 };

/** The session that the tickets belong to. */
interface Owner {
  readonly context: LocksContext;
  /** UUID of the session. */
  readonly id: string;
  /** Revision of the session's own record: all its tickets have higher ones. */
  readonly token: number;
}

/** A release marker that a ticket left: its key is at this revision until the marker expires. */
type Marker = { readonly revision: number; readonly until: number };

/**
 * The tickets of one session. They are checked after each reconnect and once per lease length: a ticket that another
 * removed ends its request, and one that no request of this session knows is removed.
 */
export class OwnTickets {
  readonly #context: LocksContext;
  readonly #session: string;
  readonly #first: number;
  readonly #orphanLeft: (key: string, place: number) => void;
  readonly #keepers = new Map<string, TicketKeeper>();
  readonly #slots = new Map<string, Slots>();
  readonly #markers = new Map<string, Marker>();
  readonly #unfollow: () => void;
  readonly #emptied: (() => void)[] = [];
  readonly #cancel: () => void;
  readonly #timers: Timers;
  readonly #reads: Throttle;
  readonly #checks: Throttle;
  #isCheckDue = false;
  /** True if a ticket was written since the last check. */
  #isUsed = false;
  #stopped = false;

  /** `orphanLeft` is called when a ticket that no request knows is gone: requests of this session may wait for it. */
  constructor({ context, id, token }: Owner, orphanLeft: (key: string, place: number) => void) {
    this.#context = context;
    this.#session = id;
    this.#first = token;
    this.#orphanLeft = orphanLeft;
    this.#timers = new Timers(context.clock);
    this.#reads = new Throttle(context.clock, READS);
    this.#checks = new Throttle(context.clock, CHECKS);
    this.#unfollow = context.store.follow(ownFilter(id), (push) => this.#pushed(push));
    this.#cancel = everyLease(context, () => this.#check());
  }

  /** Returns the keeper of the ticket under a key, if it is one of this session. */
  get(key: string): TicketKeeper | undefined {
    return this.#keepers.get(key);
  }

  /** All tickets that are not gone. */
  get all(): Iterable<TicketKeeper> {
    return this.#keepers.values();
  }

  /** Resolves when no ticket is left. */
  async whenEmpty(): Promise<void> {
    if (this.#keepers.size > 0) await new Promise<void>((resolve) => this.#emptied.push(resolve));
  }

  /** Writes a ticket on a free slot. `token`: the encoded name of the lock. */
  write(token: string, ticket: Omit<Ticket, "attempt">, listener: TicketListener): TicketKeeper {
    const slots = this.#slots.get(token) ?? new Slots();
    this.#slots.set(token, slots);
    const slot = slots.take();
    const key = ticketKey(token, this.#session, slot);
    const marker = this.#markers.get(key);
    const expected = marker !== undefined && this.#context.clock.now() < marker.until ? marker.revision : 0;
    this.#isUsed = true;
    const keeper = new TicketKeeper(this.#context, { key, ticket, expected }, {
      changed: (before, after) => {
        if (after.at === "gone") {
          this.#keepers.delete(key);
          // The marker of a fenced slot stays for an hour: until then the slot cannot be used.
          if (after.end.why !== "fenced") this.#free(token, slot);
          if (after.end.why === "left" && after.end.marker !== null) this.#remember(key, after.end.marker);
        }
        listener.changed(before, after);
        if (this.#keepers.size === 0) { for (const resolve of this.#emptied.splice(0)) resolve(); }
      },
      troubled: (error) => listener.troubled(error),
    });
    this.#keepers.set(key, keeper);
    return keeper;
  }

  /**
   * Reads the key of a ticket that seems to be gone. Only a later revision there proves that another removed it. Returns
   * false if nothing is stored there: then it seems to have run out.
   */
  async verify(keeper: TicketKeeper): Promise<boolean> {
    const { store, timing: { requestTimeout: timeout } } = this.#context;
    const outcome = await readOf(store, keeper.key, { timeout });
    if (this.#stopped || outcome.kind === "failed") return true;
    const { keyState } = outcome;
    if (keeper.place !== null && keyState.revision > keeper.place) keeper.post({ on: "removed" });
    const isKnown = keyState.kind !== "held" || this.#keepers.get(keeper.key)?.wrote(keyState.record.attempt);
    if (!isKnown) this.#removeOrphan(keeper.key, keyState.revision);
    return keyState.revision > 0;
  }

  /** Ends all watches, timers and requests. What is stored stays. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
    this.#timers.stop();
    this.#unfollow();
    for (const keeper of this.#keepers.values()) keeper.stop();
  }

  #free(token: string, slot: number): void {
    const slots = this.#slots.get(token);
    slots?.free(slot);
    if (slots?.size === 0) this.#slots.delete(token);
  }

  #remember(key: string, revision: number): void {
    this.#markers.set(key, { revision, until: this.#context.clock.now() + MARKER_TTL });
  }

  #pushed(push: Push): void {
    if (push.kind === "gap") return this.#checkSoon();
    if (push.kind !== "seen") return;
    const { key, keyState } = push;
    const keeper = this.#keepers.get(key);
    const isRemoval = keeper !== undefined && isRemovalOf(keeper, keyState);
    const isOrphan = keyState.kind === "held" && !keeper?.wrote(keyState.record.attempt);
    if (!isRemoval && !isOrphan) return;
    if (!this.#reads.allows(this.#context.timing.retryEvery)) this.#checkSoon();
    else if (isRemoval) this.verify(keeper);
    else this.#readOrphan(key);
  }

  /** Checks all tickets, later if that was done too often: pushes can be forged, and gaps can come without end. */
  #checkSoon(): void {
    if (this.#isCheckDue) return;
    this.#isCheckDue = true;
    const check = () => {
      this.#isCheckDue = false;
      this.#check();
    };
    const ms = this.#checks.next(this.#context.timing.retryEvery);
    if (ms === 0) check();
    else this.#timers.after(ms, check);
  }

  /** Checks all tickets. A read that does not show a ticket proves nothing. */
  async #check(): Promise<void> {
    if (this.#keepers.size === 0 && !this.#isUsed) return;
    this.#isUsed = this.#keepers.size > 0;
    const outcome = await this.#scan();
    if (this.#stopped || outcome.kind === "failed") return;
    for (const entry of outcome.entries) this.#compare(entry);
    const now = this.#context.clock.now();
    for (const [key, { until }] of this.#markers) if (until <= now) this.#markers.delete(key);
  }

  #compare({ key, keyState }: StoredEntry): void {
    const keeper = this.#keepers.get(key);
    if (keyState.kind === "held" && !keeper?.wrote(keyState.record.attempt)) return void this.#readOrphan(key);
    if (keeper !== undefined && isRemovalOf(keeper, keyState)) keeper.post({ on: "removed" });
  }

  async #scan(): Promise<ScanOutcome> {
    const { store, timing: { requestTimeout: timeout } } = this.#context;
    try {
      return await store.scan(ownFilter(this.#session), { from: this.#first, timeout });
    } catch (cause) {
      return { kind: "failed", error: asNatslockError(cause, `read the tickets of session "${this.#session}"`) };
    }
  }

  /**
   * A write that was delivered late or twice can leave a ticket that nobody waits for. It is read before it is removed,
   * because pushes can be forged and a replica can be behind.
   */
  async #readOrphan(key: string): Promise<void> {
    const { store, timing: { requestTimeout: timeout } } = this.#context;
    const outcome = await readOf(store, key, { timeout });
    if (this.#stopped || outcome.kind === "failed" || outcome.keyState.kind !== "held") return;
    const { revision, record } = outcome.keyState;
    if (!this.#keepers.get(key)?.wrote(record.attempt)) this.#removeOrphan(key, revision);
  }

  async #removeOrphan(key: string, place: number): Promise<void> {
    const { store, timing: { requestTimeout: timeout } } = this.#context;
    const outcome = await outcomeOf(() => store.remove(key, { expected: place, timeout }), key);
    if (isConfirmed(outcome) && !this.#stopped) this.#orphanLeft(key, place);
  }
}

/** Reports whether a marker was stored after the ticket. */
function isRemovalOf({ place }: TicketKeeper, { kind, revision }: KeyState): boolean {
  return kind === "vacant" && place !== null && revision > place;
}
