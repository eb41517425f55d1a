/**
 * Fixed sequences of requests to streams, consumers and direct reads, which the generated scripts do not contain.
 *
 * @module
 */

import { jetstreamManager } from "@nats-io/jetstream";
import { CONSUMER_SEQUENCES } from "./fixed_consumers.ts";
import type { Place } from "./player.ts";
import { type Answer, errorOf, masked, type Pairs, Scene } from "./scene.ts";
import { EXPIRED } from "./script.ts";

/** One sequence. */
export interface Sequence {
  readonly name: string;
  readonly play: (scene: Scene) => Promise<void>;
}

/** Begins the last line of a sequence that an error ended. */
export const ENDED = "an error ends the sequence";

const MISSING = "KV_missing";

/** True if the answer shows each setting as it was sent. */
function shows({ config = {} }: Answer, sent: Readonly<Record<string, unknown>>): string {
  const others = Object.keys(sent).filter((name) => JSON.stringify(config[name]) !== JSON.stringify(sent[name]));
  return others.length === 0 ? "as sent" : `differs in ${others.join(", ")}`;
}

function stateOf({ state = {} }: Answer): unknown {
  return [state.messages, state.first_seq, state.last_seq];
}

async function createsAndDescribes(scene: Scene): Promise<void> {
  const { stream, config } = scene;
  const first = await scene.create();
  scene.note("create", [errorOf(first), shows(first, config), masked(first.created), stateOf(first)]);
  const again = await scene.create();
  scene.note("create again", [errorOf(again), shows(again, config), again.created === first.created]);
  scene.note("create with another max_age", errorOf(await scene.create({ max_age: 5_000_000_000 })));
  scene.note("create with another subject", errorOf(await scene.create({ subjects: [scene.subject("a.>")] })));
  scene.note("create without a setting", errorOf(await scene.create({ deny_delete: undefined })));
  const info = await scene.api(`STREAM.INFO.${stream}`);
  scene.note("info", [shows(info, config), info.created === first.created, masked(info.ts), stateOf(info)]);
  for (const key of ["a", "b", "a"]) scene.note("publish", errorOf(await scene.publish(key, "x")));
  scene.note("info of three messages", stateOf(await scene.api(`STREAM.INFO.${stream}`)));
  scene.note("info of a missing stream", errorOf(await scene.api(`STREAM.INFO.${MISSING}`)));
  scene.note("delete of a missing stream", errorOf(await scene.api(`STREAM.DELETE.${MISSING}`)));
}

async function reads(scene: Scene): Promise<void> {
  await scene.create();
  await scene.publish("a", "first", { "Nats-TTL": "30s" });
  await scene.publish("b", "");
  await scene.settle();
  const queries = [
    { seq: 1 },
    { seq: 2 },
    { seq: 3 },
    { seq: 0 },
    {},
    { last_by_subj: scene.subject("a") },
    { last_by_subj: scene.subject("c") },
    { seq: 1, last_by_subj: scene.subject("a") },
    { seq: 2, next_by_subj: scene.subject("a") },
    { seq: 1, next_by_subj: scene.subject("*") },
    { next_by_subj: scene.subject(">") },
    { last_by_subj: scene.subject("a"), next_by_subj: scene.subject("a") },
  ];
  for (const query of queries) {
    const { message, error } = await scene.api(`STREAM.MSG.GET.${scene.stream}`, query);
    const shown = { ...message, time: masked(String(message?.time)) };
    scene.note(`leader ${JSON.stringify(query)}`, error ? errorOf({ error }) : Object.entries(shown).sort().join(" "));
    const answer = await scene.ask(`$JS.API.DIRECT.GET.${scene.stream}`, query);
    scene.note(`direct ${JSON.stringify(query)}`, scene.shown(answer));
  }
  scene.note("leader, batch", errorOf(await scene.api(`STREAM.MSG.GET.${scene.stream}`, { seq: 1, batch: 2 })));
  for (const key of ["a", "c"]) {
    const answer = await scene.ask(`$JS.API.DIRECT.GET.${scene.stream}.${scene.subject(key)}`, null);
    scene.note(`direct subject ${key}`, scene.shown(answer));
  }
}

async function nobodyServes(scene: Scene): Promise<void> {
  scene.note("leader, missing stream", errorOf(await scene.api(`STREAM.MSG.GET.${MISSING}`, { seq: 1 })));
  const asked = [`$JS.API.DIRECT.GET.${MISSING}`, `$JS.API.DIRECT.GET.${MISSING}.${scene.subject("a")}`];
  for (const subject of asked) scene.note(subject, scene.shown(await scene.ask(subject, { seq: 1 })));
  scene.note("publish", scene.shown(await scene.ask(scene.subject("a"), "x")));
  scene.note("batch", await scene.askMany(`$JS.API.DIRECT.GET.${MISSING}`, { seq: 1, batch: 2 }));
  await scene.create({ allow_direct: false });
  const answer = await scene.ask(`$JS.API.DIRECT.GET.${scene.stream}`, { seq: 1 });
  scene.note("direct, not allowed", scene.shown(answer));
}

