/** Performs what the lease's state machine decides. */

import { ConnectionError, type NatslockError } from "../base/errors.ts";
import type { KeyContext } from "./key_context.ts";
import type { Effect, LeaseEvent, LeaseState, Transition } from "./model.ts";
import { initialState, isHeld, isSettled, step } from "./state.ts";

type Trouble = NatslockError | null;

type Driver = "time" | "expiry" | "nobody";

/** First pause after contention, in ms: at least this, at most four times this. Each next one is four times longer. */
const CONTENTION_PAUSE = 5;

/**
 * Runs the machine of one candidate: one request in flight, one timer. Driven by calls it rests at the first trouble;
 * driven by time it goes on by itself: renews, stands down, takes back what it wrote.
 */
export class Keeper {
  readonly #context: KeyContext;
  readonly #tell: (stepped: Transition) => void;
  #state: LeaseState = initialState("");
  #driver: "calls" | Driver = "calls";
  #until = Infinity;
  /** When the pause that the machine asked for is over; `null` if it is not pausing. */
  #retryAt: number | null = null;
  /** Pauses for contention since the last call or success: each is longer than the one before. */
  #contentions = 0;
  #cancelTimer = () => {};
  #resting: ((trouble: Trouble) => void)[] = [];

  /** `tell` is told of each step, once its effects have begun. */
  constructor(context: KeyContext, tell: (stepped: Transition) => void) {
    this.#context = context;
    this.#tell = tell;
  }

