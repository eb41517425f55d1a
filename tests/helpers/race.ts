/**
 * Many candidates that compete for one lock, in several rounds.
 *
 * @module
 */

import type { NatsConnection } from "@nats-io/nats-core";
import { ConnectionError, type KvHandle, Locker, newKeyValue } from "@x/natslock";
import { elapse } from "./measure.ts";

/** One candidate of a race. */
export interface Candidate {
  acquireLead(): Promise<boolean>;
  releaseLead(): Promise<void>;
}

/** Results of all rounds of a race. */
export interface RaceResult {
  /** Number of rounds, by the number of winners in a round. */
  readonly winners: ReadonlyMap<number, number>;
  readonly errors: readonly unknown[];
}

/** Options of {@linkcode race}. */
export interface Race {
  readonly rounds: number;
  readonly candidates: readonly Candidate[];
}

/** In each round, all candidates try to acquire the lead at the same time. Then the winners release it. */
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

/** `count` Lockers on one bucket, distributed over the connections. */
export async function lockers(
  connections: readonly NatsConnection[],
  count: number,
  replicas: number,
): Promise<Locker[]> {
  const handles = await Promise.all(connections.map((nc) => newKeyValue(nc, "race", 10_000, { replicas })));
  return spread(handles, count, (kv) => new Locker({ kv }));
}

/** Pause before a call is repeated, in milliseconds. */
const AGAIN = 100;

/** A candidate whose calls are repeated as long as the cluster has no leader, as on a machine with other work. */
export function patient(candidate: Candidate): Candidate {
  const repeated = <T>(call: () => Promise<T>) => async (): Promise<T> => {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof ConnectionError && error.transient)) throw error;
        await elapse(AGAIN);
      }
    }
  };
  return {
    acquireLead: repeated(() => candidate.acquireLead()),
    releaseLead: repeated(() => candidate.releaseLead()),
  };
}

/** Candidates that do what the Go package does: get, then put. They show that the race can have several winners. */
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
