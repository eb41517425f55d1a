/**
 * Sees true time and both sides of the network, and knows what may never be.
 *
 * Invariants are numbered as in the design notes: S1-S7 safety, S10 observers, V1-V6 liveness.
 *
 * @module
 */

import type { Ending } from "../../src/lease/model.ts";
import type { LockEvent } from "../../src/lease/events.ts";
import type { StoreRequest } from "../../src/memory/memory_link.ts";
import { wrongBelief } from "./belief.ts";
import { DISASTERS, type Weather } from "./faults.ts";
import { History } from "./history.ts";
import { type Hold, Ledger } from "./ledger.ts";
import type { LoggedStep, Node } from "./node.ts";
import { type CarriedOut, KEY, type Place, type Server } from "./server.ts";
import type { Timeline } from "./timeline.ts";

/** By when somebody is granted after a release, where somebody waits and all is well (V1): push, try, some luck. */
const WAKING = 400;

/** The longest that a taking back goes on after the lease, in ms: a request, a pause; and the settings of a bucket lost. */
const LEAVING = 1200;
const ASKING = 2200;

/** The judge of one run. */
export class Oracle {
  readonly history = new History();
  /** What was violated first, and when; `null` if nothing was. */
  broken: string | null = null;
  readonly ledger = new Ledger();
  readonly #timeline: Timeline;
  readonly #weather: Weather;
  readonly #server: Server;
  readonly #nodes: readonly Node[];
  readonly #putOnZero = new Set<string>();
  /** By when somebody must have been granted (V1, V2). */
  #grantDue = Infinity;

  constructor(place: Place, server: Server, nodes: readonly Node[]) {
    this.#timeline = place.timeline;
    this.#weather = place.weather;
    this.#server = server;
    this.#nodes = nodes;
  }

