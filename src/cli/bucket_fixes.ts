/** How the `nats` command line mends the settings of a bucket. */

import type { StreamConfig } from "@nats-io/jetstream";
import type { ServerInfo } from "@nats-io/nats-core";
import type { BucketComplaint } from "../errors.ts";
import { flawOf, isAtLeast, OWN_TTL_SINCE } from "../server_version.ts";

/** What would make a bucket better, though locks are safe in it. */
export interface Advice {
  /** Name of the setting, as the server spells it. */
  readonly setting: string;
  /** Why. */
  readonly why: string;
}

/** Flags of `nats kv edit` by setting. */
const KV_EDITS: Readonly<Record<string, string>> = {
  max_msgs_per_subject: "--history=1",
  max_age: "--ttl=15s",
  num_replicas: "--replicas=3",
};

/** Flags of `nats stream edit` by setting, for what `nats kv edit` does not know. */
const STREAM_EDITS: Readonly<Record<string, string>> = {
  discard: "--discard=new",
  discard_new_per_subject: "--no-discard-per-subject",
  no_ack: "--ack",
  allow_msg_ttl: "--allow-msg-ttl",
  deny_delete: "--deny-delete",
};

/** What is not wrong but could be better. */
export function adviceOn(config: StreamConfig, { version = "", cluster }: Partial<ServerInfo>): Advice[] {
  const own = `a lock's own lease length needs server ${OWN_TTL_SINCE}`;
  const msgTtl = isAtLeast(version, OWN_TTL_SINCE) ? "off: a lock cannot have a lease length of its own" : own;
  const flaw = flawOf(version);
  const all: readonly (readonly [boolean, string, string])[] = [
    [flaw !== null, "server", `nats-server ${version} ${flaw?.why}: take ${flaw?.take} or later`],
    [config.republish === undefined, "republish", "off: each process that waits or watches needs a consumer"],
    [config.allow_msg_ttl !== true, "allow_msg_ttl", msgTtl],
    [config.num_replicas === 1 && cluster !== undefined, "num_replicas", "1: the locks are away while that server is"],
    [config.storage === "memory", "storage", "memory: a restart of the server forgets who holds what; use file"],
    [config.deny_delete !== true, "deny_delete", "off: a single record can be deleted past all conditions"],
  ];
  return all.flatMap(([applies, setting, why]) => applies ? [{ setting, why }] : []);
}

/** The commands that mend what can be mended in place. The second asks whether one really means a stream of a bucket. */
export function fixesFor(bucket: string, settings: readonly string[]): string[] {
  const republish = `--republish-source='$KV.${bucket}.>' --republish-destination='natslock.${bucket}.>'`;
  const kvEdits = settings.flatMap((setting) => setting === "republish" ? republish : KV_EDITS[setting] ?? []);
  const streamEdits = settings.flatMap((setting) => STREAM_EDITS[setting] ?? []);
  return [
    ...kvEdits.length > 0 ? [`nats kv edit ${bucket} ${kvEdits.join(" ")}`] : [],
    ...streamEdits.length > 0 ? [`nats stream edit KV_${bucket} ${streamEdits.join(" ")}`] : [],
  ];
}

/** Settings that can only be had in a new bucket. */
export function fixedFor(complaints: readonly BucketComplaint[]): string[] {
  const settings = complaints.map(({ setting }) => setting);
  return settings.filter((setting) => KV_EDITS[setting] === undefined && STREAM_EDITS[setting] === undefined);
}
