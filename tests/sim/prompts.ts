/**
 * Prompts: events that a client's machine receives without a delivered message, and what they cost.
 *
 * @module
 */

import { ConnectionError } from "../../src/base/errors.ts";
import type { LeaseEvent } from "../../src/lease/model.ts";
import type { KeyState } from "../../src/store/record.ts";
import type { Message, Standing } from "./network.ts";
import { type Budget, type Client, EPOCH, idOf, type World } from "./world.ts";

/** Each prompt with the budget that it uses, and its text in messages. */
const PROMPTS = {
  start: { spends: "starts", says: "starts" },
  renew: { spends: "renewals", says: "renews" },
  leave: { spends: "leaves", says: "leaves" },
  retry: { spends: null, says: "tries again" },
  tick: { spends: null, says: "sees that its lease is over" },
  hint: { spends: "hints", says: "receives a pushed change" },
  timeout: { spends: "retries", says: "gets no answer" },
  refusal: { spends: "retries", says: "gets no responders" },
  clash: { spends: "retries", says: "conflicts with another write in flight" },
} as const satisfies Record<string, { spends: keyof Budget | null; says: string }>;

/** What can happen to a client without a delivered message. */
export type Prompt = keyof typeof PROMPTS;

const TIMEOUT = new ConnectionError("timeout", "No answer");
const NOBODY = new ConnectionError("unavailable", "No responders");

/** The text of a prompt. */
export const saidOf = (prompt: Prompt): string => PROMPTS[prompt].says;

/** The event that the machine receives. */
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

/** True if the event answers a request. */
export function isAnswer({ on }: LeaseEvent): boolean {
  return on === "applied" || on === "conflict" || on === "seen" || on === "failed" || on === "unknown";
}

/**
 * Returns the world after the cost of the prompt was paid. A request that was not stored is no longer under way. A new
 * attempt is not responsible for what the last attempt left behind. A client that leaves without a hold is not
 * responsible for messages that nobody waits for.
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

/** The answer to a read. */
export function sightingOf(standing: Standing | null): KeyState {
  if (standing === null) return { kind: "vacant", revision: 0 };
  const { revision, client, attempt } = standing;
  if (attempt === null) return { kind: "vacant", revision };
  const record = { holder: idOf(client), attempt, token: null, name: "", since: null, ttl: null, meta: {} };
  return { kind: "held", revision, record };
}
