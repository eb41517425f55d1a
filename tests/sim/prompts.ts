/**
 * What a client's machine is told, and what that costs its client.
 *
 * @module
 */

import { ConnectionError } from "../../src/base/errors.ts";
import type { LeaseEvent } from "../../src/lease/model.ts";
import type { KeyState } from "../../src/store/record.ts";
import type { Message, Standing } from "./network.ts";
import { type Budget, type Client, EPOCH, idOf, type World } from "./world.ts";

/** A prompt that comes of no message: its share of the budget, and its name for people. */
const PROMPTS = {
  start: { spends: "starts", says: "starts" },
  renew: { spends: "renewals", says: "renews" },
  leave: { spends: "leaves", says: "leaves" },
  retry: { spends: null, says: "tries again" },
  tick: { spends: null, says: "sees that it is over" },
  hint: { spends: "hints", says: "is pushed what stands" },
  timeout: { spends: "retries", says: "waits in vain" },
  refusal: { spends: "retries", says: "finds nobody who takes its request" },
  clash: { spends: "retries", says: "is told of another write in flight" },
} as const satisfies Record<string, { spends: keyof Budget | null; says: string }>;

/** What can happen to a client without a message that is carried out. */
export type Prompt = keyof typeof PROMPTS;

const TIMEOUT = new ConnectionError("timeout", "No answer");
const NOBODY = new ConnectionError("unavailable", "No responders");

/** A prompt for people. */
export const saidOf = (prompt: Prompt): string => PROMPTS[prompt].says;

/** What the machine is told. */
export function eventOf(prompt: Prompt, { clients, standing }: World, at: number): LeaseEvent {
  switch (prompt) {
    case "start":
      return { on: "start", since: 0, epoch: EPOCH, checkedAt: Infinity };
    case "hint":
      return { on: "hint", keyState: sightingOf(standing) };
    case "timeout":
      return { on: (clients[at] as Client).waits === "read" ? "failed" : "unknown", error: TIMEOUT, epoch: EPOCH };
    case "refusal":
      return { on: "failed", error: NOBODY, epoch: EPOCH };
    case "clash":
      return { on: "conflict", current: null, epoch: EPOCH };
    default:
      return { on: prompt };
  }
}

/** True for what answers a request. */
export function isAnswer({ on }: LeaseEvent): boolean {
  return on === "applied" || on === "conflict" || on === "seen" || on === "failed" || on === "unknown";
}

/**
 * What the prompt costs. A request that was not stored is under way no more. A new try does not answer for what the last
 * one left behind, nor does who leaves without a hold answer for what nobody waits for any more.
 */
export function spent(world: World, at: number, prompt: Prompt): World {
  const { spends } = PROMPTS[prompt];
  if (spends === null) return world;
  const client = world.clients[at] as Client;
  const left = { ...client.left, [spends]: client.left[spends] - 1 };
  const after = { ...world, clients: world.clients.with(at, { ...client, left }) };
  if (prompt === "start") return { ...after, standing: excusedRecord(world, at), net: excused(world.net, at, true) };
  if (prompt === "leave" && client.state.phase.at === "idle") return { ...after, net: excused(world.net, at, false) };
  if (prompt !== "refusal" && prompt !== "clash") return after;
  return { ...after, net: world.net.filter(({ client, awaited }) => client !== at || !awaited) };
}

function excusedRecord({ standing }: World, at: number): Standing | null {
  return standing?.client === at && standing.attempt !== null ? { ...standing, excused: true } : standing;
}

function excused(net: readonly Message[], at: number, all: boolean): Message[] {
  return net.map((sent) => {
    const left = sent.client === at && sent.act === "write" && (all || !sent.awaited);
    return left ? { ...sent, excused: true } : sent;
  });
}

/** What a read finds. */
export function sightingOf(standing: Standing | null): KeyState {
  if (standing === null) return { kind: "vacant", revision: 0 };
  const { revision, client, attempt } = standing;
  if (attempt === null) return { kind: "vacant", revision };
  const record = { holder: idOf(client), attempt, token: null, name: "", since: null, ttl: null, meta: {} };
  return { kind: "held", revision, record };
}
