/** Decisions while the machine tries to get a grant. */

import type { NatslockError } from "../base/errors.ts";
import { leave } from "./leaving.ts";
import type { Answer, Ending, LeaseEvent, Seeking, Step, StepContext } from "./model.ts";
import { finish, isOurs, lastSeenOf, stepTo, validity } from "./steps.ts";

/**
 * Starts a try. Writes at once if the key was never seen, or was last seen vacant or with our own old record. Else
 * reads first, so that each further refusal by the same holder costs one message.
 *
 * If the last hold or try ended in a way that a re-created bucket explains, the read checks the stream first.
 */
export function seek(context: StepContext, since: number): Step {
  const { suspect, lastSeen: { revision: expected, takeable, until } } = context.memory;
  const phase: Seeking = { at: "seeking", attempt: "", expected, sentAt: null, doubt: false, since, busy: null };
  if (suspect || !takeable) return look(context, phase, suspect);
  return ask(context, phase, context.now < until ? expected : 0);
}

/**
 * Returns the step for an event while seeking.
 *
 * If the answer shows another stream, nothing of ours is stored there, and the write was not sent: the machine reads
 * the key in the new stream. An answer to a read is from the new stream already.
 */
export function seeking(context: StepContext, before: Seeking, event: LeaseEvent): Step {
  const phase = context.epochChanged ? { ...before, expected: 0, doubt: false } : before;
  if (context.epochChanged && event.on !== "seen") return look(context, phase);
  switch (event.on) {
    case "retry":
      return phase.busy === null ? look(context, phase) : stepTo(context.memory, phase);
    case "leave":
      return cancel(context, phase);
    case "applied":
      return granted(context, phase, event.revision);
    case "conflict":
      return refused(context, phase, event.current);
    case "unknown":
      return look(context, { ...phase, doubt: true });
    case "failed":
      if (!event.error.transient) return fail(context, phase, event.error);
      return stepTo(context.memory, phase, { act: "pause", why: "trouble", error: event.error });
    case "seen":
      return seen(context, phase, event);
    default:
      return stepTo(context.memory, phase);
  }
}

/**
 * The write was stored. The lease counts from when the write was sent. The grant is removed instead of used if
 *
 * - that lease is already over, or
 * - its revision is not above all revisions seen: it is from a re-created stream or from one that lost writes. Its
 *   token would not be greater than the earlier ones.
 */
function granted(context: StepContext, phase: Seeking, revision: number): Step {
  const { attempt, since, sentAt } = phase;
  const validUntil = sentAt === null ? -Infinity : validity(sentAt, context.rules);
  if (sentAt === null || context.now >= validUntil || revision <= context.memory.high) {
    const end = { kind: "withdrawn" } as const;
    return leave(context, {
      of: "machine",
      target: revision,
      stake: "stored",
      until: expiryOf(context, phase),
      end,
      busy: null,
    });
  }
  const grant = { attempt, since, token: revision, revision, sentAt, validUntil };
  return stepTo(context.memory, {
    at: "held",
    ...grant,
    checkedAt: context.memory.checkedAt,
    doubt: null,
    trouble: null,
    busy: null,
  });
}

/**
 * The write was refused.
 *
 * - `current` is `null`: another write to the key is in flight. Pause, then read.
 * - The key is at 0 and the write expected another revision: write again, now expecting 0. The refused write cannot be
 *   stored any more: a key that has moved on returns to no earlier revision except 0.
 * - Else read what is stored.
 */
function refused(context: StepContext, phase: Seeking, current: number | null): Step {
  if (current === null) return stepTo(context.memory, phase, { act: "pause", why: "contention" });
  if (current === 0 && phase.expected > 0) return ask(context, phase, 0);
  return look(context, phase);
}

/**
 * A read found the key state. Only a record with the nonce of the latest write is a grant.
 *
 * A record with an earlier nonce can appear: write 1 times out, a read finds the key vacant, write 2 is sent, then
 * write 1 is stored after all and write 2 is refused. That record is our own old one, like one of an earlier process
 * with the same id. A new write that expects its revision replaces it: if it is stored, nobody held the lock in
 * between.
 */
function seen(context: StepContext, phase: Seeking, { keyState, checkedAt }: Extract<Answer, { on: "seen" }>): Step {
  const { memory, rules } = context;
  const { revision } = keyState;
  // A revision below the highest seen, or below the one that a write in doubt expects, may be the answer of a former
  // stream leader. Revision 0 without a write in doubt is believed: the key may have expired.
  const known = Math.max(memory.high, phase.doubt ? phase.expected : 0);
  const mayBeStale = revision < known && (revision > 0 || phase.doubt);
  if (mayBeStale && checkedAt === undefined) return look(context, phase, true);
  if (keyState.kind === "vacant") return ask(context, phase, revision);
  if (keyState.kind === "foreign" || keyState.record.holder !== rules.id) {
    return finish(context, { kind: "refused", by: keyState }, lastSeenOf(keyState, context));
  }
  const { attempt } = keyState.record;
  if (attempt === phase.attempt) return granted(context, phase, revision);
  return ask(context, isOurs(attempt, rules) ? { ...phase, expected: revision, doubt: true } : phase, revision);
}

/**
 * Writes, with a new nonce.
 *
 * If an earlier write that is in doubt expects the same revision, it may be stored instead of this one: the doubt
 * stays. If it expects another revision, it cannot be stored any more, since the key has moved on. There is one
 * exception: a write that expects 0 is stored if it arrives after everything under the key has expired. Nobody holds
 * that record, and it expires by itself.
 *
 * If the stream was not checked for one lease length, it is checked before the write: a re-created bucket has the same
 * name, and its revisions can be the same.
 */
function ask({ memory, now, rules }: StepContext, phase: Seeking, expected: number): Step {
  const grants = memory.grants + 1;
  const attempt = `${rules.instance}.${grants}`;
  const doubt = phase.doubt && phase.expected === expected;
  return stepTo(
    { ...memory, grants },
    { ...phase, attempt, expected, sentAt: now, doubt, busy: "write" },
    { act: "write", expected, attempt, token: null, since: phase.since, fresh: now - memory.checkedAt >= rules.ttl },
  );
}

/** Ends the try after an error that is not transient. A write in doubt is fenced off first. */
function fail(context: StepContext, phase: Seeking, error: NatslockError): Step {
  const end: Ending = { kind: "failed", error };
  if (!phase.doubt) return finish(context, end, context.memory.lastSeen);
  const until = expiryOf(context, phase);
  return leave(context, { of: "machine", target: phase.expected, stake: "doubt", until, end, busy: null });
}

/** Returns when the record of the latest write has expired by itself, if it was stored without delay. */
function expiryOf({ now, rules }: StepContext, { sentAt }: Seeking): number {
  return (sentAt ?? now) + rules.ttl;
}

/** Ends the try on request. What was written, or may have been written, is removed first. */
function cancel(context: StepContext, phase: Seeking): Step {
  const { busy, doubt } = phase;
  const end: Ending = { kind: "released", token: null };
  if (!doubt && busy === null) return finish(context, end, context.memory.lastSeen);
  const [target, until] = [phase.sentAt === null ? null : phase.expected, expiryOf(context, phase)];
  return leave(context, { of: "machine", target, stake: doubt ? "doubt" : "none", until, end, busy });
}

function look({ memory }: StepContext, phase: Seeking, fresh = false): Step {
  return stepTo(memory, { ...phase, busy: "read" }, { act: "read", fresh });
}
