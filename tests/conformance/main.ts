/**
 * `deno task conformance`: the simulated JetStream against real servers.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { NatsCluster } from "../../tools/nats/cluster.ts";
import { NatsServer } from "../../tools/nats/server.ts";
import { compare, compareFixed, type Comparison, describe } from "./compare.ts";
import { SEQUENCES } from "./fixed.ts";
import { modelWorld, realWorld, type World } from "./worlds.ts";

const HELP = `Compares the simulated JetStream with real servers. Plays fixed and generated sequences of requests on
both, and compares answers, pushed changes and expiry. Plays a sequence that differs up to three times, because
a cluster may lack a leader and a busy server may remove expired messages late.

Usage: deno task conformance [--scripts N] [--from N] [--version V] [--replicas 1|3]

--scripts N      number of generated sequences on each server (default 300)
--from N         first seed of the generated sequences (default 1)
--version V      release of nats-server (default: 2.11.17 and 2.15.1, one after the other)
--replicas N     1 for one server, 3 for a cluster of three (default: one after the other)

Exit code 1 if a sequence differs each time.`;

/** Releases that the model is held against. */
const VERSIONS = ["2.11.17", "2.15.1"];

/** Numbers of servers, and of replicas. */
const SIZES = [1, 3];

/** Number of differences to print. */
const SHOWN = 10;

const say = (line: string) => void Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));

async function onServer<T>(version: string, replicas: number, body: (world: World) => Promise<T>): Promise<T> {
  const name = `nats-server ${version}, ${replicas === 1 ? "one server" : "a cluster of three"}`;
  if (replicas === 1) {
    await using server = await NatsServer.start({ version });
    await using world = await realWorld(name, [server.url], replicas);
    return await body(world);
  }
  await using cluster = await NatsCluster.start(3, { version });
  await using world = await realWorld(name, cluster.urls, replicas);
  return await body(world);
}

function report(what: string, { differences, repeated }: Comparison): void {
  say(`${what}: ${differences.length} differ, ${repeated} were played again`);
  for (const difference of differences.slice(0, SHOWN)) say(describe(difference));
}

/** Plays everything on one kind of server. Returns true if nothing differs. */
async function conforms(version: string, replicas: number, seeds: readonly number[]): Promise<boolean> {
  return await onServer(version, replicas, async (server) => {
    await using model = modelWorld(replicas, server.version);
    const fixed = await compareFixed({ model, server });
    report(`${server.name}, ${SEQUENCES.length} fixed sequences`, fixed);
    let said = performance.now();
    const found = await compare({ model, server }, seeds, (done) => {
      if (performance.now() - said < 2000) return;
      said = performance.now();
      say(`  ${done} of ${seeds.length}`);
    });
    report(`${server.name}, ${seeds.length} generated sequences`, found);
    return fixed.differences.length + found.differences.length === 0;
  });
}

/** Parses a whole number, 0 or more. */
function whole(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`"--${name}" must be a whole number, current value is "${text}"`);
}

function sizeOf(text: string): number {
  const size = SIZES.find((each) => String(each) === text);
  if (size !== undefined) return size;
  throw new Error(`"--replicas" must be 1 or 3, current value is "${text}"`);
}

function releaseOf(text: string): string {
  if (/^\d+\.\d+\.\d+$/.test(text)) return text;
  throw new Error(`"--version" must be a release such as "2.15.1", current value is "${text}"`);
}

async function main(args: string[]): Promise<boolean> {
  const text = { type: "string" } as const;
  const options = {
    scripts: text,
    from: text,
    version: text,
    replicas: text,
    help: { type: "boolean", short: "h" },
  } as const;
  const { values } = parseArgs({ args, options });
  if (values.help) {
    say(HELP);
    return true;
  }
  const { scripts = "300", from = "1", version, replicas } = values;
  const first = whole("from", from);
  const seeds = Array.from({ length: whole("scripts", scripts) }, (_, index) => first + index);
  const sizes = replicas === undefined ? SIZES : [sizeOf(replicas)];
  let ok = true;
  for (const release of version === undefined ? VERSIONS : [releaseOf(version)]) {
    for (const size of sizes) ok = await conforms(release, size, seeds) && ok;
  }
  return ok;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args) ? 0 : 1);
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}\nTry: deno task conformance --help`);
    Deno.exit(2);
  }
}
