/**
 * Generated sequences of requests to a bucket.
 *
 * @module
 */

import type { Chance } from "../sim/chance.ts";

/** A sequence that a step refers to: it has another number on each server. */
export type Ref =
  /** The message that the script stored so many messages ago. */
  | { readonly ref: "stored"; readonly ago: number }
  /** The message that the script last stored under a key; 0 if there is none. */
  | { readonly ref: "last"; readonly key: string }
  | { readonly ref: "number"; readonly number: number };

/** A message to publish. */
export interface Publish {
  readonly step: "publish";
  readonly key: string;
  readonly value: string;
  readonly expected: Ref | null;
  /** The condition is about this key instead. */
  readonly of: string | null;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** One step of a script. */
export type Step =
  | Publish
  | { readonly step: "last"; readonly key: string }
  | { readonly step: "at"; readonly seq: Ref }
  | { readonly step: "next"; readonly seq: Ref; readonly key: string }
  | { readonly step: "direct"; readonly key: string }
  | { readonly step: "direct at"; readonly seq: Ref }
  /** So much time passes that all that can expire soon has expired. */
  | { readonly step: "expire" };

/** The settings that scripts are played under. */
export interface BucketKind {
  readonly name: string;
  /** Milliseconds; 0 = for ever. */
  readonly maxAge: number;
  readonly msgTtl: boolean;
  readonly rollups: boolean;
}

/** Lease length of the short buckets, in ms: much longer than the steps between two waits take. */
export const SHORT = 2000;

/** How long `expire` lasts, in ms: a server removes what has expired up to 300 ms late. */
export const EXPIRED = SHORT + 700;

/** The kinds of buckets. */
export const KINDS: readonly BucketKind[] = [
  { name: "own", maxAge: 0, msgTtl: true, rollups: true },
  { name: "short", maxAge: SHORT, msgTtl: true, rollups: true },
  { name: "old", maxAge: SHORT, msgTtl: false, rollups: true },
  { name: "strict", maxAge: 60_000, msgTtl: true, rollups: false },
];

/** One script. */
export interface Script {
  readonly seed: number;
  readonly kind: BucketKind;
  readonly steps: readonly Step[];
}

const KEYS = ["a", "b"];
const UUID = "7f3ff0a4-24b8-4a6e-8a2b-0d9d3f6f8a11";

/** Draws a script. */
export function scriptOf(chance: Chance, seed: number): Script {
  const kind = chance.pick(KINDS);
  const steps: Step[] = [];
  for (let left = chance.between(6, 16); left > 0; left--) steps.push(stepOf(chance));
  const at = chance.between(2, steps.length);
  if (chance.happens(0.6)) steps.splice(at, 0, { step: "expire" });
  return { seed, kind, steps };
}

function stepOf(chance: Chance): Step {
  const key = chance.pick(KEYS);
  const kind = chance.next();
  if (kind < 0.62) return publishOf(chance, key);
  if (kind < 0.74) return { step: "last", key };
  if (kind < 0.8) return { step: "at", seq: refOf(chance, key) };
  if (kind < 0.86) return { step: "next", seq: refOf(chance, key), key: chance.happens(0.5) ? ">" : key };
  if (kind < 0.95) return { step: "direct", key };
  return { step: "direct at", seq: { ref: "stored", ago: chance.between(0, 3) } };
}

function publishOf(chance: Chance, key: string): Publish {
  const headers: [string, string][] = [["Natslock-Attempt", `n.${chance.between(1, 99)}`]];
  const may = (probability: number, name: string, values: readonly string[]) => {
    if (chance.happens(probability)) headers.push([name, chance.pick(values)]);
  };
  may(0.4, "Nats-TTL", ["2s", "2", "30s", "2500ms", "1m0s", "never", "999ms", "0", "-1s", "soon"]);
  may(0.2, "Nats-Rollup", ["sub", "sub", "sub", "all things"]);
  may(0.25, "KV-Operation", ["PURGE", "DEL"]);
  may(0.1, "Nats-Expected-Stream", ["right", "wrong"]);
  const value = chance.happens(0.8) ? UUID : chance.pick(["", "x"]);
  const expected = chance.happens(0.75) ? refOf(chance, key) : null;
  const of = expected !== null && chance.happens(0.1) ? chance.pick(KEYS) : null;
  return { step: "publish", key, value, expected, of, headers };
}

function refOf(chance: Chance, key: string): Ref {
  const kind = chance.next();
  if (kind < 0.6) return { ref: "last", key };
  if (kind < 0.75) return { ref: "stored", ago: chance.between(0, 4) };
  return { ref: "number", number: chance.pick([0, 0, 0, 1_000_000]) };
}
