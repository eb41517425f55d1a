/**
 * Many candidates at once, round after round.
 *
 * @module
 */

import type { NatsConnection } from "@nats-io/nats-core";
import { type KvHandle, Locker, newKeyValue } from "@x/natslock";

/** One candidate of a race. */
export interface Candidate {
  acquireLead(): Promise<boolean>;
  releaseLead(): Promise<void>;
}

/** What the rounds of a race ended in. */
export interface RaceResult {
  /** How many rounds had how many winners. */
  readonly winners: ReadonlyMap<number, number>;
  readonly errors: readonly unknown[];
}

/** How a race is run. */
export interface Race {
  readonly rounds: number;
  readonly candidates: readonly Candidate[];
}

/** In each round all candidates want the lead at once; the winners then give it back. */
export async function race({ rounds, candidates }: Race): Promise<RaceResult> {
  const winners = new Map<number, number>();
  const errors: unknown[] = [];
  for (let round = 0; round < rounds; round++) {
    const results = await Promise.all(candidates.map((candidate) =>
      candidate.acquireLead().catch((error: unknown) => {
        errors.push(error);
        return false;
      })
    ));
    const won = candidates.filter((_, index) => results[index]);
    winners.set(won.length, (winners.get(won.length) ?? 0) + 1);
    await Promise.all(won.map((candidate) => candidate.releaseLead()));
  }
  return { winners, errors };
}

/** `count` Lockers, spread over the connections, on one bucket. */
export async function lockers(
  connections: readonly NatsConnection[],
  count: number,
  replicas: number,
): Promise<Locker[]> {
  const handles = await Promise.all(connections.map((nc) => newKeyValue(nc, "race", 10_000, { replicas })));
  return spread(handles, count, (kv) => new Locker({ kv }));
}

/** The same race for what the Go package does: get, then put. */
export async function getThenPut(
  connections: readonly NatsConnection[],
  count: number,
): Promise<Candidate[]> {
  const handles = await Promise.all(connections.map((nc) => newKeyValue(nc, "control", 10_000)));
  return spread(handles, count, (kv) => goCandidate(kv, crypto.randomUUID()));
}

function goCandidate(kv: KvHandle, id: string): Candidate {
  const holder = async () => (await kv.get("leader"))?.string() || null;
  return {
    acquireLead: async () => {
      const held = await holder();
      if (held !== null && held !== id) return false;
      await kv.put("leader", id);
      return true;
    },
    releaseLead: async () => {
      if (await holder() === id) await kv.purge("leader");
    },
  };
}

function spread<T>(handles: readonly KvHandle[], count: number, make: (kv: KvHandle) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(handles[index % handles.length] as KvHandle));
}
