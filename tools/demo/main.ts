/**
 * `deno task demo`: runs three processes that elect a leader. It stops the leader gracefully and kills the next one.
 *
 * @module
 */

import { DashboardServer } from "../dashboard/server.ts";
import type { Candidate } from "./candidate.ts";
import { Fleet } from "./fleet.ts";
import type { Change, TimeLimit } from "./history.ts";
import { Screen } from "./screen.ts";
import { NatsServer } from "../nats/server.ts";

const HELP = `Runs three processes with examples/reconcile_loop.ts on a nats-server of their own. One of them leads.

Usage: deno task demo [--help]

The leader is stopped gracefully and started again. Then the next leader is killed. The demo ends within half a minute.
Press Ctrl-C to end it earlier. The last line says how long nobody led. Exit code: 0, or 1 with the reason.`;

const NAMES: readonly string[] = ["red", "green", "blue"];
const BUCKET = "demo";
const TTL = 3000;
const INTERVAL = 500;
/** Not a multiple of the interval, so that the measured gaps do not depend on the phase of a candidate's loop. */
const LOOK = 2200;
const PATIENCE = 10_000;

/** A running demo. */
interface Stage {
  readonly fleet: Fleet;
  readonly screen: Screen;
  readonly patience: TimeLimit;
}

async function main(): Promise<void> {
  await using server = await NatsServer.start();
  const screen = new Screen(TTL);
  try {
    const settings = { url: server.url, bucket: BUCKET, ttl: TTL, interval: INTERVAL };
    await using fleet = await Fleet.open({ ...settings, told: (change) => screen.show(change) });
    screen.say(
      `nats-server ${fleet.nc.info?.version}, pid ${server.pid}; lease ${TTL} ms, a round each ${INTERVAL} ms`,
    );
    await using _page = dashboard(server.url, (line) => screen.say(line));
    await play({ fleet, screen, patience: { timeout: PATIENCE, signal: fleet.trouble } });
  } finally {
    screen.close();
  }
}

/** Serves the dashboard while the demo runs and prints its address. The demo neither waits for it nor depends on it. */
function dashboard(servers: string, say: (line: string) => void): AsyncDisposable {
  let isOver = false;
  const starting = DashboardServer.start({ settings: { servers, bucket: BUCKET } }).then((page) => {
    if (!isOver) say(`dashboard: ${page.url}`);
    return page;
  }).catch(() => null);
  return {
    [Symbol.asyncDispose]: async () => {
      isOver = true;
      await (await starting)?.[Symbol.asyncDispose]();
    },
  };
}

async function play(stage: Stage): Promise<void> {
  const { fleet, screen, patience } = stage;
  screen.head(NAMES);
  const candidates = NAMES.map((name) => start(stage, name));
  await fleet.history.granted(0, patience);
  await Promise.all(candidates.map(({ ready }) => ready));
  for (const name of followersOf(stage)) screen.tell(name, "follows", "follows");
  await look(stage);
  const graceful = await handOver(stage);
  await look(stage);
  const crash = await takeOver(stage);
  await look(stage);
  for (const name of [...followersOf(stage), lastOf(stage).name]) await stop(stage, name);
  screen.close();
  screen.say(
    `\nGaps: graceful ${seconds(graceful)} from release to next grant, about one round at most, ` +
      `crash ${seconds(crash)} from last renewal to next grant, at least the lease of ${seconds(TTL)}`,
    "bold",
  );
}

/**
 * Stops the leader, waits until another candidate leads, and restarts the first one. Returns the time without a leader.
 */
async function handOver(stage: Stage): Promise<number> {
  const { fleet: { history }, patience } = stage;
  const before = lastOf(stage);
  const { name } = before;
  await stop(stage, name);
  const release = await history.released(before.revision, patience);
  const grant = await history.granted(release.revision, patience);
  await start(stage, name).ready;
  stage.screen.tell(name, "follows", "is back");
  return grant.at - release.at;
}

/**
 * Kills the leader and waits until another candidate leads. Returns the time since the last message of the killed
 * leader.
 */
async function takeOver(stage: Stage): Promise<number> {
  const { fleet, screen, patience } = stage;
  const { name } = lastOf(stage);
  await fleet.get(name).end("SIGKILL");
  // Messages that the killed leader sent may still be on their way to this process.
  await fleet.nc.flush();
  const last = lastOf(stage);
  screen.tell(name, "killed", "is killed (SIGKILL), its lease runs on");
  const grant = await fleet.history.granted(last.revision, patience);
  return grant.at - last.at;
}

function start({ fleet, screen }: Stage, name: string): Candidate {
  const candidate = fleet.start(name);
  screen.tell(name, "starts", `starts, pid ${candidate.pid}`);
  return candidate;
}

async function stop({ fleet, screen }: Stage, name: string): Promise<void> {
  screen.tell(name, "leaves", "is asked to stop (SIGTERM)");
  const { code, signal } = await fleet.get(name).end("SIGTERM");
  await fleet.nc.flush();
  if (code !== 0) throw new Error(`Candidate "${name}" did not stop gracefully: ${signal ?? `code ${code}`}`);
  screen.tell(name, "stopped", "has ended with code 0");
}

function followersOf(stage: Stage): string[] {
  return NAMES.filter((name) => name !== lastOf(stage).name && !stage.fleet.get(name).hasEnded);
}

/** The leader's latest message. */
function lastOf(stage: Stage): Change {
  const { last } = stage.fleet.history;
  if (last && last.kind !== "released") return last;
  throw new Error("Nobody leads: no candidate took the lead in time");
}

async function look({ fleet }: Stage): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, LOOK));
  fleet.trouble.throwIfAborted();
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}

async function run(args: readonly string[]): Promise<number> {
  const print = (to: typeof Deno.stdout, text: string) => to.writeSync(new TextEncoder().encode(`${text}\n`));
  if (args.includes("--help")) return print(Deno.stdout, HELP), 0;
  try {
    await main();
    return 0;
  } catch (error) {
    print(Deno.stderr, `Demo failed: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await run(Deno.args));
