/**
 * The kinds of faults, and how to cause them.
 *
 * @module
 */

import type { NatsServer } from "../../tools/nats/server.ts";
import type { Chance } from "../sim/chance.ts";
import type { Actor } from "./actor.ts";
import { type Arena, TTL } from "./arena.ts";
import type { Direction } from "./wire.ts";

/** Ends a fault. */
type Heal = () => void | Promise<void>;

/** Causes a fault and returns a function that ends it. */
type Strike = (arena: Arena, chance: Chance) => Heal | Promise<Heal>;

/** Delay of a slow line, in ms. */
const SLOW = 150;

/** How many times per lease length to look for a holder that still holds after it was stopped. */
const CATCHES = 60;

async function follower(arena: Arena, chance: Chance): Promise<NatsServer> {
  const leader = await arena.leader();
  return chance.pick(arena.cluster.nodes.filter((node) => node !== leader));
}

function killed(server: NatsServer): Heal {
  const killing = server.kill();
  return async () => {
    await killing;
    await server.launch();
  };
}

function paused(server: NatsServer): Heal {
  server.pause();
  return () => server.resume();
}

/**
 * Holds lines in these directions. When the fault ends, the held data is delivered late, or is lost with its
 * connections.
 */
function held(wires: Actor["wires"], directions: readonly Direction[], chance: Chance): Heal {
  const lost = chance.happens(0.5);
  for (const wire of wires) wire.hold(...directions);
  return () => {
    for (const wire of wires) {
      if (lost) wire.cut();
      wire.heal();
    }
  };
}

function slow(wires: Actor["wires"]): Heal {
  for (const wire of wires) wire.delay = SLOW;
  return () => wires.forEach((wire) => wire.heal());
}

const toClient = (...directions: Direction[]): Strike => (arena, chance) =>
  held(chance.pick(arena.actors).wires, directions, chance);

/**
 * Stops the client that holds the lock of the shared sets while it works. Resolves to `undefined` if it caught none.
 */
async function holder(arena: Arena): Promise<Actor | undefined> {
  for (let tries = 0; tries < 2 * CATCHES; tries++) {
    const holder = await arena.holder();
    const actor = arena.actors.find(({ client }) => client === holder);
    actor?.pause();
    if (actor && await arena.holder() === holder) return actor;
    actor?.resume();
    await new Promise((resolve) => setTimeout(resolve, TTL / CATCHES));
  }
  return undefined;
}

/** Stops a client for longer than its lease. Fencing tokens must protect against what it does when it continues. */
function asleep(actor: Actor): Heal {
  actor.pause();
  return () => actor.resume();
}

const FAULT_TABLE = {
  "leader killed": async (arena) => killed(await arena.leader()),
  "follower killed": async (arena, chance) => killed(await follower(arena, chance)),
  "two servers killed": (arena, chance) => {
    const spared = chance.pick(arena.cluster.nodes);
    const heals = arena.cluster.nodes.filter((node) => node !== spared).map(killed);
    return async () => void await Promise.all(heals.map((heal) => heal()));
  },
  "leader paused": async (arena) => paused(await arena.leader()),
  "follower paused": async (arena, chance) => paused(await follower(arena, chance)),
  "rolling restart": async (arena) => {
    for (const node of arena.cluster.nodes) {
      await node.launch();
      await new Promise((resolve) => setTimeout(resolve, TTL));
    }
    return () => {};
  },
  "leader steps down": async (arena) => {
    await arena.stepDown();
    return () => {};
  },
  "leader cut off": async (arena, chance) => held(arena.linesOf(await arena.leader()), ["up", "down"], chance),
  "follower cut off": async (arena, chance) =>
    held(arena.linesOf(await follower(arena, chance)), ["up", "down"], chance),
  "one way between servers": (arena, chance) => {
    const wires = arena.routes.flat().filter((wire) => wire !== null);
    return held([chance.pick(wires), chance.pick(wires)], [chance.pick(["up", "down"])], chance);
  },
  "servers far apart": (arena) => slow(arena.routes.flat().filter((wire) => wire !== null)),
  "client cut off": toClient("up", "down"),
  "answers held": toClient("down"),
  "requests held": toClient("up"),
  "client far away": (arena, chance) => slow(chance.pick(arena.actors).wires),
  "connections cut": (arena, chance) => {
    for (const wire of chance.pick(arena.actors).wires) wire.cut();
    return () => {};
  },
  "client paused": (arena, chance) => asleep(chance.pick(arena.actors)),
  "holder paused": async (arena, chance) => asleep(await holder(arena) ?? chance.pick(arena.actors)),
  "client killed": (arena, chance) => {
    const actor = chance.pick(arena.actors);
    const killing = actor.kill();
    return async () => {
      await killing;
      arena.replace(actor);
    };
  },
  "bucket deleted": async (arena) => {
    await arena.deleteBuckets();
    return async () => void await arena.makeBuckets();
  },
} satisfies Readonly<Record<string, Strike>>;

/** Name of a kind of fault. */
export type FaultKind = keyof typeof FAULT_TABLE;

/** All kinds. */
export const FAULT_KINDS: readonly FaultKind[] = Object.keys(FAULT_TABLE) as FaultKind[];

/** Kinds that last longer than a lease, so that a client is stopped until after the end of its lease. */
const LONG: ReadonlySet<FaultKind> = new Set(["client paused", "holder paused", "answers held", "client cut off"]);

/** Kinds that come twice as often. Without them, no update is lost in the set that does not check tokens. */
const OFTEN: readonly FaultKind[] = ["holder paused"];

/** One fault that was drawn. Times are in milliseconds. */
export interface Blow {
  readonly kind: FaultKind;
  /** How long it lasts. */
  readonly length: number;
  /** Time between its end and the next fault. Negative: the next fault starts before the end. */
  readonly rest: number;
}

/** Draws faults. Each round contains every kind in random order, so that none is missing for long. */
export function* blows(chance: Chance): Generator<Blow, never, undefined> {
  for (;;) {
    const left = [...FAULT_KINDS, ...OFTEN];
    while (left.length > 0) {
      const [kind] = left.splice(chance.between(0, left.length), 1) as [FaultKind];
      const length = LONG.has(kind) ? chance.between(TTL, 2.5 * TTL) : chance.between(TTL / 10, 1.5 * TTL);
      // Every third fault overlaps with the next one: combined faults find errors that single ones do not.
      const rest = chance.happens(0.33) ? -length : chance.between(TTL / 10, TTL);
      yield { kind, length, rest };
    }
  }
}

/** Causes a fault. Resolves to a function that ends it. */
export async function strike(kind: FaultKind, arena: Arena, chance: Chance): Promise<Heal> {
  const blow: Strike = FAULT_TABLE[kind];
  return await blow(arena, chance);
}
