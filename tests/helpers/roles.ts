/**
 * A server with the permissions of `examples/permissions/`, and its users.
 *
 * @module
 */

import { type NatsConnection, wsconnect, type WsConnectionOptions } from "@nats-io/nats-core";
import { Locker, newKeyValue } from "@x/natslock";
import { NatsServer } from "../../tools/nats/server.ts";

const FOLDER = new URL("../../examples/permissions/", import.meta.url);

/** The users in the permission files. */
export type Role = "jobs" | "observer" | "admin";

/**
 * Length of the lease in the bucket of the permission files, in milliseconds. It is so long that no lease expires
 * during a test.
 */
export const TTL = 60_000;

/** A server with roles and a bucket, and clients of it. */
export interface Roles {
  readonly server: NatsServer;
  /** JetStream API prefix of the candidate. */
  readonly apiPrefix: string;
  /** The connection of a role. Each call returns the same one. It is closed at the end of the test. */
  as(role: Role): Promise<NatsConnection>;
  /** A Locker of a role with its own connection. It is closed at the end of the test. */
  locker(role: Role, key: string): Promise<Locker>;
}

/** Contents of the permission files, by name. */
export async function permissionFiles(): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { name } of Deno.readDir(FOLDER)) files[name] = await Deno.readTextFile(new URL(name, FOLDER));
  return files;
}

/** The subjects that a permission file allows. */
export async function rightsOf(file: string): Promise<{ readonly publish: string[]; readonly subscribe: string[] }> {
  const text = (await Deno.readTextFile(new URL(file, FOLDER))).replaceAll(/#.*/g, "");
  const [publish = "", subscribe = ""] = text.split(/^subscribe:/m);
  const quoted = (part: string) => [...part.matchAll(/"([^"]+)"/g)].map(([, subject]) => subject ?? "");
  return { publish: quoted(publish), subscribe: quoted(subscribe) };
}

const passwordOf = (role: Role): string => `${role}-s3cret`;

/** The environment variables that the permission files use. */
export const PASSWORDS: Readonly<Record<string, string>> = {
  JOBS_PASSWORD: passwordOf("jobs"),
  OBSERVER_PASSWORD: passwordOf("observer"),
  ADMIN_PASSWORD: passwordOf("admin"),
};

/** Connection options of a role. */
export function credentials(role: Role): WsConnectionOptions {
  return { user: role, pass: passwordOf(role), inboxPrefix: `_INBOX_${role}` };
}

/** Runs a test body against a server that includes one of the permission files. The admin has created the bucket. */
export async function withRoles(file: string, body: (roles: Roles) => Promise<void>): Promise<void> {
  const config = `include "${file}"`;
  await using server = await NatsServer.start({ config, files: await permissionFiles(), env: PASSWORDS });
  const opened: { close(): Promise<unknown> }[] = [];
  const connections = new Map<Role, NatsConnection>();
  const as = async (role: Role) => {
    const nc = connections.get(role) ??
      await wsconnect({ servers: server.url, ...credentials(role), reconnect: false });
    if (!connections.has(role)) opened.push(nc);
    connections.set(role, nc);
    return nc;
  };
  const apiPrefix = file === "accounts.conf" ? "$JS.locks.API" : "$JS.API";
  const locker = async (role: Role, key: string) => {
    const connection = credentials(role);
    const options = { bucket: "locks", ttl: TTL, key, name: role, ...(role === "jobs" ? { apiPrefix } : {}) };
    const opening = await Locker.open({ servers: server.url, connection, ...options });
    opened.push(opening);
    return opening;
  };
  try {
    await newKeyValue(await as("admin"), "locks", TTL, { rollups: false });
    await body({ server, apiPrefix, as, locker });
  } finally {
    await Promise.all(opened.map((each) => each.close()));
  }
}
