/** Opens what a user asked for on a connection that he gave, or on a new one. */

import { SystemClock } from "../base/clock.ts";
import { BadParameterError, ConnectionError } from "../base/errors.ts";
import { WaitScope } from "../base/wait.ts";
import type { Connection } from "./bucket.ts";
import {
  closeWithin,
  connect,
  type ConnectionSettings,
  longestConnect,
  requireAddresses,
  requireWebSocket,
} from "./connection.ts";

/** How to connect, and to which bucket. */
export interface ConnectOptions {
  /** WebSocket addresses of the servers. Give either these or `nc`. */
  readonly servers?: string | readonly string[];
  /**
   * Settings for `wsconnect`, such as credentials. With `waitOnFirstConnect`, only `signal` ends the wait for servers
   * that cannot be reached.
   */
  readonly connection?: ConnectionSettings;
  /** Open connection to use instead of `servers`. It stays open when what was opened on it is closed. */
  readonly nc?: Connection;
  /** Name of the bucket. It is created if it does not exist. */
  readonly bucket: string;
  /** Aborts `open()` with the signal's own reason. Has no effect once it has resolved. */
  readonly signal?: AbortSignal;
}

/** Longest wait for everything about the bucket, in milliseconds. */
const SETUP_TIMEOUT = 10_000;

/**
 * Checks how to connect. Sends nothing.
 *
 * @throws {BadParameterError} if there is nothing to connect to, or no way to
 */
export function requireConnectable({ servers = [], nc, connection }: ConnectOptions): void {
  const addresses = addressesOf(servers);
  if (nc) return;
  if (addresses.length === 0) {
    throw new BadParameterError("servers", `Cannot open a connection: "servers" or "nc" is required`);
  }
  requireAddresses(addresses);
  requireWebSocket(connection);
}

/**
 * Connects, unless `nc` is given, and calls `setUp` with the connection. If that fails, closes the connection that it
 * made. `ttl`: lease length of what is kept on the connection, in milliseconds, by which a dead connection is noticed.
 */
export async function openOn<Opened>(
  { servers = [], nc: given, bucket, connection: settings, signal: outer }: ConnectOptions,
  ttl: number,
  setUp: (nc: Connection) => Promise<Opened>,
): Promise<{ readonly opened: Opened; readonly close: (() => Promise<void>) | null }> {
  const addresses = given ? [] : addressesOf(servers);
  const clock = new SystemClock();
  const late = new AbortController();
  const scope = new WaitScope(outer, late.signal);
  const { ended, signal } = scope;
  const limit = longestConnect(addresses, settings) + SETUP_TIMEOUT;
  const error = new ConnectionError("timeout", `Cannot open bucket "${bucket}" within ${limit} ms`);
  const cancel = limit < Infinity ? clock.after(limit, () => late.abort(error)) : () => {};
  const connecting = given ? Promise.resolve(given) : connect({ addresses, ttl, settings, clock, signal });
  try {
    const nc = await Promise.race([ended, connecting]);
    const opened = await Promise.race([ended, setUp(nc)]);
    return { opened, close: given ? null : () => closeWithin(nc, clock) };
  } catch (error) {
    const closed = given ? null : connecting.then((nc) => closeWithin(nc, clock), () => {});
    if (!signal.aborted) await closed;
    throw error;
  } finally {
    cancel();
    scope[Symbol.dispose]();
  }
}

const addressesOf = (servers: string | readonly string[]): readonly string[] => [servers].flat();
