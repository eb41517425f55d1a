/** Decisions while a grant is sought. */

import type { NatslockError } from "../base/errors.ts";
import { leave } from "./leaving.ts";
import type { Answer, Ending, LeaseEvent, Seeking, Step, StepContext } from "./model.ts";
import { finish, isOurs, lastSeenOf, stepTo, validity } from "./steps.ts";

/**
 * Begins to seek. A key never seen or seen vacant is written to at once; a key seen held is looked at first, so that
 * a refusal after the first costs one message. Where a bucket made anew would explain what happened, the look asks first
 * whether it is still the same stream.
 */
export function seek(context: StepContext, since: number): Step {
  const { suspect, lastSeen: { revision: expected, takeable, until } } = context.memory;
  const phase: Seeking = { at: "seeking", attempt: "", expected, sentAt: null, doubt: false, since, busy: null };
  if (suspect || !takeable) return look(context, phase, suspect);
  return ask(context, phase, context.now < until ? expected : 0);
}

/** What an event does while seeking. In another stream nothing of ours stands, and a write was not sent. */
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
 * A grant counts from when its write left (L1). A revision that is not above all that were seen is one of another stream,
 * or of one that lost writes: nobody may act on it.
 */
function granted(context: StepContext, phase: Seeking, revision: number): Step {
  const { attempt, since, sentAt } = phase;
  const validUntil = sentAt === null ? -Infinity : validity(sentAt, context.rules);
  if (sentAt === null || context.now >= validUntil || revision <= context.memory.high) {
    const end = { kind: "withdrawn" } as const;
    return leave(context, {
      of: "machine",
      target: revision,
      stake: "stands",
      until: goneAt(context, phase),
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

/** A write that expects any other revision than 0 can no longer land once the key has moved on. */
function refused(context: StepContext, phase: Seeking, current: number | null): Step {
  if (current === null) return stepTo(context.memory, phase, { act: "pause", why: "contention" });
  if (current === 0 && phase.expected > 0) return ask(context, phase, 0);
  return look(context, phase);
}

/**
 * Only the latest write's nonce is a grant. An earlier one that landed after all is our own old record, as one of an
 * earlier life is: written over by a new grant, since nobody was between.
 */
function seen(context: StepContext, phase: Seeking, { keyState, fresh }: Extract<Answer, { on: "seen" }>): Step {
  const { memory, rules } = context;
  const { revision } = keyState;
  // Below what was seen, or what a doubtful write of ours was put on, the answer may be that of a leader of before.
  const known = Math.max(memory.high, phase.doubt ? phase.expected : 0);
  if (revision < known && (revision > 0 || phase.doubt) && !fresh) return look(context, phase, true);
  if (keyState.kind === "vacant") return ask(context, phase, revision);
  if (keyState.kind === "foreign" || keyState.record.holder !== rules.id) {
    return finish(context, { kind: "refused", by: keyState }, lastSeenOf(keyState, context));
  }
  const { attempt } = keyState.record;
  if (attempt === phase.attempt) return granted(context, phase, revision);
  return ask(context, isOurs(attempt, rules) ? { ...phase, expected: revision, doubt: true } : phase, revision);
}

/**
 * Writes, with a new nonce. One before, put on the same revision, may land instead; on any other it can no longer. Who
 * has not looked at the stream for a lease length asks first whether it is the same: its name and numbers may be.
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

/** Trouble that waiting does not mend: what may have been written is taken back. */
function fail(context: StepContext, phase: Seeking, error: NatslockError): Step {
  const end: Ending = { kind: "failed", error };
  if (!phase.doubt) return finish(context, end, context.memory.lastSeen);
  const until = goneAt(context, phase);
  return leave(context, { of: "machine", target: phase.expected, stake: "doubt", until, end, busy: null });
}

/** When the latest write has run out by itself, if it landed in time. */
function goneAt({ now, rules }: StepContext, { sentAt }: Seeking): number {
  return (sentAt ?? now) + rules.ttl;
}

/** What may have been written is taken back. */
function cancel(context: StepContext, phase: Seeking): Step {
  const { busy, doubt } = phase;
  const end: Ending = { kind: "released", token: null };
  if (!doubt && busy === null) return finish(context, end, context.memory.lastSeen);
  const [target, until] = [phase.sentAt === null ? null : phase.expected, goneAt(context, phase)];
  return leave(context, { of: "machine", target, stake: doubt ? "doubt" : "none", until, end, busy });
}

function look({ memory }: StepContext, phase: Seeking, fresh = false): Step {
  return stepTo(memory, { ...phase, busy: "read" }, { act: "read", fresh });
}
