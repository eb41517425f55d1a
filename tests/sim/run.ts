/**
 * One run of the simulator, determined by its seed: the shipped Lockers on a memory bucket, faults, and an oracle that
 * checks every event.
 *
 * @module
 */

import { drillReconnect, endFaults, expectConsumers } from "./calm.ts";
import { Chance } from "./chance.ts";
import { Edges } from "./edges.ts";
import { type Fault, type Mask, Weather } from "./faults.ts";
import { isLinearizable } from "./history.ts";
import { strike } from "./locker_storms.ts";
import { type LoggedStep, Node } from "./node.ts";
import { follow, type Follower } from "./observers.ts";
import { Oracle } from "./oracle.ts";
import { Resource } from "./resource.ts";
import { KEY, Server, TTL } from "./server.ts";
import { stepByStep } from "./settling.ts";
import { Timeline } from "./timeline.ts";
import { live, type Town } from "./users.ts";
import { virtualTimers } from "./virtual_timers.ts";

/** Lengths of the phases in ms: with faults, without faults, and at least for the last calls to end. */
const TROUBLED = 4 * TTL;
const SERENE = 1.5 * TTL;
const HOMEWARD = 3 * TTL;

/**
 * Longest turn of one user without faults, in ms. Users take turns in no order, so one may have to wait for all others.
 */
const TURN = TTL / 2;

/** A run has a few thousand events. More than this means that it does not end. */
const MOST_STEPS = 60_000;

/** Options of a run. */
export interface RunOptions extends Mask {
  /** If true, the bucket has expiry markers. A violation is then expected. */
  readonly markers?: boolean;
  /** If true, shipped lock managers run instead of Lockers: many locks on the memory store. */
  readonly locks?: boolean;
  /** With `locks`: few processes, users and names, and a short time with faults. */
  readonly small?: boolean;
  /** With `locks`: the servers lose acknowledged writes, too. Then two can hold one lock, and only waits are judged. */
  readonly lostWrites?: boolean;
  /** If true, the shipped NATS adapter runs on a simulated JetStream. Default: the memory store. */
  readonly wire?: boolean;
  /** Called with each event as text. */
  readonly trace?: (line: string) => void;
}

/** One seed in so many runs on the simulated JetStream: such a run takes six times as long as one in memory. */
const WIRE_SHARE = 8;

/** Decides the world of a seed, unless the options name it. */
export function withWorld(seed: number, options: RunOptions): RunOptions {
  return { wire: seed % WIRE_SHARE === 0, ...options };
}

/** Result of a run. */
export interface Outcome {
  readonly seed: number;
  /** The first violation, with its time; `null` if there was none. */
  readonly broken: string | null;
  readonly grants: number;
  /** Number of events. */
  readonly steps: number;
  /** Total number of faults, and the number by kind. */
  readonly total: number;
  readonly faults: ReadonlyMap<Fault, number>;
  /** How often the state machine took each of its edges. */
  readonly edges: ReadonlyMap<string, number>;
  /** Number of writes that the protected resource refused because of their token. */
  readonly refused: number;
}

/** One run. */
export class Run implements Town {
  readonly timeline = new Timeline();
  readonly chance: Chance;
  readonly weather: Weather;
  readonly server: Server;
  readonly oracle: Oracle;
  readonly resource = new Resource();
  readonly nodes: Node[] = [];
  troubled = true;
  over = false;
  readonly #seed: number;
  readonly #options: RunOptions;
  readonly #edges = new Edges();
  readonly #lives = new Map<Promise<void>, Node>();
  readonly #followers: Follower[] = [];
  #steps = 0;
  #made = 0;

  constructor(seed: number, options: RunOptions = {}) {
    this.#seed = seed;
    this.#options = options;
    this.chance = new Chance(seed);
    this.weather = new Weather(this.chance, options);
    // Drawn apart, so that a seed means the same in both worlds.
    const other = new Chance(~seed);
    const wire = options.wire ? { republishes: other.happens(0.7), rollups: other.happens(0.5), chance: other } : null;
    this.server = new Server(this, { markers: options.markers === true, wire });
    this.oracle = new Oracle(this, this.server, this.nodes);
  }

  note(who: string, text: () => string): void {
    this.#options.trace?.(`${this.timeline.now.toFixed(1).padStart(9)}  ${who.padEnd(6)} ${text()}`);
  }

