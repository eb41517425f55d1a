/**
 * The storms that only Lockers meet, and the disasters of their key.
 *
 * @module
 */

import type { Fault } from "./faults.ts";
import type { Node } from "./node.ts";
import type { Run } from "./run.ts";
import { KEY, TTL } from "./server.ts";
import { type Storm, type Storms, stormsOf } from "./storms.ts";

/**
 * Longest time that a close may take, in ms: the settings of the bucket (2 s) and two requests, each unanswered, and
 * some pauses.
 */
const CLOSING = 4500;

const disaster = (how: (run: Run) => void, scope: "record" | "era"): Storm<Run, Node> => (run) => {
  if (scope === "record") run.oracle.void();
  else run.oracle.newEra();
  how(run);
};

const LOCKER_STORMS: Storms<Run, Node> = {
  ...stormsOf<Node>(),
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
  if (!node.runtime.dead) LOCKER_STORMS[fault]?.(run, node, left);
}
