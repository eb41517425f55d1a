/** Names of locks, buckets and contexts, for completion. */

import { SystemClock, wait } from "@x/natslock/internal";
import type { NatsConnection } from "@nats-io/nats-core";
import process from "node:process";
import { withConnection } from "./connect.ts";
import { contextNames } from "./context.ts";
import { managerOf } from "./domain.ts";
import { keysOf, openedBucket } from "./locks.ts";
import type { ConnectionFlags } from "./settings.ts";

/** What is asked for. */
export interface Asked {
  /** The command, such as `bucket check`. */
  readonly path: string;
  /** The option whose value is asked for; empty for an operand. */
  readonly option: string;
  /** The operands that are there already. */
  readonly operands: readonly string[];
  /** The connection flags on the line, from the environment and by default. */
  readonly flags: ConnectionFlags;
}

/** The most time that completion may take to ask the server, in milliseconds. Afterwards there are no suggestions. */
const PATIENCE = 1000;

const ONE_KEY = new Set(["run", "hold", "evict"]);
const KEYS = new Set(["status", "ls", "watch"]);
const BUCKETS = new Set(["bucket check", "bucket create", "bucket delete"]);
const WORDS: Readonly<Record<string, readonly string[]>> = {
  storage: ["file", "memory"],
  replicas: ["1", "3", "5"],
};

/** Returns what the next word can be. Never rejects: without a server there are no names of locks and buckets. */
export async function suggestionsFor({ path, option, operands, flags }: Asked, typed: string): Promise<string[]> {
  if (option === "context") return contextNames(process.env);
  if (WORDS[option]) return [...WORDS[option]];
  const isFirst = option === "" && operands.length === 0;
  if (option === "bucket" || (isFirst && BUCKETS.has(path))) return await asked(flags, bucketsOf);
  if (path === "completion" && isFirst) return ["bash", "zsh", "fish", "powershell"];
  if (option === "key" || (isFirst && ONE_KEY.has(path)) || (option === "" && KEYS.has(path))) {
    const keys = await asked(flags, lockNames);
    return keys.filter((key) => key.startsWith(typed) && !operands.includes(key));
  }
  return [];
}

async function lockNames(nc: NatsConnection, flags: ConnectionFlags): Promise<string[]> {
  const bucket = await openedBucket(nc, flags);
  if (bucket.maxHold === null) return await keysOf(bucket.store);
  const { requestsOf } = await import("./requests.ts");
  return [...new Set((await requestsOf(bucket, [])).map(({ name }) => name))];
}

async function bucketsOf(nc: NatsConnection, flags: ConnectionFlags): Promise<string[]> {
  const names: string[] = [];
  for await (const name of (await managerOf(nc, flags)).streams.names("$KV.*.>")) names.push(name);
  return names.filter((name) => name.startsWith("KV_")).map((name) => name.slice(3)).sort();
}

async function asked(
  flags: ConnectionFlags,
  ask: (nc: NatsConnection, flags: ConnectionFlags) => Promise<string[]>,
): Promise<string[]> {
  const answer = withConnection(flags, (nc) => ask(nc, flags)).catch(() => []);
  const late = wait<string[]>(undefined, (done) => new SystemClock().after(PATIENCE, () => done([])));
  return await Promise.race([answer, late]);
}