  stepped(step: LoggedStep): void {
    this.#edges.count(step);
  }

  /** Starts a process, either an additional one or a replacement for `former`. */
  start(former?: Node, sameId = false): Node {
    const node = new Node(this, `n${++this.#made}`, sameId ? former : undefined);
    if (former) this.nodes.splice(this.nodes.indexOf(former), 1, node);
    else this.nodes.push(node);
    former?.runtime.kill();
    node.mixed = this.chance.happens(0.2);
    for (let left = node.mixed ? 2 : 1; left > 0; left--) {
      const life = live(node, this).finally(() => this.#lives.delete(life));
      this.#lives.set(life, node);
    }
    if (this.chance.happens(0.3)) this.#followers.push(follow(node, this));
    return node;
  }

  /** Runs to the end. */
  async outcome(): Promise<Outcome> {
    using _timers = this.#options.wire ? virtualTimers(this.timeline) : null;
    for (let left = this.chance.between(2, 8); left > 0; left--) this.start();
    this.#plan();
    await this.#until(TROUBLED);
    this.troubled = false;
    endFaults(this, this.#options.wire === true);
    await this.#until(TROUBLED + SERENE);
    const pass = (ms: number) => this.#until(this.timeline.now + ms);
    if (this.server.pushesByConsumer) await expectConsumers(this, pass);
    if (this.#options.wire) await drillReconnect(this, pass);
    this.over = true;
    await this.#until(this.timeline.now + Math.max(HOMEWARD, this.#lives.size * TURN));
    await this.#goHome();
    const { broken, ledger: { grants } } = this.oracle;
    const { total, hits: faults } = this.weather;
    const { counts: edges } = this.#edges;
    return {
      seed: this.#seed,
      broken,
      grants,
      steps: this.#steps,
      total,
      faults,
      edges,
      refused: this.resource.refused,
    };
  }

  /** Plans storms at random times. */
  #plan(): void {
    const next = () => {
      if (!this.troubled) return;
      const storm = this.weather.storm();
      if (storm !== null) {
        this.note("world", () => storm);
        strike(this, storm, TROUBLED - this.timeline.now);
      }
      this.timeline.after(this.chance.between(TTL / 20, TTL), next);
    };
    this.timeline.after(this.chance.between(0, TTL), next);
  }

  /** Checks that, after all users stopped, nothing is left behind and the lock is vacant. */
  async #goHome(): Promise<void> {
    const { oracle, timeline } = this;
    if (oracle.broken !== null) return;
    const stuck = [...this.#lives.values()].filter((node) => this.nodes.includes(node));
    if (stuck.length > 0) oracle.blame(`V2/S6: calls of ${stuck.map(({ name }) => name)} do not end`);
    for (const { node, following, last } of this.#followers) {
      if (following && this.nodes.includes(node) && last !== null) {
        oracle.blame(`S10: ${node.name} still sees token ${last} in the end`);
      }
    }
    const closings = this.nodes.map((node) => node.locker.close());
    const closed = Promise.all(closings).then(() => true);
    await this.#until(timeline.now + TTL / 2);
    if (!await Promise.race([closed, false])) oracle.blame("V6: a Locker does not close");
    for (const { name, runtime, link } of this.nodes) {
      if (runtime.pending > 0) oracle.blame(`V4: ${name} leaves ${runtime.pending} timers behind`);
      if (link.access.watches > 0) oracle.blame(`V4: ${name} leaves ${link.access.watches} watches behind`);
    }
    if (this.server.store.look(KEY).kind !== "vacant") {
      oracle.blame("S6: a record is left although all candidates have ended");
    }
    if (oracle.isWhole && !oracle.isMisled && !isLinearizable(oracle.history.operations)) {
      oracle.blame("the history is not linearizable as a fenced mutex");
    }
  }

  /** Runs the events up to `time`. Everything that an event starts within the processes ends before the next event. */
  #until(time: number): Promise<void> {
    return stepByStep(() => {
      if (this.#steps > 0) this.oracle.check();
      if (++this.#steps > MOST_STEPS) this.oracle.blame("V5: the run does not end");
      return this.oracle.broken === null && this.timeline.step(time);
    });
  }
}
