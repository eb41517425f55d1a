import { assert, assertEquals } from "@std/assert";
import { NatsServer } from "../../tools/nats/server.ts";
import { isApiError } from "../sim/jetstream/api_errors.ts";
import { json, parse, type WireMessage } from "../sim/jetstream/wire.ts";
import { compare, compareFixed, describe } from "./compare.ts";
import { modelWorld, type Plant, realWorld } from "./worlds.ts";

/** The fixed seeds of this test: about 10 s, most of which is waiting. `deno task conformance` plays more. */
const SEEDS = Array.from({ length: 40 }, (_, index) => index + 1);

const VERSION = "2.15.1";

Deno.test("JetStream of the simulator answers, pushes and expires messages as a real server does", async () => {
  await using real = await NatsServer.start();
  await using server = await realWorld("the server", [real.url], 1);
  await using model = modelWorld(1, server.version);
  const found = await Promise.all([compareFixed({ model, server }), compare({ model, server }, SEEDS)]);
  assertEquals(found.flatMap(({ differences }) => differences.map(describe)), []);
});

/** Removes a header from each request. */
function without(header: string): Plant {
  return { request: (message) => ({ ...message, headers: message.headers.filter(([name]) => name !== header) }) };
}

/** Answers something else instead of an error. */
function forgiving(number: number, kinder: object): Plant {
  const numberOf = ({ data }: WireMessage) => {
    const { error } = data[0] === "{".charCodeAt(0) ? parse<{ error?: object }>(data) : {};
    return error !== undefined && isApiError(error) ? error.err_code : 0;
  };
  return { answer: (answer) => numberOf(answer) === number ? json(kinder) : answer };
}

/** Says at the end of a batch nothing about what is left. */
const SILENT: Plant = { answer: (answer) => answer.code === 204 ? { ...answer, headers: [] } : answer };

/** A wrong model. */
interface Wrong {
  readonly what: string;
  readonly plant: Plant;
  readonly compared: "scripts" | "fixed sequences";
  /** What the unchanged model answers at a place where the wrong one answers otherwise. */
  readonly missed: RegExp;
}

/** Models that are wrong on purpose. */
const WRONG: readonly Wrong[] = [
  {
    what: "ignores the sequence that a write expects",
    plant: without("Nats-Expected-Last-Subject-Sequence"),
    compared: "scripts",
    missed: /"step":"publish".*error 400 10071/,
  },
  {
    what: "ignores the length that a message asks for",
    plant: without("Nats-TTL"),
    compared: "scripts",
    missed: /"step":"publish".*error 400 1016[56]/,
  },
  {
    what: "keeps messages too long",
    plant: { lag: 2000 },
    compared: "scripts",
    missed: /wrong last sequence: 0/,
  },
  {
    what: "answers that a refused write is stored",
    plant: forgiving(10071, { stream: "KV_own", seq: 1 }),
    compared: "scripts",
    missed: /"step":"publish".*error 400 10071/,
  },
  {
    what: "accepts another configuration for an existing stream",
    plant: forgiving(10058, {}),
    compared: "fixed sequences",
    missed: /error 400 10058/,
  },
  {
    what: "ends a batch without a count",
    plant: SILENT,
    compared: "fixed sequences",
    missed: /204 EOB.*Nats-Num-Pending/,
  },
];

for (const { what, plant, compared, missed } of WRONG) {
  Deno.test(`compare notices a simulated JetStream that ${what}`, async () => {
    const worlds = { model: modelWorld(1, VERSION, plant), server: modelWorld(1, VERSION) };
    const { differences } = await (compared === "scripts" ? compare(worlds, SEEDS) : compareFixed(worlds));
    assert(
      differences.some(({ model, server }) => missed.test(server) && !missed.test(model)),
      differences.map(describe).join("\n"),
    );
  });
}

for (const replicas of [1, 3]) {
  Deno.test(`compare finds no difference between two equal models with ${replicas} replicas`, async () => {
    const worlds = { model: modelWorld(replicas, VERSION), server: modelWorld(replicas, VERSION) };
    assertEquals(await compare(worlds, SEEDS), { differences: [], repeated: 0 });
    assertEquals(await compareFixed(worlds), { differences: [], repeated: 0 });
  });
}
