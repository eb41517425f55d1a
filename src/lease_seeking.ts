/**
 * Decisions while a grant is sought.
 *
 * @module
 */

import { leave } from "./lease_leaving.ts";
import {
  type Answer,
  type Effect,
  type Ending,
  go,
  type Held,
  type LeaseEvent,
  type LeaseRules,
  type Memory,
  type Scene,
  type Seeking,
  sightOf,
  type Step,
  validity,
} from "./lease_model.ts";
import type { Sighting } from "./record.ts";

/** Endings after which the stream may be another one: the next look asks for that first. */
const SUSPECT: readonly string[] = ["withdrawn", "lost:removed"];

/**
 * Begins to seek. A key never seen or seen vacant is written to at once; a key seen held is looked at first, so that
 * a refusal after the first costs one message.
 */
export function seek(
  scene: Scene,
  start: { since: number; last: Ending | null },
): Step {
  const { sight } = scene.memory;
  const fresh: Seeking = {
    at: "seeking",
    attempt: "",
    expected: sight.revision,
    firstSentAt: null,
    doubt: false,
    since: start.since,
    busy: null,
  };
  if (isSuspect(start.last)) return look(scene.memory, fresh, true);
  if (!sight.takeable) return look(scene.memory, fresh);
  return ask(scene, fresh, scene.now < sight.until ? sight.revision : 0);
}

/** What an event does while seeking. */
export function seeking(scene: Scene, phase: Seeking, event: LeaseEvent): Step {
  switch (event.on) {
    case "retry":
      return phase.busy === null ? look(scene.memory, phase) : go(scene.memory, phase);
    case "leave":
      return cancel(scene, phase);
    case "applied":
    case "conflict":
    case "unknown":
    case "failed":
    case "seen":
      return answered(scene, { ...phase, busy: null }, event);
    default:
      return go(scene.memory, phase);
  }
}

function answered(scene: Scene, phase: Seeking, answer: Answer): Step {
  const { memory } = scene;
  switch (answer.on) {
    case "applied":
      return granted(scene, phase, { revision: answer.revision, floor: memory.high + 1 });
    case "conflict":
      return conflict(scene, phase, answer.current);
    case "unknown":
      return look(memory, { ...phase, doubt: true });
    case "failed":
      if (!answer.error.transient) return end(scene, { kind: "failed", error: answer.error });
      return go(memory, phase, { act: "pause", why: "trouble", error: answer.error });
    case "seen":
      return seen(scene, phase, answer);
  }
}

/**
 * A grant's validity counts from the first write with its nonce: any of them may be the one that landed (L1, L7). A
 * revision below the `floor` belongs to another stream, or to an answer that is out of date: nobody may act on it.
 */
function granted(
  scene: Scene,
  phase: Seeking,
  grant: { revision: number; floor: number },
): Step {
  const { memory, now, rules } = scene;
  const { revision, floor } = grant;
  const sentAt = phase.firstSentAt ?? now;
  const validUntil = validity(sentAt, rules);
  if (now >= validUntil || revision < floor) {
    return withdraw(scene, phase, revision);
  }
  const held: Held = {
    at: "held",
    attempt: phase.attempt,
    token: revision,
    revision,
    validUntil,
    sentAt,
    doubt: null,
    trouble: null,
    since: phase.since,
    busy: null,
  };
  return go(memory, held, { act: "tell", news: "granted" });
}

/** Takes back a grant that nobody may act on. */
function withdraw(scene: Scene, phase: Seeking, revision: number): Step {
  return leave(scene, {
    attempt: phase.attempt,
    target: revision,
    stake: "stands",
    end: { kind: "withdrawn" },
    busy: null,
  });
}

function conflict(scene: Scene, phase: Seeking, current: number | null): Step {
  if (current === null) {
    return go(scene.memory, phase, { act: "pause", why: "contention" });
  }
  // A write that expects any other revision than 0 can no longer land once the key has moved on.
  if (current === 0 && phase.expected > 0) {
    return ask(scene, { ...phase, doubt: false }, 0);
  }
  return look(scene.memory, phase);
}

function seen(
  scene: Scene,
  phase: Seeking,
  answer: { sighting: Sighting; fresh: boolean },
): Step {
  const { memory, rules } = scene;
  const { sighting } = answer;
  if (
    sighting.revision > 0 && sighting.revision < memory.high && !answer.fresh
  ) return look(memory, phase, true);
  if (sighting.kind === "held" && sighting.record.holder === rules.id) {
    if (
      phase.firstSentAt !== null && sighting.record.attempt === phase.attempt
    ) {
      return granted(scene, phase, { revision: sighting.revision, floor: memory.high });
    }
    return ask(scene, { ...phase, doubt: false }, sighting.revision);
  }
  if (sighting.kind !== "vacant") {
    return end({
      ...scene,
      memory: { ...memory, sight: sightOf(sighting, scene) },
    }, { kind: "refused", by: sighting });
  }
  if (phase.doubt && sighting.revision === phase.expected) {
    return repeat(scene, phase);
  }
  return ask(scene, { ...phase, doubt: false }, sighting.revision);
}

/** A first write with a new nonce. */
function ask(scene: Scene, phase: Seeking, expected: number): Step {
  const { memory, now, rules } = scene;
  const grants = memory.grants + 1;
  const next: Seeking = { ...phase, attempt: nonce(rules, grants), expected, firstSentAt: now, busy: "write" };
  return go({ ...memory, grants }, next, write(next));
}

/** The same write again: whichever of them lands is ours. Once the grant would come too late, it is fenced off. */
function repeat(scene: Scene, phase: Seeking): Step {
  if (scene.now >= validity(phase.firstSentAt ?? scene.now, scene.rules)) {
    return leave(scene, { ...undoing(phase), end: { kind: "withdrawn" } });
  }
  return go(scene.memory, { ...phase, busy: "write" }, write(phase));
}

function cancel(scene: Scene, phase: Seeking): Step {
  const released: Ending = { kind: "released", token: null };
  if (!phase.doubt && phase.busy === null) return end(scene, released);
  return leave(scene, { ...undoing(phase), end: released });
}

/** What has to be undone when the seeking stops here. */
function undoing(phase: Seeking) {
  const { attempt, expected, busy, doubt, firstSentAt } = phase;
  const stake = doubt ? "doubt" as const : "none" as const;
  return { attempt, target: firstSentAt === null ? null : expected, stake, busy };
}

function look(memory: Memory, phase: Seeking, fresh = false): Step {
  return go(memory, { ...phase, busy: "read" }, { act: "read", fresh });
}

function end(scene: Scene, ending: Ending): Step {
  return go(scene.memory, { at: "idle", end: ending, busy: null }, { act: "tell", news: "ended" });
}

function write(phase: Seeking): Effect {
  return { act: "write", expected: phase.expected, attempt: phase.attempt, token: null, since: phase.since };
}

function nonce(rules: LeaseRules, grants: number): string {
  return `${rules.instance}.${grants}`;
}

function isSuspect(last: Ending | null): boolean {
  if (last === null) return false;
  return SUSPECT.includes(last.kind === "lost" ? `lost:${last.why}` : last.kind);
}
