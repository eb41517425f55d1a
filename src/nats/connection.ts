/** Opens and closes the connections of Lockers, each within a known time, whatever the server does. */

import { type NatsConnection, wsconnect, type WsConnectionOptions } from "@nats-io/nats-core";
import type { Clock } from "../base/clock.ts";
import { badParameter, BadParameterError } from "../base/errors.ts";
import { toLockError } from "./nats_errors.ts";
import type { ConnectionState } from "../store/store.ts";
import { wait } from "../base/wait.ts";
import { CLOSE_HANDSHAKE_TIMEOUT, webSocketOf, withCloseTimeout } from "./socket.ts";

/**
 * Options for `wsconnect` of `@nats-io/nats-core`, such as credentials, a name and reconnect settings. They take
 * precedence over the defaults of this library.
 * @internal Documented there.
 */
export type ConnectionSettings = WsConnectionOptions;

/** Where and how to connect. */
export interface ConnectRequest {
  readonly addresses: readonly string[];
  /**
   * Lease length in milliseconds. Pings are sent every third of it, but at least 1 s and at most 30 s apart. A
   * connection counts as dead if two of them get no reply.
   */
  readonly ttl: number;
  readonly settings?: ConnectionSettings | undefined;
  readonly clock: Clock;
  /** Once it is aborted, no further address is tried. */
  readonly signal: AbortSignal;
}

/** Longest wait for one address to answer, in milliseconds, unless the user's settings have another. */
const DIAL_TIMEOUT = 5000;

/** Longest wait until a connection is closed, in milliseconds: until its socket is, and the client has cleaned up. */
const CLOSE_TIMEOUT = 2000;

/**
 * Checks that all addresses are websocket addresses.
 * @throws {BadParameterError} for the first address that is not
 */
export function requireAddresses(addresses: readonly string[]): void {
  const odd = addresses.find((address) => !/^wss?:\/\//.test(address));
  if (odd !== undefined) throw badParameter("servers", 'ws:// or wss:// (for other transports pass an open "nc")', odd);
}

/**
 * Checks that a websocket can be made. Where that is impossible, as in Node 20, the client would wait forever.
 * @throws {BadParameterError} if the runtime has no WebSocket and the settings have no `wsFactory`
 */
export function requireWebSocket({ wsFactory }: ConnectionSettings = {}): void {
  if (wsFactory !== undefined || typeof WebSocket === "function") return;
  const remedy = 'use Node 22, set "connection.wsFactory", or pass an open connection of another transport as "nc"';
  throw new BadParameterError("servers", `Cannot connect to "servers": this runtime has no WebSocket; ${remedy}`);
}

/** Returns how long {@linkcode connect} takes at most, in ms; `Infinity` if the settings have `waitOnFirstConnect`. */
export function longestConnect({ length }: readonly string[], settings: ConnectionSettings = {}): number {
  const { timeout = DIAL_TIMEOUT, waitOnFirstConnect } = settings;
  return waitOnFirstConnect ? Infinity : length * (timeout + CLOSE_HANDSHAKE_TIMEOUT);
}

/**
 * Connects to the first address that answers. By default the connection reconnects without limit, and pings notice when
 * it is dead. The user's settings take precedence.
 * @throws {ConnectionError} if no address answers
 */
export async function connect(
  { addresses, ttl, settings = {}, clock, signal }: ConnectRequest,
): Promise<NatsConnection> {
  const reconnecting = {
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    timeout: DIAL_TIMEOUT,
    // Else the client records two stack traces for each request. The errors of this library have their own.
    noAsyncTraces: true,
  };
  const pings = { pingInterval: Math.min(30_000, Math.max(1000, Math.floor(ttl / 3))), maxPingOut: 2 };
  const make = settings.wsFactory ?? webSocketOf;
  const wsFactory: typeof make = async (...where) => {
    signal.throwIfAborted();
    const { socket, encrypted } = await make(...where);
    return { socket: withCloseTimeout(socket, clock), encrypted };
  };
  try {
    return await wsconnect({ ...reconnecting, ...pings, ...settings, wsFactory, servers: [...addresses] });
  } catch (cause) {
    throw toLockError(cause, `connect to ${addresses.join(", ")}`).error;
  }
}

/** The field of the client's own connection object that tells whether it is connected now. */
type Internals = { readonly protocol?: { readonly connected?: unknown } };

/**
 * Returns the state of a connection, as the client sees it; `null` for an object that does not tell whether it is
 * connected. The client notices by its pings that a server is frozen.
 */
export function stateOfConnection(nc: NatsConnection): ConnectionState | null {
  if (nc.isClosed()) return "closed";
  const { connected } = (nc as Internals).protocol ?? {};
  return typeof connected !== "boolean" ? null : connected ? "open" : "down";
}

/**
 * Closes a connection. Resolves when it is closed, at most 2 s later, and never rejects. A connection that is not
 * closed by then is abandoned: its socket ends when the server closes it.
 */
export function closeWithin(connection: { close(): Promise<void> }, clock: Clock): Promise<void> {
  return wait<void>(undefined, (done) => {
    connection.close().then(done, done);
    return clock.after(CLOSE_TIMEOUT, done);
  });
}
