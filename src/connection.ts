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
 * @internal Documented there.
 */
export type ConnectionSettings = WsConnectionOptions;

/**
 * Connects over a websocket so that it never gives up reconnecting and notices a dead connection within a lease length
 * (`ttl`, in milliseconds). The user's own settings go before ours.
 * @throws {BadParameterError} if an address is none of a websocket
 * @throws {ConnectionError} if no server can be reached or the credentials are refused
 */
export async function connectForLocks(
  servers: string | readonly string[],
  { ttl, settings }: { readonly ttl: number; readonly settings?: ConnectionSettings | undefined },
): Promise<NatsConnection> {
  const addresses = [servers].flat();
  const odd = addresses.find((address) => !/^wss?:\/\//.test(address));
  if (odd !== undefined) throw badParameter("servers", 'ws:// or wss:// (for other transports pass an open "nc")', odd);
  const patience = { maxReconnectAttempts: -1, reconnectTimeWait: 250, reconnectJitter: 250, timeout: 5000 };
  const pings = { pingInterval: Math.min(30_000, Math.max(1000, Math.floor(ttl / 3))), maxPingOut: 2 };
  try {
    return await wsconnect({ ...patience, ...pings, ...settings, servers: addresses });
  } catch (cause) {
    throw troubleOf(cause, `connect to ${addresses.join(", ")}`).error;
  }
}
