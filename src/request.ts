/**
 * Carries one request of the state machine to the store, and its outcome back.
 *
 * @module
 */

import type { Candidate } from "./candidate.ts";
import type { Answer, Effect } from "./lease_model.ts";
import type { LeaseRecord } from "./record.ts";
import type { LeaseStore, WriteOutcome } from "./store.ts";
import type { LeaseTiming } from "./timing.ts";

/** An effect that sends a message and waits for the answer. */
export type Request = Extract<Effect, { act: "write" | "read" | "remove" }>;

/** What a request needs besides itself. */
export interface RequestContext {
  readonly store: LeaseStore;
  readonly candidate: Candidate;
  readonly timing: LeaseTiming;
  /** The stream that the store knows of. */
  readonly epoch: string;
}

/** Sends the request; resolves to its answer after at most `timing.requestTimeout` ms. */
export async function performRequest(request: Request, context: RequestContext): Promise<Answer> {
  const { store, candidate, epoch } = context;
  const { key, ttl } = candidate;
  const { requestTimeout: timeout } = context.timing;
  if (request.act === "read") {
    const outcome = await store.read(key, { timeout });
    if (outcome.kind === "failed") return { on: "failed", error: outcome.error, epoch };
    return { on: "seen", sighting: outcome.sighting, fresh: request.fresh, epoch };
  }
  const { expected } = request;
  if (request.act === "remove") return answerOf(await store.remove(key, { expected, timeout }), epoch);
  const record = recordOf(request, context);
  return answerOf(await store.write(key, { record, expected, ttl, timeout }), epoch);
}

function recordOf(write: Extract<Effect, { act: "write" }>, context: RequestContext): LeaseRecord {
  const { id: holder, name, meta } = context.candidate;
  const { attempt, token, since } = write;
  return { holder, attempt, token, name, since: Math.round(since), ttl: context.timing.ttl, meta };
}

function answerOf(outcome: WriteOutcome, epoch: string): Answer {
  switch (outcome.kind) {
    case "applied":
      return { on: "applied", revision: outcome.revision, epoch };
    case "conflict":
      return { on: "conflict", current: outcome.current, epoch };
    default:
      return { on: outcome.kind, error: outcome.error, epoch };
  }
}
