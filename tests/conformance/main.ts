/**
 * `deno task conformance`: the simulated JetStream against real servers.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { NatsCluster } from "../../tools/nats/cluster.ts";
import { NatsServer } from "../../tools/nats/server.ts";
import { compare, describe } from "./compare.ts";
import { modelWorld, realWorld, type World } from "./worlds.ts";

const HELP = `Usage: deno task conformance [--scripts N] [--from N] [--version V] [--replicas 1|3]

Plays generated sequences of requests on the simulated JetStream and on real servers, and compares answers, pushed
changes and expiry.

--scripts N      how many sequences on each server (default 300)
--from N         the first seed (default 1)
--version V      only this release of nats-server (default: 2.11.17 and 2.15.1)
--replicas N     only one server (1) or a cluster (3) (default: both)

Exit code 1 if an answer differs.`;

/** Releases that the model is held against. */
const VERSIONS = ["2.11.17", "2.15.1"];

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

/** Plays the scripts on one kind of server; true if nothing differs. */
async function conforms(version: string, replicas: number, seeds: readonly number[]): Promise<boolean> {
  return await onServer(version, replicas, async (server) => {
    await using model = modelWorld(replicas, version);
    let said = performance.now();
    const found = await compare({ model, server }, seeds, (done) => {
      if (performance.now() - said < 2000) return;
      said = performance.now();
      say(`  ${done} of ${seeds.length}`);
    });
    say(`${server.name}: ${seeds.length} scripts, ${found.length} differ`);
    for (const difference of found.slice(0, 10)) say(describe(difference));
    return found.length === 0;
  });
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
  const seeds = Array.from({ length: Number(scripts) }, (_, index) => Number(from) + index);
  let ok = true;
  for (const release of version ? [version] : VERSIONS) {
    for (const copies of replicas ? [Number(replicas)] : [1, 3]) ok = await conforms(release, copies, seeds) && ok;
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
