/** Finds the `nats` CLI commands that correct the settings of a bucket. */

import type { BucketProblem } from "@x/natslock";
import { flawOf, isAtLeast, OWN_TTL_SINCE } from "@x/natslock/internal";
import type { StreamConfig, StreamInfo } from "@nats-io/jetstream";
import type { ServerInfo } from "@nats-io/nats-core";

/** An improvement to a bucket in which locks are already safe. */
export interface Advice {
  /** Name of the setting in the stream config. */
  readonly setting: string;
  /** The current value, and why to change it. */
  readonly why: string;
}

type Row = readonly [applies: boolean, setting: string, why: string];
type Flags = Readonly<Record<string, string>>;

/** Enough bytes for a record with the longest name and meta. */
const LARGEST_RECORD = 2048;

/**
 * The inactivity threshold that the NATS client sets on its consumers, in nanoseconds. A stream with a lower limit
 * refuses these consumers.
 */
const CONSUMER_IDLE = 300e9;

/** Flags of `nats kv edit` by setting. */
const kvEdits = (bucket: string): Flags => ({
  max_msgs_per_subject: "--history=1",
  max_age: "--ttl=15s",
  num_replicas: "--replicas=3",
  republish: `--republish-source='$KV.${bucket}.>' --republish-destination='natslock.${bucket}.>'`,
});

/** Flags of `nats stream edit` by setting, for settings that `nats kv edit` cannot change. */
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

/** Returns the settings that are safe but could be better. */
export function adviceOn(stream: StreamInfo, { version = "", cluster }: Partial<ServerInfo>): Advice[] {
  const { config } = stream;
  const own = `off: a lease length per lock needs nats-server ${OWN_TTL_SINCE} or later`;
  const msgTtl = isAtLeast(version, OWN_TTL_SINCE) ? "off: a lock cannot have its own lease length" : own;
  const flaw = flawOf(version);
  const { max_msg_size: longest = -1 } = config;
  const tight = `${longest}: a record with a long name or meta does not fit; ${LARGEST_RECORD} is always enough`;
  const schedules = "on: a client that may write one key can make the server write another without a revision check";
  const all: readonly Row[] = [
    [flaw !== null, "server", `nats-server ${version} ${flaw?.why}: upgrade to ${flaw?.take} or later`],
    ...repeats(config) ? [] : watchAdvice(stream),
    [config.allow_msg_ttl !== true, "allow_msg_ttl", msgTtl],
    [
      config.num_replicas === 1 && cluster !== undefined,
      "num_replicas",
      "1: locks are unavailable while that server is down",
    ],
    [config.storage === "memory", "storage", "memory: a server restart deletes all records; use file"],
    [config.deny_delete !== true, "deny_delete", "off: a client can delete a record without a revision check"],
    [longest > 0 && longest < LARGEST_RECORD, "max_msg_size", tight],
    [config.allow_msg_schedules === true, "allow_msg_schedules", schedules],
  ];
  return all.flatMap(([applies, setting, why]) => applies ? [{ setting, why }] : []);
}

/** Returns the advice for a bucket whose changes only a consumer can watch. */
function watchAdvice({ config, state }: StreamInfo): Row[] {
  const { republish, max_consumers: most = -1, consumer_limits: limits } = config;
  const { inactive_threshold: idle = 0 } = limits ?? {};
  const said = republish === undefined ? "off" : "does not republish every record in full";
  const clock = "without republish, a process that gets no consumer re-reads its key on a timer";
  return [
    [true, "republish", `${said}: each process that waits or watches needs a consumer`],
    [most > 0, "max_consumers", `${most}, of which ${state.consumer_count} in use: ${clock}`],
    [idle > 0 && idle < CONSUMER_IDLE, "consumer_limits", `inactive_threshold is below 5m: ${clock}`],
  ];
}

/** Reports whether the stream republishes every record in full, each key under its own subject. */
function repeats({ name, republish }: StreamConfig): boolean {
  const { src = ">", dest = "", headers_only } = republish ?? {};
  const isWhole = src.endsWith(">") && dest.endsWith(">") && !headers_only;
  return isWhole && `$KV.${name.slice(3)}.`.startsWith(src.slice(0, -1));
}

/**
 * Returns the commands that change the settings, as far as they can be changed. The second command, `nats stream edit`,
 * asks for confirmation because the stream belongs to a bucket.
 */
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

/** Returns the wrong settings that cannot be changed in an existing bucket. */
export function fixedFor(problems: readonly BucketProblem[]): string[] {
  const flags = { ...kvEdits(""), ...streamEdits("") };
  return problems.flatMap(({ setting }) => setting in flags ? [] : [setting]);
}
