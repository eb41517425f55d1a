/** How the `nats` command line puts the settings of a bucket right. */

import type { BucketProblem } from "@x/natslock";
import { flawOf, isAtLeast, OWN_TTL_SINCE } from "@x/natslock/internal";
import type { StreamConfig, StreamInfo } from "@nats-io/jetstream";
import type { ServerInfo } from "@nats-io/nats-core";

/** What would make a bucket better, though locks are safe in it. */
export interface Advice {
  /** Name of the setting, as the server spells it. */
  readonly setting: string;
  /** Why. */
  readonly why: string;
}

type Row = readonly [applies: boolean, setting: string, why: string];
type Flags = Readonly<Record<string, string>>;

/** Room for a record with the longest name and meta, in bytes. */
const LARGEST_RECORD = 2048;

/** How long the consumers of the NATS client may be inactive, in nanoseconds: a stream that allows less refuses them. */
const CONSUMER_IDLE = 300e9;

/** Flags of `nats kv edit` by setting. */
const kvEdits = (bucket: string): Flags => ({
  max_msgs_per_subject: "--history=1",
  max_age: "--ttl=15s",
  num_replicas: "--replicas=3",
  republish: `--republish-source='$KV.${bucket}.>' --republish-destination='natslock.${bucket}.>'`,
});

/** Flags of `nats stream edit` by setting, for what `nats kv edit` does not know. */
const streamEdits = (bucket: string): Flags => ({
  discard: "--discard=new",
  discard_new_per_subject: "--no-discard-per-subject",
  no_ack: "--ack",
  allow_msg_ttl: "--allow-msg-ttl",
  deny_delete: "--deny-delete",
  subjects: `--subjects='$KV.${bucket}.>'`,
  subject_transform: "--no-transform",
  max_msg_size: `--max-msg-size=${LARGEST_RECORD}`,
  max_bytes: "--max-bytes=1048576",
  max_msgs: "--max-msgs=1000",
});

/** What is not wrong but could be better. */
export function adviceOn(stream: StreamInfo, { version = "", cluster }: Partial<ServerInfo>): Advice[] {
  const { config } = stream;
  const own = `a lock's own lease length needs server ${OWN_TTL_SINCE}`;
  const msgTtl = isAtLeast(version, OWN_TTL_SINCE) ? "off: a lock cannot have a lease length of its own" : own;
  const flaw = flawOf(version);
  const { max_msg_size: longest = -1 } = config;
  const tight = `${longest}: a lock with a long name or meta does not fit; ${LARGEST_RECORD} is enough for any`;
  const schedules = "on: who may write one key can have the server write another, past all conditions";
  const all: readonly Row[] = [
    [flaw !== null, "server", `nats-server ${version} ${flaw?.why}: take ${flaw?.take} or later`],
    ...repeats(config) ? [] : watchAdvice(stream),
    [config.allow_msg_ttl !== true, "allow_msg_ttl", msgTtl],
    [config.num_replicas === 1 && cluster !== undefined, "num_replicas", "1: the locks are away while that server is"],
    [config.storage === "memory", "storage", "memory: a restart of the server forgets who holds what; use file"],
    [config.deny_delete !== true, "deny_delete", "off: a single record can be deleted past all conditions"],
    [longest > 0 && longest < LARGEST_RECORD, "max_msg_size", tight],
    [config.allow_msg_schedules === true, "allow_msg_schedules", schedules],
  ];
  return all.flatMap(([applies, setting, why]) => applies ? [{ setting, why }] : []);
}

/** What is to be said of a bucket that has to be watched by consumers. */
function watchAdvice({ config, state }: StreamInfo): Row[] {
  const { republish, max_consumers: most = -1, consumer_limits: limits } = config;
  const { inactive_threshold: idle = 0 } = limits ?? {};
  const said = republish === undefined ? "off" : "does not repeat each record whole";
  const clock = "without republish a process that gets no consumer waits by the clock";
  return [
    [true, "republish", `${said}: each process that waits or watches needs a consumer`],
    [most > 0, "max_consumers", `${most}, of which ${state.consumer_count} in use: ${clock}`],
    [idle > 0 && idle < CONSUMER_IDLE, "consumer_limits", `inactive_threshold is below 5m: ${clock}`],
  ];
}

/** True if each record of the bucket is republished whole, under a subject of its own. */
function repeats({ name, republish }: StreamConfig): boolean {
  const { src = ">", dest = "", headers_only } = republish ?? {};
  const isWhole = src.endsWith(">") && dest.endsWith(">") && !headers_only;
  return isWhole && `$KV.${name.slice(3)}.`.startsWith(src.slice(0, -1));
}

/** The commands that change what can be changed. The second asks whether one really means a stream of a bucket. */
export function fixesFor(bucket: string, settings: readonly string[]): string[] {
  const commands: readonly [command: string, flags: Flags][] = [
    [`nats kv edit ${bucket}`, kvEdits(bucket)],
    [`nats stream edit KV_${bucket}`, streamEdits(bucket)],
  ];
  return commands.flatMap(([command, flags]) => {
    const wanted = new Set(settings.flatMap((setting) => flags[setting] ?? []));
    return wanted.size > 0 ? [`${command} ${[...wanted].join(" ")}`] : [];
  });
}

/** Settings that can only be had in a new bucket. */
export function fixedFor(problems: readonly BucketProblem[]): string[] {
  const flags = { ...kvEdits(""), ...streamEdits("") };
  return problems.flatMap(({ setting }) => setting in flags ? [] : [setting]);
}
