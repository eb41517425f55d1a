/** How the `nats` command line mends the settings of a bucket. */

import type { StreamConfig } from "@nats-io/jetstream";
import type { BucketComplaint } from "../errors.ts";

/** What would make a bucket better, though locks are safe in it. */
export interface Advice {
  /** Name of the setting, as the server spells it. */
  readonly setting: string;
  /** Why. */
  readonly why: string;
}

/** Flags of `nats stream edit` by setting; what is missing here cannot be edited. */
const EDITS: Readonly<Record<string, string>> = {
  max_msgs_per_subject: "--max-msgs-per-subject=1",
  max_age: "--max-age=15s",
  num_replicas: "--replicas=3",
  discard: "--discard=new",
  discard_new_per_subject: "--no-discard-per-subject",
  no_ack: "--ack",
  allow_rollup_hdrs: "--allow-rollup",
  allow_msg_ttl: "--allow-msg-ttl",
  deny_delete: "--deny-delete",
};

/** What is not wrong but could be better. */
export function adviceOn(config: StreamConfig, version: string): Advice[] {
  const old = version.localeCompare("2.11.0", "en", { numeric: true }) < 0;
  const msgTtl = old
    ? "a lock's own lease length needs server 2.11"
    : "off: a lock cannot have a lease length of its own";
  const all: readonly (readonly [boolean, string, string])[] = [
    [config.republish === undefined, "republish", "off: each process that waits or watches needs a consumer"],
    [config.allow_msg_ttl !== true, "allow_msg_ttl", msgTtl],
    [config.num_replicas === 1, "num_replicas", "1: the locks are away while that server is; use 3 on a cluster"],
    [config.storage === "memory", "storage", "memory: a restart of the server forgets who holds what; use file"],
    [config.deny_delete !== true, "deny_delete", "off: a single record can be deleted past all conditions"],
  ];
  return all.flatMap(([applies, setting, why]) => applies ? [{ setting, why }] : []);
}

/** One command that mends all that can be mended in place; `null` if nothing can. */
export function editCommand(bucket: string, settings: readonly string[]): string | null {
  const edits = settings.flatMap((setting) => {
    if (setting === "republish") {
      return [`--republish-source='$KV.${bucket}.>'`, `--republish-destination='natslock.${bucket}.>'`];
    }
    return EDITS[setting] ?? [];
  });
  return edits.length === 0 ? null : `nats stream edit KV_${bucket} ${edits.join(" ")}`;
}

/** Settings that can only be had in a new bucket. */
export function fixedFor(complaints: readonly BucketComplaint[]): string[] {
  return complaints.map(({ setting }) => setting).filter((setting) => EDITS[setting] === undefined);
}
