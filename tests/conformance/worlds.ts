/**
 * The two places where scripts are played: the model, and real servers.
 *
 * @module
 */

import { type NatsConnection, NoRespondersError, RequestError, wsconnect } from "@nats-io/nats-core";
import { SimConnection } from "../sim/jetstream/connection.ts";
import { JetStream, type WireMessage } from "../sim/jetstream/jetstream.ts";
import { REPEATED, type Stage } from "./player.ts";
import { type BucketKind, KINDS } from "./script.ts";

/** A server that scripts are played on. */
export interface World extends AsyncDisposable {
  readonly name: string;
  readonly replicas: number;
  /** A stage of its own for a script; buckets with the same settings are shared where that does not matter. */
  stage(kind: BucketKind): Promise<Stage>;
}

/** How the model is made worse on purpose, for the test of the comparison: changes a request or an answer. */
export interface Plant {
  readonly request?: (message: WireMessage) => WireMessage;
  readonly answer?: (answer: WireMessage | null, message: WireMessage) => WireMessage | null;
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

/** The model. Each stage has a server and a time of its own. */
export function modelWorld(replicas: number, version: string, plant: Plant = {}): World {
  const stage = async (kind: BucketKind): Promise<Stage> => {
    let now = 1_800_000_000_000;
    const clock = { now: () => now, wall: () => now, lag: () => 0 };
    const server: JetStream = new JetStream({
      clock,
      version,
      push: (message, inbox) => connection.deliver(message, inbox),
    });
    const request = (message: WireMessage): Promise<WireMessage> => {
      const answer = server.handle(plant.request?.(message) ?? message);
      const changed = plant.answer === undefined ? answer : plant.answer(answer, message);
      if (changed !== null) return Promise.resolve(changed);
      const cause = new NoRespondersError(message.subject);
      return Promise.reject(new RequestError(cause.message, { cause }));
    };
    const connection = new SimConnection({ request, ping: () => Promise.resolve() }, version);
    const nc = connection.asNats;
    await create(nc, configOf(kind, kind.name, replicas));
    const sleep = (ms: number) => Promise.resolve(void (now += ms));
    return { nc, bucket: kind.name, prefix: `s${++made}`, replicas, sleep, now: () => 0 };
  };
  return { name: "the model", replicas, stage, [Symbol.asyncDispose]: () => Promise.resolve() };
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
  const stage = (kind: BucketKind): Promise<Stage> =>
    Promise.resolve({ nc, bucket: kind.name, prefix: `s${++made}`, replicas, sleep, now: () => performance.now() });
  return { name, replicas, stage, [Symbol.asyncDispose]: () => nc.close() };
}

/** Creates a stream as the client would; throws what the server refuses it for. */
export async function create(nc: NatsConnection, config: Record<string, unknown>): Promise<void> {
  const subject = `$JS.API.STREAM.CREATE.${config.name}`;
  const answer = await nc.request(subject, JSON.stringify(config), { timeout: 10_000 });
  const { error } = answer.json<{ error?: { description: string } }>();
  if (error) throw new Error(`Cannot create "${config.name}": ${error.description}`);
}
