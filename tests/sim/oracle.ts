/**
 * Oracle: checks the invariants after each event. It sees true time and both ends of the network.
 *
 * docs/adr/003-proof-by-simulation.md defines the invariants: S1 to S7 and S10 for safety, V1 to V6 for liveness.
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
import { type CarriedOut, KEY, type Place, type Server, TTL } from "./server.ts";
import type { Timeline } from "./timeline.ts";

/** Time in ms until a waiting candidate must be granted after a release without faults (V1). */
const WAKING = 400;

/** Longest time in ms that a removal continues after the lease: a request and a pause; and to read the settings. */
const LEAVING = 1200;
const ASKING = 2200;

/** Checks one run. */
export class Oracle {
  readonly history = new History();
  /** The first violation, with its time; `null` if there was none. */
  broken: string | null = null;
  readonly ledger = new Ledger();
  readonly #timeline: Timeline;
  readonly #weather: Weather;
  readonly #server: Server;
  readonly #nodes: readonly Node[];
  readonly #putOnZero = new Set<string>();
  /** Time by which a candidate must have been granted (V1, V2). */
  #grantDue = Infinity;

  constructor(place: Place, server: Server, nodes: readonly Node[]) {
    this.#timeline = place.timeline;
    this.#weather = place.weather;
    this.#server = server;
    this.#nodes = nodes;
  }

