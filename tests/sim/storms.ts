/**
 * Storms: faults that last for a while and affect a machine, its network or the servers.
 *
 * @module
 */

import type { Fault } from "./faults.ts";
import type { Runtime } from "./runtime.ts";
import { type Place, TTL } from "./server.ts";

/** A process, as storms see it. */
export interface Struck {
  readonly runtime: Runtime;
  readonly link: {
    readonly access: { gap(): void };
    cut(what: Fault, ms: number): void;
    beset(ms: number): void;
    close(): void;
  };
  /** Records that something keeps its code from running in time. */
  hamper(): void;
}

/** A run, as storms see it. */
export interface Sky extends Place {
  /** True while faults happen. */
  readonly troubled: boolean;
  readonly server: { loseLeader(ms: number): void; changeLeader(): void };
}

/** A run that can replace its processes. */
export interface Restarting<Node extends Struck> extends Sky {
  readonly nodes: readonly Node[];
  /** Starts a process that replaces `former`. */
  start(former: Node, sameId?: boolean): unknown;
}

/** Starts a storm. `left`: true time in ms until faults end. */
export type Storm<Run extends Sky = Sky, Node extends Struck = Struck> = (run: Run, node: Node, left: number) => void;

/** Storms by the kinds of faults that they are. */
export type Storms<Run extends Sky, Node extends Struck> = { readonly [fault in Fault]?: Storm<Run, Node> };

/** A random duration: mostly short, at most one and a half leases, and never beyond the end of the faults. */
export const while_ = (run: Sky, left: number): number => Math.min(left, 1 + 1.5 * TTL * run.chance.next() ** 2);

const cut = (what: Fault): Storm => (run, node, left) => {
  const ms = while_(run, left);
  node.link.cut(what, ms);
  run.timeline.after(ms, () => node.runtime.deliver(() => node.link.access.gap()));
};

/** Shortest sleep of a machine, in ms. */
const SHORTEST_SLEEP = 20;

const stop = (how: "pause" | "suspend"): Storm => (run, node, left) => {
  const ms = while_(run, left);
  node.hamper();
  if (how === "pause") node.runtime.pause(ms);
  else if (left > SHORTEST_SLEEP) node.runtime.suspend(Math.min(left, SHORTEST_SLEEP + ms));
};

/** Many short sleeps: their maximum number, and their maximum total length in ms. */
const DOZES = 40;
const DOZING = 600;

const doze: Storm = ({ chance, timeline }, node, left) => {
  const end = timeline.now + left;
  let more = chance.between(1, DOZES);
  const longest = DOZING / more;
  const next = () => {
    const ms = 2 + (longest - 2) * chance.next();
    if (more-- === 0 || timeline.now + ms > end) return;
    node.hamper();
    node.runtime.suspend(ms);
    timeline.after(ms + 20 * chance.next(), next);
  };
  next();
};

function crash<Node extends Struck>(run: Restarting<Node>, node: Node, { left, sameId }: CrashOptions): void {
  node.runtime.kill();
  run.timeline.after(while_(run, left), () => run.nodes.includes(node) && run.start(node, sameId));
}

interface CrashOptions {
  readonly left: number;
  readonly sameId: boolean;
}

/** Returns the storms that every world has. */
export const stormsOf = <Node extends Struck>(): Storms<Restarting<Node>, Node> => ({
  "node cut off": cut("node cut off"),
  "requests cut": cut("requests cut"),
  "answers cut": cut("answers cut"),
  "pushes cut": cut("pushes cut"),
  "hostile answers": (run, node, left) => node.link.beset(while_(run, left)),
  "pause": stop("pause"),
  "suspend": stop("suspend"),
  "short sleeps": doze,
  "wall forward": (run, node) => node.runtime.stepWall(run.chance.between(1, 5 * TTL)),
  "wall back": (run, node) => node.runtime.stepWall(-run.chance.between(1, 5 * TTL)),
  "timers throttled": (run, node, left) => {
    node.runtime.throttle(run.chance.pick([100, 1000]));
    node.hamper();
    run.timeline.after(while_(run, left), () => {
      node.runtime.throttle(0);
      node.hamper();
    });
  },
  "crash": (run, node, left) => crash(run, node, { left, sameId: false }),
  "restart with the same id": (run, node, left) => crash(run, node, { left, sameId: true }),
  "connection closed": (run, node, left) => {
    node.runtime.deliver(() => node.link.close());
    run.timeline.after(while_(run, left), () => run.nodes.includes(node) && run.troubled && run.start(node));
  },
  "no leader": (run, _, left) => run.server.loseLeader(while_(run, left)),
  "leader change": (run) => run.server.changeLeader(),
});
