/**
 * Node: one candidate, that is a process on a machine, its connection to the bucket, and the shipped Locker.
 *
 * @module
 */

import { Locker } from "../../mod.ts";
import { SystemClock } from "../../src/base/clock.ts";
import type { Transition } from "../../src/lease/model.ts";
import { Chance } from "./chance.ts";
import { Link } from "./link.ts";
import type { Hold } from "./ledger.ts";
import type { Belief } from "./belief.ts";
import type { Oracle } from "./oracle.ts";
import { Pace } from "./pace.ts";
import type { Runtime } from "./runtime.ts";
import { machine } from "./machine.ts";
import { KEY, type Place, type Server, TTL } from "./server.ts";

/** Ground: the environment of a node. */
export interface Ground extends Place {
  readonly server: Server;
  readonly oracle: Oracle;
  /** Adds a line to the trace. `text` is called only if the run is traced. */
  note(who: string, text: () => string): void;
  /** Called for each step of a machine. */
  stepped(step: LoggedStep): void;
}

/** One candidate. */
export class Node {
  readonly name: string;
  readonly id: string;
  readonly runtime: Runtime;
  readonly clock: SystemClock;
  readonly link: Link;
  readonly random: Chance;
  /** Lease length in ms. */
  readonly ttl: number;
  readonly beliefs = new Set<Belief>();
  /** The latest hold that its machine was granted. */
  hold: Hold | null = null;
  /** The stream that the machine considers that hold part of. */
  epoch = "";
  /** Token of the hold whose start was reported to its user, but not its end. */
  told: number | null = null;
  /** True if its user makes two calls at the same time on one Locker. */
  mixed = false;
  /** When its machine last had a reason to check that the stream is the same, in true time. */
  suspectAt = -Infinity;
  /** True while its user waits for the lock. */
  waiting = false;
  /** Number of requests of its machine. Reads for observers do not count. */
  requests = 0;
  /** Nonces of the grants that are requested or held, and those of which nothing may be stored any more. */
  readonly attempts = new Set<string>();
  readonly settled = new Set<string>();
  /** Since when it removes its record, in true time. */
  leavingSince = Infinity;
  /** When something last kept its code from running in time. */
  hampered = -Infinity;
  /** Limits the machine's requests within one pause after a transient error (`retryEvery`), over all calls. */
  readonly pace: Pace;
  locker: Locker;
  readonly #ground: Ground;
  #byCalls: Belief | null = null;

  /** `former`: the process whose ID it takes over. */
  constructor(ground: Ground, name: string, former?: Node) {
    const { chance, server } = ground;
    this.#ground = ground;
    this.name = name;
    const seed = chance.between(0, 2 ** 31);
    this.random = new Chance(seed);
    this.id = former?.id ?? this.random.uuid();
    this.runtime = machine(ground, seed);
    this.clock = new SystemClock(this.runtime);
    this.ttl = chance.happens(0.3) ? 1000 : TTL;
    this.pace = new Pace(this.ttl / 15);
    this.link = new Link(ground, server, {
      runtime: this.runtime,
      clock: this.clock,
      listener: {
        carriedOut: (request, change) => {
          ground.note(
            name,
            () =>
              `server: ${request.kind} ${
                change.applied ? "applied" : "done"
              }, ${change.after.kind}@${change.after.revision}`,
          );
          ground.oracle.carriedOut(this, request, change);
        },
        note: (text) => ground.note(name, () => text),
      },
    });
    this.locker = this.open();
  }

  /** Opens a new Locker with the same ID. */
  open(): Locker {
    const { oracle } = this.#ground;
    this.epoch = "";
    this.suspectAt = -Infinity;
    this.attempts.clear();
    return this.locker = new Locker({
      store: this.link.access.store,
      clock: this.clock,
      random: this.random,
      id: this.id,
      key: KEY,
      name: this.name,
      ...(this.ttl === TTL ? {} : { ttl: this.ttl }),
      trace: (_, step) => this.#stepped(step as LoggedStep),
      onEvent: (event) => {
        this.#ground.note(this.name, () => `told: ${event.type}`);
        oracle.told(this, event);
      },
    });
  }

  /** Resolves when a timer of this node fires. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.runtime.later(ms, resolve));
  }

  /** Sets the belief that comes from calls of `acquireLead()`. */
  believe(belief: Belief | null): void {
    if (this.#byCalls) this.beliefs.delete(this.#byCalls);
    if (belief) this.beliefs.add(belief);
    this.#byCalls = belief;
  }

  /** Records that something keeps its code from running in time. */
  hamper(): void {
    this.hampered = this.#ground.timeline.now;
  }

  #stepped({ before, event, after, effects }: LoggedStep): void {
    const ground = this.#ground;
    const requests = effects.filter(({ act }) => act !== "pause").length;
    this.requests += requests;
    if (!this.pace.keeps(requests, ground.timeline.now, this.mixed ? 2 : 1)) {
      ground.oracle.blame(`V5: ${this.name} sends without a pause`);
    }
    ground.note(
      this.name,
      () => `${before.at} -- ${event.on} --> ${after.at}${effects.map((effect) => `, ${effect.act}`).join("")}`,
    );
    ground.stepped({ before, event, after, effects });
    ground.oracle.stepped(this, { before, event, after, effects });
  }
}

/** One step of the machine in the trace. */
export interface LoggedStep {
  readonly before: Transition["before"]["phase"];
  readonly event: Transition["event"];
  readonly after: Transition["after"]["phase"];
  readonly effects: Transition["effects"];
}
