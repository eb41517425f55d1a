/**
 * One run of the simulator with many locks, determined by its seed: shipped lock managers on a memory bucket, faults,
 * and a judge that checks every event.
 *
 * @module
 */

import { Chance } from "../chance.ts";
import { type Fault, Weather } from "../faults.ts";
import type { Outcome, RunOptions } from "../run.ts";
import { stepByStep } from "../settling.ts";
import { Timeline } from "../timeline.ts";
import { shown } from "./ask.ts";
import { type Climate, climateOf, SESSION_TTL } from "./climate.ts";
import { LocksJudge } from "./judge.ts";
import { LocksNode } from "./locks_node.ts";
import { LocksServer } from "./locks_server.ts";
import { strikeLocks } from "./locks_storms.ts";
import { live, type LocksTown } from "./locks_users.ts";
import { Progress } from "./progress.ts";
import { rest } from "./rest.ts";
import type { Placed } from "./truth.ts";

/** Lengths of the phases in ms: without faults, and for the last requests to end. The climate has that with faults. */
const SERENE = 2.5 * SESSION_TTL;
const HOMEWARD = 4 * SESSION_TTL;
const CLOSING = 2 * SESSION_TTL;

/** Longest turn of one request without faults, in ms: users take turns, so one may have to wait for all others. */
const TURN = 200;

/** A run has some ten thousand events. More than this means that it does not end. */
const MOST_STEPS = 3_000_000;

/** One run. */
export class LocksRun implements LocksTown {
  readonly timeline = new Timeline();
  readonly chance: Chance;
  readonly weather: Weather;
  readonly climate: Climate;
  readonly server: LocksServer;
  readonly judge: LocksJudge;
  readonly nodes: LocksNode[] = [];
  troubled = true;
  still = false;
  over = false;
  readonly #seed: number;
  readonly #options: RunOptions;
  readonly #progress: Progress;
  readonly #lives = new Map<Promise<void>, LocksNode>();
  #steps = 0;
  #made = 0;
  #asked = 0;

  constructor(seed: number, options: RunOptions = {}) {
    this.#seed = seed;
    this.#options = options;
    this.chance = new Chance(seed);
    // Lost writes are no part of the promise: the tickets of those that hold may be gone.
    const without: Fault[] = [...options.without ?? []];
    if (!options.lostWrites) without.push("sequence rolled back");
    this.weather = new Weather(this.chance, { ...options, without });
    this.climate = climateOf(this.chance, options.small);
    this.server = new LocksServer(this, this.climate.behind);
    this.judge = new LocksJudge(this, this.server);
    this.#progress = new Progress(this, this.judge, this.server);
  }

  note(who: string, text: () => string): void {
    this.#options.trace?.(`${this.timeline.now.toFixed(1).padStart(9)}  ${who.padEnd(6)} ${text()}`);
  }

  number(): number {
    return ++this.#asked;
  }

