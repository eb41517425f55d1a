/**
 * Fixed sequences about push consumers and streams that are deleted.
 *
 * @module
 */

import { type ConsumerConfig, JetStreamApiError, jetstreamManager } from "@nats-io/jetstream";
import { createInbox, type Msg, nanos } from "@nats-io/nats-core";
import { errorOf, type Pairs, type Scene } from "./scene.ts";

/** Creates a push consumer as the library does. Returns the answer as text. */
async function addConsumer(scene: Scene, stream: string, inbox: string): Promise<string> {
  const place = { deliver_subject: inbox, idle_heartbeat: nanos(2000), name: "c" };
  const filter = { filter_subject: scene.subject(">"), deliver_policy: "new", ack_policy: "none" };
  const keeping = { inactive_threshold: nanos(60_000), mem_storage: true };
  const sent = { ...place, ...filter, ...keeping } as ConsumerConfig;
  const { consumers } = await jetstreamManager(scene.place.nc, { checkAPI: false });
  try {
    // Where the consumer begins, an answer says differently from server to server: 0, or the stream's last sequence.
    const { name, stream_name, config, num_pending } = await consumers.add(stream, sent);
    const shown = { name, stream_name, num_pending, filter: config.filter_subject };
    return JSON.stringify({ ...shown, isHere: config.deliver_subject === inbox, policy: config.deliver_policy });
  } catch (error) {
    if (error instanceof JetStreamApiError) return `error ${error.code} ${error.message}`;
    throw error;
  }
}

/** A delivered message, with the numbers that its reply subject holds. */
function delivered(scene: Scene, message: Msg): string {
  const [prefix, , ...rest] = (message.reply ?? "").split(".");
  const [stream, consumer, deliveries, seq, number, time, pending] = rest;
  const isTime = /^\d{19}$/.test(time ?? "");
  const numbers = { prefix, stream, consumer, deliveries, seq, number, isTime, pending };
  return `${message.subject} ${scene.shown(message)} ${JSON.stringify(numbers)}`;
}

async function delivers(scene: Scene): Promise<void> {
  const { stream } = scene;
  await scene.create();
  await scene.publish("a", "before");
  await scene.publish("b", "before");
  // The consumer may live on a replica that is behind, for which these messages are new.
  await scene.settle();
  const inbox = createInbox();
  using arrivals = await scene.listen(inbox);
  scene.note("consumer", await addConsumer(scene, stream, inbox));
  const writes: readonly (readonly [string, string, Pairs])[] = [
    ["a", "one", { "Nats-TTL": "30s", "Natslock-Attempt": "n.1" }],
    ["a.b", "", {}],
    ["a", "refused", { "Nats-Expected-Last-Subject-Sequence": "1" }],
    ["a", "", { "KV-Operation": "PURGE", "Nats-Rollup": "sub", "Nats-Expected-Last-Subject-Sequence": "3" }],
  ];
  let stored = 0;
  for (const [key, value, pairs] of writes) {
    const answer = await scene.publish(key, value, pairs);
    scene.note("publish", errorOf(answer));
    if (answer.error === undefined) await arrivals.until(++stored);
  }
  await scene.settle();
  for (const message of arrivals.messages) scene.note("delivered", delivered(scene, message));
  scene.note("delete", errorOf(await scene.api(`CONSUMER.DELETE.${stream}.c`)));
  scene.note("publish", errorOf(await scene.publish("a", "two")));
  await scene.settle();
  scene.note("delivered after that", arrivals.messages.length - stored);
  scene.note("delete again", errorOf(await scene.api(`CONSUMER.DELETE.${stream}.c`)));
  scene.note("consumer of a missing stream", await addConsumer(scene, "KV_missing", inbox));
  scene.note("delete, missing stream", errorOf(await scene.api(`CONSUMER.DELETE.KV_missing.c`)));
}

async function recreates(scene: Scene): Promise<void> {
  const { stream } = scene;
  const first = await scene.create();
  const inbox = createInbox();
  using arrivals = await scene.listen(inbox);
  using repeated = await scene.listen(scene.repeated);
  await addConsumer(scene, stream, inbox);
  scene.note("publish", errorOf(await scene.publish("a", "one")));
  await arrivals.until(1);
  scene.note("delete", errorOf(await scene.api(`STREAM.DELETE.${stream}`)));
  await scene.settle();
  scene.note("publish", scene.shown(await scene.ask(scene.subject("a"), "x")));
  scene.note("info", errorOf(await scene.api(`STREAM.INFO.${stream}`)));
  scene.note("direct", scene.shown(await scene.ask(`$JS.API.DIRECT.GET.${stream}`, { seq: 1 })));
  const second = await scene.create();
  scene.note("create", [errorOf(second), second.created === first.created]);
  const pairs = { "Nats-Expected-Last-Subject-Sequence": "0" };
  for (const key of ["b", "a", "a"]) scene.note("publish", errorOf(await scene.publish(key, "two", pairs)));
  await scene.settle();
  scene.note("consumer's messages", arrivals.messages.map((message) => delivered(scene, message)));
  scene.note("repeated", repeated.messages.map((message) => `${message.subject} ${scene.shown(message)}`));
  scene.note("delete of the old consumer", errorOf(await scene.api(`CONSUMER.DELETE.${stream}.c`)));
}

/** The sequences. */
export const CONSUMER_SEQUENCES: readonly { readonly name: string; play(scene: Scene): Promise<void> }[] = [
  { name: "delivers", play: delivers },
  { name: "recreates", play: recreates },
];
