/** Decisions while a grant is sought. */

import type { NatslockError } from "./errors.ts";
import { leave } from "./lease_leaving.ts";
import type { Answer, Ending, LeaseEvent, Scene, Seeking, Step } from "./lease_model.ts";
import { finish, go, isOurs, sightOf, validity } from "./lease_step.ts";

/**
 * Begins to seek. A key never seen or seen vacant is written to at once; a key seen held is looked at first, so that
 * a refusal after the first costs one message. Where a bucket made anew would explain what happened, the look asks first
 * whether it is still the same stream.
 */
export function seek(scene: Scene, since: number): Step {
  const { suspect, sight: { revision: expected, takeable, until } } = scene.memory;
  const phase: Seeking = { at: "seeking", attempt: "", expected, sentAt: null, doubt: false, since, busy: null };
  if (suspect || !takeable) return look(scene, phase, suspect);
  return ask(scene, phase, scene.now < until ? expected : 0);
}

/** What an event does while seeking. In another stream nothing of ours stands, and a write was not sent. */
export function seeking(scene: Scene, before: Seeking, event: LeaseEvent): Step {
  const phase = scene.moved ? { ...before, expected: 0, doubt: false } : before;
  if (scene.moved && event.on !== "seen") return look(scene, phase);
  switch (event.on) {
    case "retry":
      return phase.busy === null ? look(scene, phase) : go(scene.memory, phase);
    case "leave":
      return cancel(scene, phase);
    case "applied":
      return granted(scene, phase, event.revision);
    case "conflict":
      return refused(scene, phase, event.current);
    case "unknown":
      return look(scene, { ...phase, doubt: true });
    case "failed":
      if (!event.error.transient) return fail(scene, phase, event.error);
      return go(scene.memory, phase, { act: "pause", why: "trouble", error: event.error });
    case "seen":
      return seen(scene, phase, event);
    default:
      return go(scene.memory, phase);
  }
}

/**
 * A grant counts from when its write left (L1). A revision that is not above all that were seen is one of another stream,
 * or of one that lost writes: nobody may act on it.
 */
function granted(scene: Scene, phase: Seeking, revision: number): Step {
  const { attempt, since, sentAt } = phase;
  const validUntil = sentAt === null ? -Infinity : validity(sentAt, scene.rules);
  if (sentAt === null || scene.now >= validUntil || revision <= scene.memory.high) {
    const end = { kind: "withdrawn" } as const;
    return leave(scene, {
      of: "machine",
      target: revision,
      stake: "stands",
      until: goneAt(scene, phase),
      end,
      busy: null,
    });
  }
  const grant = { attempt, since, token: revision, revision, sentAt, validUntil };
  return go(scene.memory, {
    at: "held",
    ...grant,
    checkedAt: scene.memory.checkedAt,
    doubt: null,
    trouble: null,
    busy: null,
  });
}

/** A write that expects any other revision than 0 can no longer land once the key has moved on. */
function refused(scene: Scene, phase: Seeking, current: number | null): Step {
  if (current === null) return go(scene.memory, phase, { act: "pause", why: "contention" });
  if (current === 0 && phase.expected > 0) return ask(scene, phase, 0);
  return look(scene, phase);
}

/**
 * Only the latest write's nonce is a grant. An earlier one that landed after all is our own old record, as one of an
 * earlier life is: written over by a new grant, since nobody was between.
 */
function seen(scene: Scene, phase: Seeking, { sighting, fresh }: Extract<Answer, { on: "seen" }>): Step {
  const { memory, rules } = scene;
  const { revision } = sighting;
  // Below what was seen, or what a doubtful write of ours was put on, the answer may be that of a leader of before.
  const known = Math.max(memory.high, phase.doubt ? phase.expected : 0);
  if (revision < known && (revision > 0 || phase.doubt) && !fresh) return look(scene, phase, true);
  if (sighting.kind === "vacant") return ask(scene, phase, revision);
  if (sighting.kind === "foreign" || sighting.record.holder !== rules.id) {
    return finish(scene, { kind: "refused", by: sighting }, sightOf(sighting, scene));
  }
  const { attempt } = sighting.record;
  if (attempt === phase.attempt) return granted(scene, phase, revision);
  return ask(scene, isOurs(attempt, rules) ? { ...phase, expected: revision, doubt: true } : phase, revision);
}

/**
 * Writes, with a new nonce. One before, put on the same revision, may land instead; on any other it can no longer. Who
 * has not looked at the stream for a lease length asks first whether it is the same: its name and numbers may be.
 */
function ask({ memory, now, rules }: Scene, phase: Seeking, expected: number): Step {
  const grants = memory.grants + 1;
  const attempt = `${rules.instance}.${grants}`;
  const doubt = phase.doubt && phase.expected === expected;
  return go(
    { ...memory, grants },
    { ...phase, attempt, expected, sentAt: now, doubt, busy: "write" },
    { act: "write", expected, attempt, token: null, since: phase.since, fresh: now - memory.checkedAt >= rules.ttl },
  );
}

/** Trouble that waiting does not mend: what may have been written is taken back. */
function fail(scene: Scene, phase: Seeking, error: NatslockError): Step {
  const end: Ending = { kind: "failed", error };
  if (!phase.doubt) return finish(scene, end, scene.memory.sight);
  const until = goneAt(scene, phase);
  return leave(scene, { of: "machine", target: phase.expected, stake: "doubt", until, end, busy: null });
}

/** When the latest write has run out by itself, if it landed in time. */
function goneAt({ now, rules }: Scene, { sentAt }: Seeking): number {
  return (sentAt ?? now) + rules.ttl;
}

/** What may have been written is taken back. */
function cancel(scene: Scene, phase: Seeking): Step {
  const { busy, doubt } = phase;
  const end: Ending = { kind: "released", token: null };
  if (!doubt && busy === null) return finish(scene, end, scene.memory.sight);
  const [target, until] = [phase.sentAt === null ? null : phase.expected, goneAt(scene, phase)];
  return leave(scene, { of: "machine", target, stake: doubt ? "doubt" : "none", until, end, busy });
}

function look({ memory }: Scene, phase: Seeking, fresh = false): Step {
  return go(memory, { ...phase, busy: "read" }, { act: "read", fresh });
}