  /** True if no disaster took place. */
  get isWhole(): boolean {
    return DISASTERS.every((fault) => !this.#weather.hits.has(fault));
  }

  /** True if somebody was shown what did not stand. */
  get isMisled(): boolean {
    return this.#weather.hits.has("stale read") || this.#weather.hits.has("push forged");
  }

  blame(rule: string): void {
    this.broken ??= `${rule} (at ${Math.round(this.#timeline.now)} ms)`;
  }

  /** What stands is destroyed by somebody who may. */
  void(): void {
    const standing = this.#server.store.look(KEY);
    if (standing.kind === "held" && standing.record.attempt !== null) this.ledger.void(standing.record.attempt);
  }

  /** Revisions begin anew. */
  newEra(): void {
    this.ledger.newEra(this.#timeline.now);
  }

  /** Somebody has to be granted by then. */
  expectGrant(within: number): void {
    this.#grantDue = Math.min(this.#grantDue, this.#timeline.now + within);
  }

  /** The server did what was asked. */
  carriedOut(node: Node, request: StoreRequest<unknown>, { before, after, applied, copy, sentAt }: CarriedOut): void {
    if (request.kind === "read" || request.kind === "settings" || !applied) return;
    const mixed = this.#isMixedAt(sentAt);
    const own = before.kind === "vacant" || (before.kind === "held" && before.record.holder === node.id);
    if (!own && mixed && before.kind === "held") this.ledger.void(before.record.attempt ?? "");
    if (!own && !mixed) {
      this.blame(`${request.kind === "write" ? "S4" : "S5"}: ${node.name} ${request.kind}s over what another holds`);
    }
    const isAwaited = this.#nodes.some(({ waiting, link }) => waiting && !link.isAsking);
    if (after.kind === "vacant" && this.#weather.isCalm && isAwaited) this.expectGrant(WAKING);
    if (after.kind !== "held") return;
    const { attempt, token } = after.record;
    if (attempt === null) return;
    if (copy) this.ledger.copied(attempt);
    if (token !== null) {
      if (mixed) return;
      if (token !== this.ledger.tokenOf(attempt)) this.blame(`S3: ${node.name} renews as ${token}`);
      if (before.kind === "vacant") this.blame(`S4: ${node.name} renews ${token}, which was gone`);
      return;
    }
    if (node.settled.has(attempt) && before.revision > 0 && !copy && !mixed) {
      this.blame(`S6: ${node.name}'s ${attempt} lands after it was done with`);
    }
    this.ledger.stood(attempt, after.revision);
    if (before.revision === 0) this.#putOnZero.add(attempt);
    this.history.stood(attempt, after.revision);
    this.#grantDue = Infinity;
  }

  /** A machine took a step. */
  stepped(node: Node, step: LoggedStep): void {
    const { before: was, event, after: is, effects } = step;
    for (const effect of effects) {
      if (effect.act !== "write" || effect.token !== null) continue;
      node.attempts.add(effect.attempt);
      this.history.asked(effect.attempt, this.#timeline.now);
    }
    if (was.at === "held" && is.at === "held" && was.token !== is.token) this.blame(`S3: ${node.name}'s token changed`);
    if (was.at === "held" && is.at === "idle") this.#lost(node, was.attempt, is.end);
    if (was.at !== "held" && is.at === "held") this.#hold(node, is, "epoch" in event ? event.epoch : "");
    this.#left(node, step);
  }

  /** What is said to be superseded or removed is no longer there (S7). */
  #lost(node: Node, attempt: string, end: Ending | null): void {
    if (end?.kind !== "lost" || (end.why !== "superseded" && end.why !== "removed")) return;
    // In a stream made after its own it may have landed by the same numbers.
    if (node.epoch !== this.#server.epoch) return;
    const standing = this.#server.store.look(KEY);
    if (standing.kind !== "held" || standing.record.attempt !== attempt || this.ledger.isCopied(attempt)) return;
    if (!this.#isMixed) this.blame(`S7: ${node.name} is told "${end.why}", but its record stands`);
  }

  /** What is taken back is gone when that is said, and not for longer than it would have stood (S6, V6). */
  #left(node: Node, { before: was, event, after: is }: LoggedStep): void {
    const { now } = this.#timeline;
    if (is.at !== "leaving") node.leavingSince = Infinity;
    else node.leavingSince = Math.min(node.leavingSince, now);
    const slow = this.#weather.hits.has("bucket deleted") ? ASKING : 0;
    // Only who is answered, and not by another stream, can give up: where calls drive the machine, it rests until the next one.
    const answered = (event.on === "unknown" || event.on === "failed") && is.busy === null;
    if (answered && now - node.leavingSince > 1.05 * node.ttl + LEAVING + slow && node.hampered < node.leavingSince) {
      this.blame(`V6: ${node.name} takes back for ${now - node.leavingSince} ms`);
    }
    if (is.at !== "idle" || was.at === "idle") return;
    if (is.end?.kind === "withdrawn" || (is.end?.kind === "lost" && is.end.why === "removed")) node.suspectAt = now;
    const attempts = new Set(node.attempts);
    node.attempts.clear();
    const kind = is.end?.kind ?? "lost";
    if (!["released", "withdrawn", "refused", "failed"].includes(kind)) return;
    for (const attempt of attempts) node.settled.add(attempt);
    const standing = this.#server.store.look(KEY);
    const attempt = standing.kind === "held" ? standing.record.attempt : null;
    if (attempt === null || !attempts.has(attempt) || this.#isMixed) return;
    // A write put on 0 that no removal could fence off may land when the key comes back there (ADR 3).
    const isPassed = attempt !== [...attempts].at(-1) || (event.on === "seen" && event.keyState.revision > 0);
    if (this.#putOnZero.has(attempt) && (kind === "refused" || isPassed)) return;
    if (!this.ledger.isCopied(attempt)) this.blame(`S6: ${node.name} is done, but its ${attempt} stands`);
  }

  #hold(node: Node, { token, attempt }: Extract<LoggedStep["after"], { at: "held" }>, epoch: string): void {
    const { ledger } = this;
    const hold: Hold = { node, token, attempt, era: ledger.era, epoch, since: this.#timeline.now };
    if (node.hold !== null && node.epoch === epoch && token <= node.hold.token) {
      this.blame(`S2: ${node.name} is granted ${token} after its own ${node.hold.token}`);
    }
    node.hold = hold;
    node.epoch = epoch;
    // The acknowledgement of a write does not name the stream: a bucket made anew behind an idle Locker (README).
    const foreign = epoch !== this.#server.epoch;
    if (foreign && node.suspectAt > this.#server.madeAt) {
      this.blame(`S3: ${node.name} takes ${token} for one of ${epoch}, though it had reason to ask`);
    }
    if (foreign || this.#isMixed) ledger.void(attempt);
    if (ledger.isVoid(hold)) return;
    const wrong = ledger.grant(hold);
    if (wrong !== null) this.blame(wrong);
    this.history.granted(attempt, token, this.#timeline.now);
  }

  get #isMixed(): boolean {
    return this.#isMixedAt(this.#timeline.now);
  }

  #isMixedAt(time: number): boolean {
    if (this.#server.madeAt > 0) this.ledger.begin(this.#server.madeAt);
    return this.ledger.isMixed(time);
  }

  /** Each win has one end (S7). */
  told(node: Node, event: LockEvent): void {
    if (event.type === "acquired") {
      if (node.told !== null) this.blame(`S7: ${node.name} is told of ${event.token} during ${node.told}`);
      node.told = event.token;
    }
    if (event.type !== "released" && event.type !== "lost") return;
    if (node.told !== event.token) this.blame(`S7: ${node.name} is told the end of ${event.token}, not ${node.told}`);
    node.told = null;
    if (node.hold !== null) this.history.ended(node.hold.attempt, node.hold.token, this.#timeline.now);
  }

  /** Holds all of it against the rules; called when everything that could run has run. */
  check(): void {
    if (this.#timeline.now > this.#grantDue) this.blame("V1/V2: nobody is granted in time though somebody waits");
    const wrong = wrongBelief({ nodes: this.#nodes, ledger: this.ledger, server: this.#server }, this.#timeline.now);
    if (wrong !== null) this.blame(wrong);
  }
}
