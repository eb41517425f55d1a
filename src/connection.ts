/**
 * Connections made for locks.
 *
 * @module
 */

import { type NatsConnection, wsconnect, type WsConnectionOptions } from "@nats-io/nats-core";
import { BadParameterError, show } from "./errors.ts";
import { troubleOf } from "./nats_trouble.ts";

/**
 * What is passed on to `wsconnect` of `@nats-io/nats-core`: credentials, names, reconnect settings.
 *
 * @internal Documented there.
 */
export type ConnectionSettings = WsConnectionOptions;

/** A half-open connection is noticed after two of these; a third of the lease length, in milliseconds, within bounds. */
const SHORTEST_PING = 1000;
const LONGEST_PING = 30_000;

/** A server that accepts but does not answer is given up after this, in milliseconds. */
const CONNECT_TIMEOUT = 5000;

/**
 * Connects over a websocket with settings fit for locks: it never gives up reconnecting, and notices a dead connection
 * within a lease length. The user's own settings go before ours.
 *
 * @param servers `ws://` or `wss://` addresses
 * @param options `ttl`: lease length in milliseconds; `settings`: passed on
 * @throws {BadParameterError} if an address is none of a websocket
 * @throws {ConnectionError} if no server can be reached or the credentials are refused
 */
export async function connectForLocks(
  servers: string | readonly string[],
  options: { readonly ttl: number; readonly settings?: ConnectionSettings | undefined },
): Promise<NatsConnection> {
  const addresses = typeof servers === "string" ? [servers] : [...servers];
  for (const address of addresses) requireWebsocket(address);
  const pingInterval = Math.min(LONGEST_PING, Math.max(SHORTEST_PING, Math.floor(options.ttl / 3)));
  try {
    return await wsconnect({
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      reconnectJitter: 250,
      pingInterval,
      maxPingOut: 2,
      timeout: CONNECT_TIMEOUT,
      ...options.settings,
      servers: addresses,
    });
  } catch (cause) {
    throw troubleOf(cause, `connect to ${addresses.join(", ")}`).error;
  }
}

function requireWebsocket(address: string): void {
  if (/^wss?:\/\//.test(address)) return;
  throw new BadParameterError(
    "servers",
    `Cannot use "servers": must be ws:// or wss:// addresses (for other transports pass a connection as "nc"), ` +
      `current value is ${show(address)}`,
  );
}
