/**
 * What must be true in every world of the burial search.
 *
 * @module
 */

import { SLACK, TTL, type World } from "./explore_burial_world.ts";

/** The most requests without a pause, and without a missing answer, which takes time as well. */
const LONGEST_ROW = 3;
/** For how many lease lengths pushes may keep a session alive without a read. */
const TRUST = 3;
/** How long it may take to bury a session whose time is up, if all answers are true: time for the pauses. */
const LONGEST_BURIAL = 3;
/** The most steps until then. */
const LONGEST_WAY = 40;

/** The rule that a world breaks; `null` if it breaks none. `fairly` makes the next move of a world with true answers. */
export function burialFault(world: World, fairly: (world: World) => World | null): string | null {
  return world.fault ?? proven(world) ?? spared(world) ?? patience(world) ?? found(world, fairly);
}

/** A session is dead only if a marker stood on its key, and then it never comes back. */
function proven({ state, key, past }: World): string | null {
  const kinds = [...past, key].map(({ kind }) => kind);
  const marker = kinds.indexOf("marker");
  if (state.at === "dead" && marker === -1) return "A session counts as dead without a marker on its key";
  return kinds.lastIndexOf("record") > marker && marker !== -1 ? "A session renews after its burial" : null;
}

/** A session that believes to be valid has no marker on its key. */
function spared({ key, now, validUntil }: World): string | null {
  return key.kind === "marker" && now < validUntil ? "A valid session is buried" : null;
}

function patience({ state, asked, pausedAt, row, now }: World): string | null {
  if (row > LONGEST_ROW) return `More than ${LONGEST_ROW} requests are sent without a pause`;
  if (state.at === "alive") {
    const latest = Math.min(now, state.readAt + (TRUST - 1) * TTL) + TTL + SLACK;
    return state.due > latest ? "A session counts as alive for longer than its record can be valid" : null;
  }
  return state.at !== "dead" && asked === null && pausedAt === null
    ? `A watcher that is ${state.at} waits for nothing`
    : null;
}

/** Once a session has stopped and all answers are true, it is found dead in time. */
function found(world: World, fairly: (world: World) => World | null): string | null {
  const { state, key, now, isRunning, renewal } = world;
  if (isRunning || renewal !== null) return null;
  const from = Math.max(now, state.at === "alive" ? state.due : 0, key.kind === "record" ? key.at + TTL + SLACK : 0);
  let next: World | null = world;
  for (let steps = 0; steps < LONGEST_WAY && next !== null; steps++) {
    if (next.state.at === "dead") return next.now > from + LONGEST_BURIAL ? "A dead session is found too late" : null;
    next = fairly(next);
  }
  return "A dead session is never found";
}