  /** Where the machine stands; looking ends a lease that is over (L5). */
  get state(): LeaseState {
    if (this.#state.phase.at === "held" && !isHeld(this.#state, this.#context.clock.now())) this.post({ on: "tick" });
    return this.#state;
  }

  /** Milliseconds until what is held is over; 0 if nothing is. */
  get remaining(): number {
    const { phase } = this.state;
    return phase.at === "held" ? Math.max(0, phase.validUntil - this.#context.clock.now()) : 0;
  }

  /**
   * Time drives the machine until it is idle, then calls do again; `expiry` lets the lease end without another renewal;
   * what nobody drives has stopped.
   */
  drive(driver: Driver): void {
    this.#driver = driver;
    this.#arm();
    if (driver === "nobody") this.#rested(null);
  }

  /**
   * Goes for the lease, or renews it, until that is settled: held by a write that left after this call, or not to be
   * had. Rejects at the first trouble; what was written then stays in doubt and the next try settles it. An aborted
   * signal lets no further try begin.
   */
  async settle(signal: AbortSignal): Promise<void> {
    const { ttl } = await this.#context.load();
    const { clock } = this.#context;
    const called = clock.now();
    this.#until = called + ttl;
    this.#contentions = 0;
    for (let round = 0;;) {
      signal.throwIfAborted();
      if (round > 0) await this.#breathe(round === 1 ? "contention" : "burst");
      const { at } = this.state.phase;
      if (at !== "leaving") round++;
      if (at === "idle") this.#start();
      else this.post({ on: at === "held" ? "renew" : "retry" });
      await this.#rest();
      const { phase } = this.#state;
      // What an earlier call wrote and a look found is held, but not for as long as this call promises.
      const old = phase.at === "held" && phase.sentAt < called;
      if (isSettled(this.#state) && !old) return;
      if (clock.now() >= this.#until) throw this.#contended();
    }
  }

  #start(): void {
    const { clock, checkedAt, settings: { epoch } } = this.#context;
    this.post({ on: "start", since: clock.wall(), epoch, checkedAt });
  }

  /** Looks whether the record of what is held stands. */
  async check(): Promise<void> {
    this.post({ on: "check" });
    await this.#rest();
  }

  /** Gives up what is sought; what may have been written is taken back, driven by time. What is held stays. */
  withdraw(): void {
    const { at } = this.state.phase;
    if (at !== "seeking" && at !== "leaving") return;
    this.drive("time");
    this.undo().catch(() => {});
  }

  /** Takes back what stands or may stand, and waits until that is done. Rejects at the first trouble. */
  async undo(): Promise<void> {
    if (!this.#context.isLoaded) await this.#context.load();
    this.#until = Infinity;
    this.#contentions = 0;
    this.post({ on: this.state.phase.at === "leaving" ? "retry" : "leave" });
    await this.#rest();
    const { phase } = this.#state;
    if (phase.at === "idle" && phase.end?.kind === "abandoned") throw phase.end.error;
  }

  /** One step of the machine, and what it wants done. */
  post(event: LeaseEvent): void {
    if (this.#driver === "nobody") return;
    const before = this.#state;
    if (event.on === "retry") this.#retryAt = null;
    const { state: after, effects } = step(before, event, this.#context.clock.now(), this.#context.settings);
    this.#state = after;
    if (after.phase.at === "idle") this.#driver = "calls";
    if (event.on === "applied" && after.phase.at === "held") this.#contentions = 0;
    if (after.phase.busy !== null || after.phase.at !== before.phase.at) this.#retryAt = null;
    for (const effect of effects) {
      if (effect.act === "pause") this.#pause(effect);
      else this.#context.perform(effect, after.memory.epoch).then((answer) => this.post(answer));
    }
    this.#tell({ before, event, after, effects });
    this.#arm();
    if (this.#atRest) this.#rested(null);
  }

  #pause(pause: Extract<Effect, { act: "pause" }>): void {
    const { clock, random, settings } = this.#context;
    if (pause.why === "trouble") {
      this.#rested(pause.error);
      if (this.#driver === "calls") return;
    }
    if (this.#driver === "calls" && clock.now() >= this.#until) return this.#rested(this.#contended());
    const jittered = settings.retryEvery * (0.7 + 0.3 * random.next());
    const growing = CONTENTION_PAUSE * 4 ** this.#contentions * (1 + 3 * random.next());
    if (pause.why === "contention") this.#contentions++;
    const length =
      { trouble: settings.retryEvery, burst: jittered, contention: Math.min(growing, jittered) }[pause.why];
    this.#retryAt = clock.now() + length;
  }

  /** A pause between tries that ended without an answer for the one who asked. */
  async #breathe(why: "contention" | "burst"): Promise<void> {
    this.#pause({ act: "pause", why });
    this.#arm();
    await this.#rest();
  }

  /** Nothing is in flight and nothing paused. */
  get #atRest(): boolean {
    return this.#state.phase.busy === null && this.#retryAt === null;
  }

  /** Waits for that; rejects at the first trouble. */
  async #rest(): Promise<void> {
    const trouble = this.#atRest || this.#driver === "nobody"
      ? null
      : await new Promise<Trouble>((resolve) => this.#resting.push(resolve));
    if (trouble !== null) throw trouble;
  }

  #rested(trouble: Trouble): void {
    for (const resolve of this.#resting.splice(0)) resolve(trouble);
  }

  /** One timer for what comes next: the end of a pause, or of the lease, which no request can delay, or a renewal. */
  #arm(): void {
    this.#cancelTimer();
    if (this.#driver === "nobody") return;
    const { clock } = this.#context;
    const due: [at: number, event: LeaseEvent][] = [];
    const { phase } = this.#state;
    if (this.#retryAt !== null) due.push([this.#retryAt, { on: "retry" }]);
    if (this.#driver !== "calls" && phase.at === "held") {
      due.push([phase.validUntil, { on: "tick" }]);
      if (this.#driver === "time" && this.#atRest) {
        due.push([phase.sentAt + this.#context.settings.renewEvery, { on: "renew" }]);
      }
    }
    const [next] = due.sort(([a], [b]) => a - b);
    if (next) this.#cancelTimer = clock.after(Math.max(0, next[0] - clock.now()), () => this.post(next[1]));
  }

  #contended(): ConnectionError {
    const { memory: { high }, phase } = this.#state;
    const isBehind = phase.at === "idle" && phase.end?.kind === "withdrawn";
    const why = isBehind
      ? `its grants are not above revision ${high}, which was seen before`
      : "others kept writing to it";
    return new ConnectionError("contended", `Cannot take key "${this.#context.key}": ${why}`);
  }
}
