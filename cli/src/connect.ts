/** Connects by websocket or TCP. Loads only the transport that it uses. */

import { type Clock, ConnectionError } from "@x/natslock";
import { SystemClock, toLockError } from "@x/natslock/internal";
import type { ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import process from "node:process";
import { jetstreamOptions } from "./domain.ts";
import { CliError, EXIT } from "./exit.ts";
import { Goodbye } from "./goodbye.ts";
import { type ConnectionFlags, type Settings, settingsOf } from "./settings.ts";
import { say } from "./say.ts";
import { wrongPort } from "./wrong_port.ts";

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
const NOTICEABLE = 1500;

/** After this time without a connection, the port is checked, in milliseconds. */
const SUSPICIOUS = 700;

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
  const clock = new SystemClock();
  const hush = clock.after(NOTICEABLE, () => say(`Still connecting to ${where}`));
  const wait = { end: () => {} };
  try {
    return await Promise.race([dial(settings), misdirected(settings, wait, clock)]);
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const { error } = toLockError(cause, `connect to ${where}`);
    const isOpen = error instanceof ConnectionError && (error.why === "unavailable" || error.why === "timeout");
    throw (isOpen ? await wrongPort(settings) : null) ?? error;
  } finally {
    hush();
    wait.end();
  }
}

/**
 * Rejects if the only server does not answer soon and its port is of the other kind. A NATS client would wait for its
 * greeting until the time is up. Never resolves.
 */
function misdirected(settings: Settings, wait: { end: () => void }, clock: Clock): Promise<never> {
  return new Promise((_, reject) => {
    if (settings.servers.length > 1) return;
    wait.end = clock.after(SUSPICIOUS, async () => {
      const error = await wrongPort(settings);
      if (error !== null) reject(error);
    });
  });
}

async function dial({ way, servers, options }: Settings): Promise<NatsConnection> {
  const all = { ...PATIENCE, ...options, servers: [...servers] };
  const { connect } = way === "tcp" ? await import("./tcp.ts") : await import("./websocket.ts");
  return await connect(all);
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
