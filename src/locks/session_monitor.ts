/** Finds out whether other sessions are dead, and buries those that are. */

import { NatslockError } from "../base/errors.ts";
import { Throttle } from "../base/throttle.ts";
import { wait } from "../base/wait.ts";
import { type BurialEffect, type BurialEvent, type BurialState, burialStep, startBurial } from "./burial.ts";
import { type LocksContext, outcomeOf, readOf } from "./context.ts";
import { sessionKey } from "./names.ts";

/** How long the marker of a burial stays, in milliseconds. It outlives a delayed first write of the session. */
export const BURIAL_TTL = 60_000;

/** How long after the end of a lease the server may still keep its record, in milliseconds. */
const SERVER_LAG = 300;

/** How much longer a session waits for each other one that stands before it in the queue, in milliseconds. */
const RANK_DELAY = 20;
const LONGEST_RANK = 10;

/** Pause after a refused marker in milliseconds. Each next one is twice as long, up to a second. */
const SHORTEST_PAUSE = 25;
const LONGEST_PAUSE = 1000;

/** Most pushes that are heeded at once, and per `retryEvery`. A session that lives sends far fewer. */
const PUSHES = { burst: 4, most: 4 };

/** How many dead sessions are remembered, the latest ones. */
const MOST_DEAD = 1000;

/** Called with whether a session is dead, or with the reason why that cannot be found out. */
export type SessionListener = (known: boolean | NatslockError) => void;

/** Another session that has tickets before ours. */
class SessionMonitor {
  readonly listeners = new Set<SessionListener>();
  readonly #context: LocksContext;
  readonly #key: string;
  readonly #slack: number;
  readonly #unfollow: () => void;
  #state: BurialState;
  #cancel = () => {};
  #stopped = false;

  constructor(context: LocksContext, session: string, rank: number) {
    this.#context = context;
    this.#key = sessionKey(session);
    this.#slack = SERVER_LAG + RANK_DELAY * Math.min(rank, LONGEST_RANK);
    const { clock, timing: { retryEvery } } = context;
    const throttle = new Throttle(clock, PUSHES);
    this.#unfollow = context.store.follow(this.#key, (push) => {
      // One that is not heeded is missed at most until the time of the session is up.
      if (push.kind !== "seen" || !throttle.allows(retryEvery)) return;
      this.#post({ on: "push", keyState: push.keyState });
    });
    const { state, effects } = startBurial();
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  /** `null` while it is not known. A session whose time is up is not known to live. */
  get isDead(): boolean | null {
    const { at } = this.#state;
    if (at === "dead") return true;
    return at === "alive" && this.#context.clock.now() < this.#state.due ? false : null;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
    this.#unfollow();
  }

  #post(event: BurialEvent): void {
    if (this.#stopped) return;
    const { clock, timing: { ttl } } = this.#context;
    const { state, effects } = burialStep(this.#state, event, clock.now(), { ttl, slack: this.#slack });
    if (state === this.#state && effects.length === 0) return;
    this.#state = state;
    this.#cancel();
    if (state.at === "alive") {
      this.#cancel = clock.after(Math.max(0, state.due - clock.now()), () => this.#post({ on: "due" }));
    }
    for (const effect of effects) this.#perform(effect);
    const { isDead } = this;
    if (isDead !== null) this.#tell(isDead);
  }

  #tell(known: boolean | NatslockError): void {
    for (const listener of [...this.listeners]) listener(known);
  }

  #perform(effect: BurialEffect): void {
    const { store, clock, random, timing: { requestTimeout: timeout, retryEvery } } = this.#context;
    switch (effect.act) {
      case "read":
        readOf(store, this.#key, { timeout, aged: true }).then((outcome) => {
          if (outcome.kind === "seen") return this.#post({ on: "seen", keyState: outcome.keyState, age: outcome.age });
          this.#post({ on: "failed", error: outcome.error });
          if (!outcome.error.transient) this.#tell(outcome.error);
        });
        return;
      case "bury": {
        const bury = () => store.remove(this.#key, { expected: 0, markerTtl: BURIAL_TTL, timeout });
        outcomeOf(bury, this.#key).then(({ kind: on, ...outcome }) => this.#post({ on, ...outcome } as BurialEvent));
        return;
      }
      case "pause": {
        const growing = SHORTEST_PAUSE * 2 ** (effect.refusals - 1);
        const most = effect.error === null ? LONGEST_PAUSE : retryEvery;
        const length = (effect.error === null ? Math.min(growing, most) : most) * (0.7 + 0.3 * random.next());
        this.#cancel = clock.after(length, () => this.#post({ on: "due" }));
      }
    }
  }
}

/** All other sessions that are watched, or are known to be dead. */
export class SessionMonitors {
  readonly #context: LocksContext;
  readonly #monitors = new Map<string, SessionMonitor>();
  readonly #dead = new Set<string>();

  constructor(context: LocksContext) {
    this.#context = context;
  }

  /**
   * Reports whether a session is known to be dead. It stays dead then. One that was proven dead long ago may be forgotten:
   * a ticket of it that still stands leads to another burial.
   */
  isDead(session: string): boolean {
    return this.#dead.has(session);
  }

  /**
   * Watches a session until the returned function is called. `listener` is called when something about it is known, and
   * with each error that waiting cannot cure.
   * `rank`: how many other sessions may bury it before this one.
   */
  watch(session: string, rank: number, listener: SessionListener): () => void {
    const monitor = this.#monitors.get(session) ?? new SessionMonitor(this.#context, session, rank);
    this.#monitors.set(session, monitor);
    const told: SessionListener = (known) => {
      if (known === true) this.#remember(session);
      listener(known);
    };
    monitor.listeners.add(told);
    return () => {
      if (!monitor.listeners.delete(told) || monitor.listeners.size > 0) return;
      monitor.stop();
      this.#monitors.delete(session);
    };
  }

  /**
   * Finds out whether a session is dead; buries it if its time is up. Waits at most one lease length, then it counts as
   * alive. `onOver` gets a function that ends the wait.
   * @throws {ConnectionError} if it cannot be found out, and waiting cannot help
   */
  async ask(session: string, onOver: (cancel: () => void) => void): Promise<boolean> {
    if (this.isDead(session)) return true;
    const known = this.#monitors.get(session)?.isDead ?? null;
    if (known !== null) return known;
    const { clock, timing: { ttl } } = this.#context;
    const answer = await wait<boolean | NatslockError>(undefined, (done) => {
      const stop = this.watch(session, 0, done);
      const cancel = clock.after(ttl, () => done(false));
      onOver(() => done(false));
      return () => {
        stop();
        cancel();
      };
    });
    if (answer instanceof NatslockError) throw answer;
    return answer;
  }

  /** A fleet whose processes die for months must not fill the memory of one that lives. */
  #remember(session: string): void {
    this.#dead.add(session);
    const [oldest] = this.#dead;
    if (oldest !== undefined && this.#dead.size > MOST_DEAD) this.#dead.delete(oldest);
  }

  /** Ends all watches. */
  stop(): void {
    for (const monitor of this.#monitors.values()) monitor.stop();
    this.#monitors.clear();
  }
}
