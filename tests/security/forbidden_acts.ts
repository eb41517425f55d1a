/**
 * Acts that the permissions of `examples/permissions/` must forbid.
 *
 * @module
 */

import type { Role } from "../helpers/roles.ts";

/** One act that the server must refuse. */
export interface Act {
  readonly role: Role;
  readonly what: string;
  readonly right: "publish to" | "send requests to" | "subscribe to";
  readonly subject: string;
  readonly body?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

const API = "$JS.API";
const json = (value: unknown): { readonly body: string } => ({ body: JSON.stringify(value) });

/** A consumer that makes the server publish on a subject on which its creator has no permission to publish. */
const FOREIGN = json({
  stream_name: "KV_locks",
  config: { name: "c", deliver_subject: "natslock.locks.billing.leader", filter_subject: "$KV.locks.jobs.x" },
});
const SETTINGS = json({ name: "KV_locks", subjects: ["$KV.locks.>"], max_age: 1_000_000_000 });
const OF_BILLING = json({ last_by_subj: "$KV.locks.billing.leader" });

type Rest = Pick<Act, "body" | "headers">;

const writes = (role: Role, what: string, subject: string, rest: Rest = {}): Act => {
  return { role, what, right: "publish to", subject, ...rest };
};
const asks = (role: Role, what: string, request: string, rest: Rest = {}): Act => {
  return { role, what, right: "send requests to", subject: `${API}.${request}`, ...rest };
};
const listens = (role: Role, what: string, subject: string): Act => ({ role, what, right: "subscribe to", subject });

const DELETE: Rest = { headers: [["KV-Operation", "DEL"]] };
const PURGE: Rest = { headers: [["KV-Operation", "PURGE"], ["Nats-Rollup", "sub"]] };
const ROLL_UP: Rest = { headers: [["Nats-Rollup", "all"]] };

const BY_CANDIDATE: readonly Act[] = [
  writes("jobs", "take a lock of another prefix", "$KV.locks.billing.leader", { body: "me" }),
  writes("jobs", "delete a lock of another prefix", "$KV.locks.billing.leader", DELETE),
  writes("jobs", "purge a lock of another prefix", "$KV.locks.billing.leader", PURGE),
  writes("jobs", "roll up the bucket on another prefix", "$KV.locks.billing.leader", ROLL_UP),
  writes("jobs", "write to another bucket", "$KV.payroll.jobs.leader", { body: "me" }),
  writes("jobs", "forge a change of another's lock", "natslock.locks.billing.leader"),
  writes("jobs", "forge a change of a lock of its own prefix", "natslock.locks.jobs.leader"),
  writes("jobs", "forge an answer to an observer", "_INBOX_observer.x.y"),
  asks("jobs", "change the bucket", "STREAM.UPDATE.KV_locks", SETTINGS),
  asks("jobs", "purge the bucket", "STREAM.PURGE.KV_locks"),
  asks("jobs", "delete the bucket", "STREAM.DELETE.KV_locks"),
  asks("jobs", "make a bucket", "STREAM.CREATE.KV_mine", json({ name: "KV_mine", subjects: ["$KV.mine.>"] })),
  asks("jobs", "delete a message", "STREAM.MSG.DELETE.KV_locks", json({ seq: 1 })),
  asks("jobs", "take a snapshot to a foreign subject", "STREAM.SNAPSHOT.KV_locks", json({ deliver_subject: "x" })),
  asks("jobs", "make the bucket's leader step down", "STREAM.LEADER.STEPDOWN.KV_locks"),
  asks("jobs", "make a consumer that delivers elsewhere", "CONSUMER.CREATE.KV_locks.c.$KV.locks.jobs.x", FOREIGN),
  asks("jobs", "the same without a filter in the subject", "CONSUMER.CREATE.KV_locks", FOREIGN),
  asks("jobs", "the same as a durable", "CONSUMER.DURABLE.CREATE.KV_locks.c", FOREIGN),
  asks("jobs", "aim a direct get at a foreign subject", "DIRECT.GET.KV_locks.$KV.locks.jobs.leader"),
  asks("jobs", "get a message of another bucket", "STREAM.MSG.GET.KV_payroll", json({ seq: 1 })),
  asks("jobs", "read the settings of another bucket", "STREAM.INFO.KV_payroll"),
  asks("jobs", "list the buckets", "STREAM.NAMES"),
  listens("jobs", "hear the answers to an observer", "_INBOX_observer.>"),
  listens("jobs", "hear the answers to everybody", "_INBOX.>"),
  listens("jobs", "hear the locks of another prefix", "natslock.locks.billing.>"),
  listens("jobs", "hear every write", "$KV.>"),
  listens("jobs", "hear everything", ">"),
];

const BY_OBSERVER: readonly Act[] = [
  writes("observer", "take a lock", "$KV.locks.jobs.leader", { body: "me" }),
  writes("observer", "delete a lock", "$KV.locks.jobs.leader", DELETE),
  writes("observer", "purge a lock", "$KV.locks.jobs.leader", PURGE),
  writes("observer", "roll up the bucket", "$KV.locks.jobs.leader", ROLL_UP),
  writes("observer", "forge a change", "natslock.locks.jobs.leader"),
  writes("observer", "forge an answer to a candidate", "_INBOX_jobs.x.y"),
  asks("observer", "get any message by its number", "STREAM.MSG.GET.KV_locks", json({ seq: 1 })),
  asks("observer", "get a key of another bucket that stands in the message", "DIRECT.GET.KV_payroll", OF_BILLING),
  asks("observer", "get a key of another bucket", "DIRECT.GET.KV_payroll.$KV.payroll.salary"),
  asks("observer", "change the bucket", "STREAM.UPDATE.KV_locks", SETTINGS),
  asks("observer", "purge the bucket", "STREAM.PURGE.KV_locks"),
  asks("observer", "delete the bucket", "STREAM.DELETE.KV_locks"),
  asks("observer", "make a consumer that delivers elsewhere", "CONSUMER.CREATE.KV_locks.c.$KV.locks.>", FOREIGN),
  listens("observer", "hear the answers to a candidate", "_INBOX_jobs.>"),
  listens("observer", "hear another bucket's changes", "natslock.payroll.>"),
  listens("observer", "hear the requests of others", "$JS.API.>"),
];

const BY_ADMIN: readonly Act[] = [
  writes("admin", "forge a change", "natslock.locks.jobs.leader"),
  writes("admin", "write to another bucket", "$KV.payroll.salary", { body: "more" }),
  writes("admin", "forge an answer", "_INBOX_jobs.x.y"),
  asks("admin", "delete another bucket", "STREAM.DELETE.KV_payroll"),
  asks("admin", "make a consumer that delivers elsewhere", "CONSUMER.CREATE.KV_locks.c.$KV.locks.>", FOREIGN),
  asks("admin", "delete a single message", "STREAM.MSG.DELETE.KV_locks", json({ seq: 1 })),
  listens("admin", "hear the answers to a candidate", "_INBOX_jobs.>"),
];

/** All forbidden acts. */
export const FORBIDDEN: readonly Act[] = [...BY_CANDIDATE, ...BY_OBSERVER, ...BY_ADMIN];
