/** Connects by websocket or TCP. Loads only the transport that it uses. */

import { SystemClock, toLockError } from "@x/natslock/internal";
import type { ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import process from "node:process";
import { jetstreamOptions } from "./domain.ts";
import { CliError, EXIT } from "./exit.ts";
import { Goodbye } from "./goodbye.ts";
import { type ConnectionFlags, type Settings, settingsOf } from "./settings.ts";
import { say } from "./say.ts";

/** A lease needs a connection that never gives up reconnecting, and that detects a dead connection quickly. */
const PATIENCE: ConnectionOptions = {
  name: "natslock",
  maxReconnectAttempts: -1,
  reconnectTimeWait: 250,
  reconnectJitter: 250,
  timeout: 5000,
  pingInterval: 5000,
  maxPingOut: 2,
};

/** A connection attempt that takes longer than this is reported, in milliseconds. */
const NOTICEABLE = 2000;

/**
 * Connects with the settings of the flags.
 *
 * @throws {CliError} if the settings cannot be used
 * @throws {ConnectionError} if the connection fails
 */
export async function connect(flags: ConnectionFlags): Promise<NatsConnection> {
  const settings = settingsOf(flags, process.env);
  // Refuses a wrong value before anything is sent.
  jetstreamOptions(flags);
  if (settings.way === "websocket" && typeof WebSocket !== "function") {
    const next = "use Node 22 or later, or a nats:// address";
    throw new CliError(EXIT.usage, "Cannot use a websocket address: this runtime has no WebSocket", next);
  }
  // A query can contain a secret.
  const where = settings.servers.map((address) => address.replace(/\?.*/, "")).join(", ");
  const hush = new SystemClock().after(NOTICEABLE, () => say(`Still connecting to ${where}`));
  try {
    return await dial(settings);
  } catch (cause) {
    throw toLockError(cause, `connect to ${where}`).error;
  } finally {
    hush();
  }
}

async function dial({ way, servers, options }: Settings): Promise<NatsConnection> {
  const all = { ...PATIENCE, ...options, servers: [...servers] };
  if (way === "tcp") return await (await import("./tcp.ts")).connect(all);
  return await (await import("./websocket.ts")).wsconnect(all);
}

/**
 * Runs work with a connection, then closes the connection. Closing waits at most `LONGEST_GOODBYE`, so that a server
 * that does not answer cannot keep the program from ending.
 */
export async function withConnection<T>(
  flags: ConnectionFlags,
  work: (nc: NatsConnection) => Promise<T>,
): Promise<T> {
  const nc = await connect(flags);
  const goodbye = new Goodbye(new SystemClock());
  try {
    return await work(nc);
  } finally {
    await goodbye.within(nc.close());
    goodbye[Symbol.dispose]();
  }
}
