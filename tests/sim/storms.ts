/**
 * Storms: faults that last for a while. Disasters are started here too.
 *
 * @module
 */

import type { Fault } from "./faults.ts";
import type { Node } from "./node.ts";
import type { Run } from "./run.ts";
import { KEY, TTL } from "./server.ts";

/** Starts a storm. `left`: true time in ms until faults end. */
type Storm = (run: Run, node: Node, left: number) => void;

/**
 * Longest time that a close may take, in ms: the settings of the bucket (2 s) and two requests, each unanswered, and
 * some pauses.
 */
const CLOSING = 4500;

/** A random duration: mostly short, at most one and a half leases, and never beyond the end of the faults. */
const while_ = (run: Run, left: number): number => Math.min(left, 1 + 1.5 * TTL * run.chance.next() ** 2);

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

const crash = (sameId: boolean): Storm => (run, node, left) => {
  node.runtime.kill();
  run.timeline.after(while_(run, left), () => run.nodes.includes(node) && run.start(node, sameId));
};

const disaster = (how: (run: Run) => void, scope: "record" | "era"): Storm => (run) => {
  if (scope === "record") run.oracle.void();
  else run.oracle.newEra();
  how(run);
};

const STORMS: { readonly [fault in Fault]?: Storm } = {
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
  "crash": crash(false),
  "restart with the same id": crash(true),
  "locker closed": (run, node) => {
    const called = run.timeline.now;
    const { locker, runtime } = node;
    runtime.deliver(() => {
      node.believe(null);
      let closed = false;
      // An ID belongs to only one running candidate. The next Locker waits for the end of this one.
      locker.close().then(() => {
        closed = true;
        if (node.locker === locker) node.open();
      });
      run.timeline.after(CLOSING, () => {
        if (!closed && runtime.runs && node.hampered < called) run.oracle.blame(`V6: ${node.name} does not close`);
      });
    });
  },
  "connection closed": (run, node, left) => {
    node.runtime.deliver(() => node.link.close());
    run.timeline.after(while_(run, left), () => run.nodes.includes(node) && run.troubled && run.start(node));
  },
  "no leader": (run, _, left) => run.server.loseLeader(while_(run, left)),
  "leader change": (run) => run.server.changeLeader(),
  "foreign write": disaster(({ server, chance }) => {
    const record = { holder: chance.uuid(), attempt: null, token: null, name: "", since: null, ttl: null, meta: {} };
    server.store.put(KEY, chance.happens(0.5) ? "foreign" : record);
  }, "record"),
  "eviction": disaster(({ server }) => server.store.put(KEY, "mark", 1000), "record"),
  "bucket deleted": disaster((run) => run.server.deleteBucket(run.chance.between(1, TTL)), "era"),
  "bucket re-created": disaster(({ server }) => server.recreate(), "era"),
  "sequence rolled back": disaster(({ server }) => server.rollBack(), "era"),
};

/** Starts a storm or a disaster. */
export function strike(run: Run, fault: Fault, left: number): void {
  const node = run.chance.pick(run.nodes);
  if (!node.runtime.dead) STORMS[fault]?.(run, node, left);
}