  /** Starts a process, either an additional one or a replacement for `former`. */
  start(former?: LocksNode): LocksNode {
    const node = new LocksNode(this, `n${++this.#made}`);
    if (former) this.nodes.splice(this.nodes.indexOf(former), 1, node);
    else this.nodes.push(node);
    former?.runtime.kill();
    for (let left = this.climate.users; left > 0; left--) {
      const life = live(node, this).finally(() => this.#lives.delete(life));
      this.#lives.set(life, node);
    }
    return node;
  }

  /** Runs to the end. */
  async outcome(): Promise<Outcome> {
    for (let left = this.climate.processes; left > 0; left--) this.start();
    this.#plan();
    const { troubled } = this.climate;
    await this.#until(troubled);
    this.#endFaults();
    await this.#until(troubled + SERENE);
    if (this.chance.happens(0.5)) {
      this.still = true;
      await rest(this, (ms) => this.#until(this.timeline.now + ms));
      this.still = false;
    }
    for (const { link } of this.nodes) link.heal();
    this.server.losesPushes = false;
    this.#progress.heard();
    this.over = true;
    const last = this.timeline.now + Math.max(HOMEWARD, this.#lives.size * this.climate.habits.length * TURN);
    while (this.#lives.size > 0 && this.timeline.now < last && this.judge.broken === null) {
      await this.#until(this.timeline.now + SESSION_TTL / 2);
    }
    await this.#goHome();
    const { broken, grants, counts: edges } = this.judge;
    const { total, hits: faults } = this.weather;
    return { seed: this.#seed, broken, grants, steps: this.#steps, total, faults, edges, refused: 0 };
  }

  /** Plans storms at random times. */
  #plan(): void {
    const next = () => {
      if (!this.troubled) return;
      const storm = this.weather.storm();
      if (storm !== null) {
        this.note("world", () => storm);
        strikeLocks(this, storm, this.climate.troubled - this.timeline.now);
      }
      this.timeline.after(this.chance.between(SESSION_TTL / 20, SESSION_TTL), next);
    };
    this.timeline.after(this.chance.between(0, SESSION_TTL), next);
    if (!this.#options.lostWrites) return;
    const lose = () => strikeLocks(this, "sequence rolled back", 0);
    this.timeline.after(this.chance.between(0, this.climate.troubled), lose);
  }

  #endFaults(): void {
    this.troubled = false;
    this.weather.calm(this.timeline.now);
    this.server.heal();
    for (const node of [...this.nodes]) {
      node.link.heal();
      node.runtime.throttle(0);
      if (node.link.closed) this.start(node);
    }
    this.note("world", () => "faults end");
    this.judge.calm();
    this.#progress.begin();
    if (!this.climate.unpushed) return;
    this.server.losesPushes = true;
    for (const { link } of this.nodes) link.cut("pushes cut", Infinity);
  }

  /** Checks that, after all users stopped, nothing is left behind. */
  async #goHome(): Promise<void> {
    const { judge, timeline } = this;
    if (judge.broken !== null) return;
    const stuck = [...this.#lives.values()].filter((node) => this.nodes.includes(node) && !node.runtime.dead);
    if (stuck.length > 0) {
      const asks = [...new Set(stuck)].flatMap((node) => [...node.asks].map(shown));
      judge.blame(`Q5: ${stuck.length} users do not stop: ${asks.slice(0, 3).join("; ")}`);
    }
    const running = this.nodes.filter(({ runtime }) => !runtime.dead);
    const living = [...judge.truth.sessions.keys()].filter((id) => judge.truth.lives(id));
    const closed = Promise.all(running.map((node) => node.manager.close())).then(() => true);
    await this.#until(timeline.now + CLOSING);
    if (!await Promise.race([closed, false])) judge.blame("Q5: a lock manager does not close");
    for (const { name, runtime, link } of running) {
      if (runtime.pending > 0) judge.blame(`Q5: ${name} leaves ${runtime.pending} timers behind`);
      if (link.access.watches > 0) judge.blame(`Q5: ${name} leaves ${link.access.watches} watches behind`);
    }
    for (const [id, { node }] of judge.truth.sessions) {
      if (running.includes(node) && judge.truth.lives(id)) judge.blame(`Q5: ${node.name} leaves session ${id} behind`);
    }
    for (const name of judge.truth.names) {
      const isLeft = ({ node, session }: Placed) => node && running.includes(node) && living.includes(session);
      const left = judge.truth.queue(name).find(isLeft);
      if (left !== undefined) judge.blame(`Q5: ${left.node?.name} leaves ticket ${left.place} behind`);
    }
  }

  /** Runs the events up to `time`. Everything that an event starts within the processes ends before the next event. */
  #until(time: number): Promise<void> {
    return stepByStep(() => {
      if (this.#steps > 0) this.judge.check();
      if (++this.#steps > MOST_STEPS) this.judge.blame("Q7: the run does not end");
      return this.judge.broken === null && this.timeline.step(time);
    });
  }
}
