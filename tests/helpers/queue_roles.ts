/**
 * A server with the permissions of `examples/permissions/queues.conf`, and lock managers of its users.
 *
 * @module
 */

import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { LockManager, type OpenLocksOptions } from "@x/natslock";
import { NatsServer } from "../../tools/nats/server.ts";
import { permissionFiles } from "./roles.ts";

/** The users in the permission file. */
export type QueueRole = "fleet" | "worker" | "queues-admin";

/** Lease length of the sessions, in milliseconds. */
export const TTL = 2000;

/** The environment variables that the permission files use. */
const PASSWORDS: Readonly<Record<string, string>> = {
  FLEET_PASSWORD: "fleet-s3cret",
  WORKER_PASSWORD: "worker-s3cret",
  QUEUES_ADMIN_PASSWORD: "queues-admin-s3cret",
};

/** A server with roles and a bucket, and clients of it. All are closed at the end of the test. */
export interface QueueRoles {
  /** Opens a connection of a role. */
  as(role: QueueRole): Promise<NatsConnection>;
  /** Opens a lock manager of a role, on a new connection of its own if none is given. */
  open(role: QueueRole, options?: Pick<OpenLocksOptions, "nc" | "onEvent">): Promise<LockManager>;
}

/** Runs a test body against a server whose admin has created the bucket. `edit` changes the permission files. */
export async function withQueueRoles(
  body: (roles: QueueRoles) => Promise<void>,
  edit: (files: Record<string, string>) => Record<string, string> = (files) => files,
): Promise<void> {
  const files = edit(await permissionFiles());
  await using server = await NatsServer.start({ config: `include "queues.conf"`, files, env: PASSWORDS });
  const opened: { close(): Promise<unknown> }[] = [];
  const login = (role: QueueRole) => ({ user: role, pass: `${role}-s3cret`, inboxPrefix: `_INBOX_${role}` });
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
    await (await open("queues-admin")).close();
    await body({ as, open });
  } finally {
    await Promise.all(opened.reverse().map((each) => each.close()));
  }
}
