/**
 * Servers with the permissions of `examples/permissions/queues*.conf`, and lock managers of their users.
 *
 * @module
 */

import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { LockManager, type OpenLocksOptions } from "@x/natslock";
import { NatsServer } from "../../tools/nats/server.ts";
import { permissionFiles } from "./roles.ts";

/** The users in the permission files. */
export type QueueRole = "fleet" | "worker" | "queues-admin" | "jobs" | "jobs-admin" | "billing" | "billing-admin";

/** Users of a file of permissions that have the inbox of another one. */
const INBOXES: Readonly<Partial<Record<QueueRole, QueueRole>>> = {
  ...{ jobs: "fleet", billing: "fleet" },
  ...{ "jobs-admin": "queues-admin", "billing-admin": "queues-admin" },
};

/** Lease length of the sessions, in milliseconds. */
export const TTL = 2000;

/** The environment variables that the permission files use. */
const PASSWORDS = Object.fromEntries(
  ["FLEET", "WORKER", "QUEUES_ADMIN", "JOBS", "BILLING"].map((user) => [`${user}_PASSWORD`, "s3cret"]),
);

/** A server with roles and a bucket, and clients of it. All are closed at the end of the test. */
export interface QueueRoles {
  /** Opens a connection of a role. */
  as(role: QueueRole): Promise<NatsConnection>;
  /** Opens a lock manager of a role, on a new connection of its own if none is given. */
  open(role: QueueRole, options?: Pick<OpenLocksOptions, "nc" | "onEvent">): Promise<LockManager>;
}

/** Which files a server gets. */
export interface QueueFiles {
  /** The file that its configuration includes. Default: `queues.conf`. */
  readonly file?: string;
  /** Users that create a bucket at the start. Default: `queues-admin`. */
  readonly admins?: readonly QueueRole[];
  /** Changes the permission files. Default: no change. */
  readonly edit?: (files: Record<string, string>) => Record<string, string>;
}

/** Runs a test body against a server whose admins have created the buckets. */
export async function withQueueRoles(
  body: (roles: QueueRoles) => Promise<void>,
  { file = "queues.conf", admins = ["queues-admin"], edit = (files) => files }: QueueFiles = {},
): Promise<void> {
  const files = edit(await permissionFiles());
  await using server = await NatsServer.start({ config: `include "${file}"`, files, env: PASSWORDS });
  const opened: { close(): Promise<unknown> }[] = [];
  const login = (role: QueueRole) => ({ user: role, pass: "s3cret", inboxPrefix: `_INBOX_${INBOXES[role] ?? role}` });
  const as = async (role: QueueRole) => {
    const nc = await wsconnect({ servers: server.url, ...login(role), reconnect: false });
    opened.push(nc);
    return nc;
  };
  const open: QueueRoles["open"] = async (role, options = {}) => {
    const about = { bucket: "queues", ttl: TTL, maxHold: 60_000, name: role, ...options };
    const manager = await LockManager.open({ servers: server.url, connection: login(role), ...about });
    opened.push(manager);
    return manager;
  };
  try {
    for (const admin of admins) await (await open(admin)).close();
    await body({ as, open });
  } finally {
    await Promise.all(opened.reverse().map((each) => each.close()));
  }
}
