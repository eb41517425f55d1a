/**
 * The two places where scripts are played: the model, and real servers.
 *
 * @module
 */

import { type NatsConnection, NoRespondersError, RequestError, wsconnect } from "@nats-io/nats-core";
import { type Line, SimConnection } from "../sim/jetstream/connection.ts";
import { JetStream } from "../sim/jetstream/jetstream.ts";
import { NO_RESPONDERS, type WireMessage } from "../sim/jetstream/wire.ts";
import { type Place, REPEATED, type Stage } from "./player.ts";
import { type BucketKind, KINDS } from "./script.ts";

/** A server that scripts are played on. */
export interface World extends AsyncDisposable {
  readonly name: string;
  /** Release of its servers. */
  readonly version: string;
  readonly replicas: number;
  /** A place for a fixed sequence. Its streams have names that no other one uses. */
  place(): Place;
  /** A stage of its own for a script; buckets with the same settings are shared where that does not matter. */
  stage(kind: BucketKind): Promise<Stage>;
}

/** How the model is made wrong on purpose, for the test of the comparison. */
export interface Plant {
  /** How late the model removes what has expired, in ms. */
  readonly lag?: number;
  readonly request?: (message: WireMessage) => WireMessage;
  readonly answer?: (answer: WireMessage, message: WireMessage) => WireMessage;
}

/** The configuration of a bucket of this kind. */
export function configOf(kind: BucketKind, bucket: string, replicas: number): Record<string, unknown> {
  const subjects = [`$KV.${bucket}.>`];
  return {
    ...{
      name: `KV_${bucket}`,
      subjects,
      num_replicas: replicas,
      storage: "memory",
      retention: "limits",
      discard: "new",
    },
    ...{ max_msgs_per_subject: 1, max_age: kind.maxAge * 1_000_000, deny_delete: true, allow_direct: true },
    ...{ allow_rollup_hdrs: kind.rollups, ...(kind.msgTtl ? { allow_msg_ttl: true } : {}) },
    republish: { src: `$KV.${bucket}.>`, dest: `${REPEATED}.${bucket}.>` },
  };
}

let made = 0;

/** What the keys of the next script begin with. */
const nextPrefix = (): string => `s${++made}`;

/** The model. Each place has a server and a time of its own. */
export function modelWorld(replicas: number, version: string, plant: Plant = {}): World {
  const place = (): Place => {
    let now = 1_800_000_000_000;
    const clock = { now: () => now, wall: () => now, lag: () => plant.lag ?? 0 };
    const push = (message: WireMessage, inbox?: string) => connection.deliver(message, inbox);
    const connection = new SimConnection(lineTo(new JetStream({ clock, version, push }), push, plant), version);
    const sleep = (ms: number) => Promise.resolve(void (now += ms));
    return { nc: connection.asNats, replicas, sleep, now: () => now };
  };
  const stage = async (kind: BucketKind): Promise<Stage> => {
    const made = place();
    await create(made.nc, configOf(kind, kind.name, replicas));
    // What the steps of a script take, the model's time does not count.
    return { ...made, bucket: kind.name, prefix: nextPrefix(), now: () => 0 };
  };
  return { name: "the model", version, replicas, place, stage, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** The way to the model: each request arrives at once. */
function lineTo(server: JetStream, push: (message: WireMessage, inbox: string) => void, plant: Plant): Line {
  const busy = new Set<string>();
  const answers = (message: WireMessage): readonly WireMessage[] => {
    const { subject, headers } = message;
    const of = headers.find(([name]) => name === "Nats-Expected-Last-Subject-Sequence-Subject")?.[1] ?? subject;
    const inFlight = busy.has(of);
    // Requests that are sent in the same instant meet each other while they are replicated.
    for (const each of [subject, of]) busy.add(each);
    queueMicrotask(() => busy.clear());
    const found = server.answers(plant.request?.(message) ?? message, { inFlight });
    return plant.answer === undefined ? found : found.map((answer) => plant.answer?.(answer, message) ?? answer);
  };
  const request = (message: WireMessage): Promise<WireMessage> => {
    const [answer] = answers(message);
    if (answer !== undefined) return Promise.resolve(answer);
    const cause = new NoRespondersError(message.subject);
    return Promise.reject(new RequestError(cause.message, { cause }));
  };
  const publish = (message: WireMessage): void => {
    const { reply } = message;
    if (reply === undefined) return void answers(message);
    const found = answers(message);
    for (const answer of found.length > 0 ? found : [NO_RESPONDERS]) push({ ...answer, subject: reply }, reply);
  };
  return { request, publish, ping: () => Promise.resolve() };
}

/** Real servers, reached at these websocket addresses. */
export async function realWorld(name: string, urls: readonly string[], replicas: number): Promise<World> {
  const nc = await wsconnect({ servers: [...urls] });
  try {
    for (const kind of KINDS) await create(nc, configOf(kind, kind.name, replicas));
  } catch (error) {
    await nc.close();
    throw error;
  }
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const place = (): Place => ({ nc, replicas, sleep, now: () => performance.now() });
  const stage = (kind: BucketKind): Promise<Stage> =>
    Promise.resolve({ ...place(), bucket: kind.name, prefix: nextPrefix() });
  return { name, version: nc.info?.version ?? "", replicas, place, stage, [Symbol.asyncDispose]: () => nc.close() };
}

/** Creates a stream as the client would; throws what the server refuses it for. */
export async function create(nc: NatsConnection, config: Record<string, unknown>): Promise<void> {
  const subject = `$JS.API.STREAM.CREATE.${config.name}`;
  const answer = await nc.request(subject, JSON.stringify(config), { timeout: 10_000 });
  const { error } = answer.json<{ error?: { description: string } }>();
  if (error) throw new Error(`Cannot create "${config.name}": ${error.description}`);
}