async function batches(scene: Scene): Promise<void> {
  await scene.create();
  for (const key of ["q.a", "q.b", "other", "q.c", "q.a"]) await scene.publish(key, key, { "Natslock-Attempt": "n.1" });
  await scene.publish("q.d", "short", { "Nats-TTL": "2s" });
  await scene.publish("q.e", "");
  await scene.settle();
  const subject = `$JS.API.DIRECT.GET.${scene.stream}`;
  const ask = async (query: object) =>
    void scene.note(`batch ${JSON.stringify(query)}`, await scene.askMany(subject, query));
  const queue = scene.subject("q.>");
  await ask({ seq: 1, next_by_subj: queue, batch: 100 });
  await ask({ next_by_subj: queue, batch: 100 });
  await ask({ seq: 5, next_by_subj: queue, batch: 2 });
  await ask({ seq: 1, next_by_subj: scene.subject("q.a"), batch: 1 });
  await ask({ seq: 1, next_by_subj: scene.subject("none.>"), batch: 5 });
  await ask({ seq: 9, next_by_subj: queue, batch: 5 });
  await ask({ seq: 3, batch: 3 });
  await ask({ batch: 3 });
  await ask({ last_by_subj: queue, batch: 3 });
  const { direct } = await jetstreamManager(scene.place.nc, { checkAPI: false });
  const seen: unknown[] = [];
  for await (const message of await direct.getBatch(scene.stream, { seq: 1, next_by_subj: queue, batch: 3 })) {
    seen.push([message.seq, message.subject, message.string(), message.header.get("Natslock-Attempt")]);
  }
  scene.note("batch by the client", seen);
  await scene.place.sleep(EXPIRED);
  await ask({ seq: 1, next_by_subj: queue, batch: 100 });
}

/** Writes at the same time that expect the same of one subject. */
async function parallel(scene: Scene): Promise<void> {
  await scene.create();
  const isCluster = scene.place.replicas > 1;
  // A cluster may refuse the others while the first is being replicated, or when it is stored.
  const codes = isCluster ? [10071, 10164] : [10071];
  for (const expected of ["0", "1", "2"]) {
    const pairs = { "Nats-Expected-Last-Subject-Sequence": expected };
    const { stored, others } = await sixWrites(scene, codes, () => "a", pairs);
    scene.note(`six that expect ${expected}`, [stored, others]);
  }
  const pairs = {
    "Nats-Expected-Last-Subject-Sequence": "0",
    "Nats-Expected-Last-Subject-Sequence-Subject": scene.subject("none"),
  };
  const { stored, others } = await sixWrites(scene, isCluster ? [10164] : [], (index) => `q.${index}`, pairs);
  // A cluster stores those of them that do not meet.
  scene.note("six under one condition", [isCluster ? stored.length >= 1 : stored.length, others]);
}

/** Six writes at once: those that were stored, and those that were refused for another reason than one of `codes`. */
async function sixWrites(
  scene: Scene,
  codes: readonly number[],
  keyOf: (index: number) => string,
  pairs: Pairs,
): Promise<{ readonly stored: readonly string[]; readonly others: readonly string[] }> {
  const writes = Array.from({ length: 6 }, (_, index) => scene.publish(keyOf(index), "x", pairs));
  const answers = await Promise.all(writes);
  const others = answers.filter(({ seq, error }) => error ? !codes.includes(error.err_code) : !seq);
  return { stored: answers.filter(({ seq, error }) => seq && !error).map(errorOf), others: others.map(errorOf) };
}

/** All sequences. */
export const SEQUENCES: readonly Sequence[] = [
  { name: "created", play: createsAndDescribes },
  { name: "reads", play: reads },
  { name: "nobody", play: nobodyServes },
  { name: "batches", play: batches },
  { name: "parallel", play: parallel },
  ...CONSUMER_SEQUENCES,
];

/** What a sequence leads to in a bucket that does not exist yet, line by line. */
export async function playFixed({ play }: Sequence, place: Place, bucket: string): Promise<string[]> {
  const scene = new Scene(place, bucket);
  try {
    await play(scene);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    scene.note(ENDED, `${error.name} ${error.message}`);
  }
  return scene.lines;
}
