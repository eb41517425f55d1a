/** The connections that Lockers make: each is made and closed within a known time, whatever the other end does. */

import { type NatsConnection, wsconnect, type WsConnectionOptions } from "@nats-io/nats-core";
import type { Clock } from "../base/clock.ts";
import { badParameter, BadParameterError } from "../base/errors.ts";
import { toLockError } from "./nats_errors.ts";
import { wait } from "../base/wait.ts";

/**
 * What is passed on to `wsconnect` of `@nats-io/nats-core`: credentials, names, reconnect settings.
 * @internal Documented there.
 */
export type ConnectionSettings = WsConnectionOptions;

/** Where to connect, and how. */
export interface Dialling {
  readonly addresses: readonly string[];
  /** Lease length in milliseconds, so that a dead connection is noticed within it. */
  readonly ttl: number;
  readonly settings?: ConnectionSettings | undefined;
  readonly clock: Clock;
  /** No further address is tried once it is aborted. */
  readonly signal: AbortSignal;
}

/** Longest wait for one address to answer, in milliseconds, unless the user's settings say another. */
const LONGEST_DIAL = 5000;

/** Longest wait for the other end to agree that a socket is closed, in milliseconds. */
const LONGEST_GOODBYE = 1000;

/** Longest wait for a connection to be closed, in milliseconds: its socket, and what the client does besides. */
const LONGEST_CLOSE = 2000;

/** `readyState` of a socket that is closed. */
const CLOSED = 3;

/** @throws {BadParameterError} for the first address that is none of a websocket */
export function requireAddresses(addresses: readonly string[]): void {
  const odd = addresses.find((address) => !/^wss?:\/\//.test(address));
  if (odd !== undefined) throw badParameter("servers", 'ws:// or wss:// (for other transports pass an open "nc")', odd);
}

/** @throws {BadParameterError} if there is nothing to make a websocket with, as in Node 20: the client would wait for ever */
export function requireWebSocket({ wsFactory }: ConnectionSettings = {}): void {
  if (wsFactory !== undefined || typeof WebSocket === "function") return;
  const remedy = 'take Node 22, pass "connection.wsFactory", or open a connection of another transport as "nc"';
  throw new BadParameterError("servers", `Cannot connect to "servers": this runtime has no WebSocket; ${remedy}`);
}

/** How long {@linkcode connect} takes at most, in milliseconds; endless if the user's settings say so. */
export function longestConnect({ length }: readonly string[], settings: ConnectionSettings = {}): number {
  const { timeout = LONGEST_DIAL, waitOnFirstConnect } = settings;
  return waitOnFirstConnect ? Infinity : length * (timeout + LONGEST_GOODBYE);
}

/** Never gives up reconnecting, and notices a dead connection within a lease length; the user's settings go before. */
export async function connect(
  { addresses, ttl, settings = {}, clock, signal }: Dialling,
): Promise<NatsConnection> {
  const reconnecting = {
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    timeout: LONGEST_DIAL,
  };
  const pings = { pingInterval: Math.min(30_000, Math.max(1000, Math.floor(ttl / 3))), maxPingOut: 2 };
  const make = settings.wsFactory ??
    ((url: string) => Promise.resolve({ socket: new WebSocket(url), encrypted: url.startsWith("wss:") }));
  const wsFactory: typeof make = async (...where) => {
    signal.throwIfAborted();
    const { socket, encrypted } = await make(...where);
    return { socket: soonClosed(socket, clock), encrypted };
  };
  try {
    return await wsconnect({ ...reconnecting, ...pings, ...settings, wsFactory, servers: [...addresses] });
  } catch (cause) {
    throw toLockError(cause, `connect to ${addresses.join(", ")}`).error;
  }
}

/**
 * A socket that counts as closed a second after it was told to close.
 *
 * No runtime has a limit for the closing handshake, and the client waits for its end before it dials again, gives up an
 * address, or calls itself closed. A frozen server would hold all of that up for as long as it is frozen.
 */
function soonClosed(socket: WebSocket, clock: Clock): WebSocket {
  const end = socket.close;
  let closing = false;
  const close = (...why: Parameters<WebSocket["close"]>) => {
    end.apply(socket, why);
    if (closing || socket.readyState === CLOSED) return;
    closing = true;
    const event = { wasClean: true, reason: "" } as CloseEvent;
    const cancel = clock.after(LONGEST_GOODBYE, () => socket.onclose?.(event));
    socket.addEventListener("close", cancel);
  };
  // The client would wait, before it closes, for all to be sent; a socket sends what it has before its own goodbye.
  return Object.defineProperties(socket, { close: { value: close }, bufferedAmount: { value: 0 } });
}

/**
 * Closes a connection. Resolves when it is closed, at most 2 s later, and never rejects: what is not closed by then is
 * no longer used, and its socket ends with the other end.
 */
export function closeSoon(connection: { close(): Promise<void> }, clock: Clock): Promise<void> {
  return wait<void>(undefined, (done) => {
    connection.close().then(done, done);
    return clock.after(LONGEST_CLOSE, done);
  });
}