  /** True if no disaster happened. */
  get isWhole(): boolean {
    return DISASTERS.every((fault) => !this.#weather.hits.has(fault));
  }

  /** True if a candidate was shown something that was not stored. */
  get isMisled(): boolean {
    const isFault = this.#weather.hits.has("stale read") || this.#weather.hits.has("push forged");
    return isFault || this.#server.store.misled;
  }

  blame(rule: string): void {
    this.broken ??= `${rule} (at ${Math.round(this.#timeline.now)} ms)`;
  }

  /** A client with the permission to do so destroys the current record. */
  void(): void {
    const standing = this.#server.store.look(KEY);
    if (standing.kind === "held" && standing.record.attempt !== null) this.ledger.void(standing.record.attempt);
  }

  /** Revisions start again. */
  newEra(): void {
    this.ledger.newEra(this.#timeline.now);
  }

  /** From now on, a candidate must be granted within this time. */
  expectGrant(within: number): void {
    this.#grantDue = Math.min(this.#grantDue, this.#timeline.now + within);
  }

  /** The server performed a request. */
  carriedOut(node: Node, request: StoreRequest<unknown>, { before, after, applied, copy, sentAt }: CarriedOut): void {
    if (request.kind === "read" || request.kind === "settings" || !applied) return;
    const mixed = this.#isMixedAt(sentAt);
    const own = before.kind === "vacant" || (before.kind === "held" && before.record.holder === node.id);
    if (!own && mixed && before.kind === "held") this.ledger.void(before.record.attempt ?? "");
    if (!own && !mixed) {
      this.blame(
        `${request.kind === "write" ? "S4" : "S5"}: a ${request.kind} of ${node.name} changed another's record`,
      );
    }
    const isAwaited = this.#nodes.some(({ waiting, link }) => waiting && !link.isAsking);
    if (after.kind === "vacant" && this.#weather.isCalm && isAwaited) {
      // An answer that was lost before the faults ended is still waited for.
      const deaf = Math.max(0, this.#weather.calmAt + TTL / 4 - this.#timeline.now);
      this.expectGrant(this.#server.wakesByPush ? deaf + WAKING : 1.5 * TTL);
    }
    if (after.kind !== "held") return;
    // Also a renewal: after a roll-back it can land on another's marker, and its holder goes on.
    this.#grantDue = Infinity;
    const { attempt, token } = after.record;
    if (attempt === null) return;
    if (copy) this.ledger.copied(attempt);
    if (token !== null) {
      if (mixed) return;
      if (token !== this.ledger.tokenOf(attempt)) this.blame(`S3: ${node.name} renews with token ${token}`);
      if (before.kind === "vacant") this.blame(`S4: ${node.name} renews token ${token}, whose record was gone`);
      return;
    }
    if (this.ledger.tokenOf(attempt) !== undefined && !copy && !mixed) {
      this.blame(`S3: ${node.name} renews without its token`);
    }
    if (node.settled.has(attempt) && before.revision > 0 && !copy && !mixed) {
      this.blame(`S6: ${node.name}'s ${attempt} was stored after its attempt had ended`);
    }
    this.ledger.stood(attempt, after.revision);
    if (before.revision === 0) this.#putOnZero.add(attempt);
    this.history.stood(attempt, after.revision);
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

  /** A hold that is lost as superseded or removed has no record (S7). */
  #lost(node: Node, attempt: string, end: Ending | null): void {
    if (end?.kind !== "lost" || (end.why !== "superseded" && end.why !== "removed")) return;
    // In a stream that is newer than the hold's stream, a write may have matched by coincidence of revisions.
    if (node.epoch !== this.#server.epoch) return;
    const standing = this.#server.store.look(KEY);
    if (standing.kind !== "held" || standing.record.attempt !== attempt || this.ledger.isCopied(attempt)) return;
    if (!this.#isMixed) this.blame(`S7: ${node.name} loses its hold as "${end.why}", but its record still exists`);
  }

  /** When a removal is reported as done, the record is gone. It ends not long after the lease would have (S6, V6). */
  #left(node: Node, { before: was, event, after: is }: LoggedStep): void {
    const { now } = this.#timeline;
    const endedAt = Math.min(node.leavingSince, now);
    if (is.at !== "leaving") node.leavingSince = Infinity;
    else node.leavingSince = Math.min(node.leavingSince, now);
    const slow = this.#weather.hits.has("bucket deleted") ? ASKING : 0;
    // Only an answer of its own stream lets a client give up. A machine that only calls drive rests between calls.
    const answered = (event.on === "unknown" || event.on === "failed") && is.busy === null;
    if (answered && now - node.leavingSince > 1.05 * node.ttl + LEAVING + slow && node.hampered < node.leavingSince) {
      this.blame(`V6: ${node.name} is leaving for ${now - node.leavingSince} ms`);
    }
    if (is.at !== "idle" || was.at === "idle") return;
    // The reason to check the stream is as old as the end of the hold: a check during the removal counts.
    if (is.end?.kind === "withdrawn" || (is.end?.kind === "lost" && is.end.why === "removed")) node.suspectAt = endedAt;
    const attempts = new Set(node.attempts);
    node.attempts.clear();
    const kind = is.end?.kind ?? "lost";
    if (!["released", "withdrawn", "refused", "failed"].includes(kind)) return;
    for (const attempt of attempts) node.settled.add(attempt);
    const standing = this.#server.store.look(KEY);
    const attempt = standing.kind === "held" ? standing.record.attempt : null;
    if (attempt === null || !attempts.has(attempt) || this.#isMixed) return;
    // A write that expects 0 and could not be fenced off may be stored when the key is at 0 again (docs/adr/003).
    const isPassed = attempt !== [...attempts].at(-1) || (event.on === "seen" && event.keyState.revision > 0);
    if (this.#putOnZero.has(attempt) && (kind === "refused" || isPassed)) return;
    if (!this.ledger.isCopied(attempt)) this.blame(`S6: ${node.name} has ended, but its ${attempt} is still stored`);
  }

  #hold(node: Node, { token, attempt }: Extract<LoggedStep["after"], { at: "held" }>, epoch: string): void {
    const { ledger } = this;
    const hold: Hold = { node, token, attempt, era: ledger.era, epoch, since: this.#timeline.now };
    if (node.hold !== null && node.epoch === epoch && token <= node.hold.token) {
      this.blame(`S2: ${node.name} is granted ${token} after its own ${node.hold.token}`);
    }
    node.hold = hold;
    node.epoch = epoch;
    // The acknowledgement does not name the stream. The bucket may be re-created while the Locker is idle.
    const foreign = epoch !== this.#server.epoch;
    if (foreign && node.suspectAt > this.#server.madeAt) {
      this.blame(`S3: ${node.name} accepts ${token} as a token of ${epoch} without checking the stream`);
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

  /** Each grant has exactly one end (S7). */
  told(node: Node, event: LockEvent): void {
    if (event.type === "acquired") {
      if (node.told !== null) this.blame(`S7: ${node.name} reports the grant ${event.token} during ${node.told}`);
      node.told = event.token;
    }
    if (event.type !== "released" && event.type !== "lost") return;
    if (node.told !== event.token) this.blame(`S7: ${node.name} ends ${event.token} instead of ${node.told}`);
    node.told = null;
    if (node.hold !== null) this.history.ended(node.hold.attempt, node.hold.token, this.#timeline.now);
  }

  /** Checks all invariants. Called after each event, when everything that could run has run. */
  check(): void {
    if (this.#server.store.problem !== null) this.blame(this.#server.store.problem);
    if (this.#timeline.now > this.#grantDue) this.blame("V1/V2: no grant in time although a candidate waits");
    const wrong = wrongBelief({ nodes: this.#nodes, ledger: this.ledger, server: this.#server }, this.#timeline.now);
    if (wrong !== null) this.blame(wrong);
  }
}
