/**
 * Connections: what is asked of one, and how one is made for locks.
 *
 * @module
 */

import { type NatsConnection, wsconnect, type WsConnectionOptions } from "@nats-io/nats-core";
import { badParameter } from "./errors.ts";
import { troubleOf } from "./nats_trouble.ts";

/**
 * An open NATS connection: of `@nats-io/nats-core`, `@nats-io/transport-node` or `-deno`, or `nats.ws` 1.30. Only its
 * shape is asked for, since an application may carry another copy of the client than this library.
 */
export interface Connection {
  /** Sends a request and resolves to its answer. */
  request(subject: string, payload?: never, options?: never): Promise<unknown>;
  /** True once the connection is closed for good. */
  isClosed(): boolean;
  /** Closes the connection. */
  close(): Promise<void>;
}

/**
 * What is passed on to `wsconnect` of `@nats-io/nats-core`: credentials, names, reconnect settings.
 *
 * @internal Documented there.
 */
export type ConnectionSettings = WsConnectionOptions;

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
  const addresses = [servers].flat();
  const odd = addresses.find((address) => !/^wss?:\/\//.test(address));
  if (odd !== undefined) {
    throw badParameter("servers", 'ws:// or wss:// addresses (for other transports pass a connection as "nc")', odd);
  }
  try {
    return await wsconnect({
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      reconnectJitter: 250,
      // A half-open connection is noticed after two pings without an answer.
      pingInterval: Math.min(30_000, Math.max(1000, Math.floor(options.ttl / 3))),
      maxPingOut: 2,
      timeout: 5000,
      ...options.settings,
      servers: addresses,
    });
  } catch (cause) {
    throw troubleOf(cause, `connect to ${addresses.join(", ")}`).error;
  }
}
