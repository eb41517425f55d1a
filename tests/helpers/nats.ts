/**
 * Connections to a real server that are closed at the end of a test.
 *
 * @module
 */

import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { type Locker, newKeyValue } from "@x/natslock";
import { NatsServer, type NatsServerOptions } from "../../tools/nats/server.ts";

/** A server and a connection to it. */
export interface Lab {
  readonly server: NatsServer;
  readonly nc: NatsConnection;
  /** Opens another connection, which is closed at the end of the test. */
  connect(url?: string): Promise<NatsConnection>;
}

/** Runs a test body against its own server. */
export async function withServer(body: (lab: Lab) => Promise<void>, options: NatsServerOptions = {}): Promise<void> {
  await using server = await NatsServer.start(options);
  await withConnections(server.url, (nc, connect) => body({ server, nc, connect }));
}

/** Runs a test body with connections, and closes them afterwards. */
export async function withConnections(
  url: string,
  body: (nc: NatsConnection, connect: (url?: string) => Promise<NatsConnection>) => Promise<unknown>,
): Promise<void> {
  const opened: NatsConnection[] = [];
  const connect = async (to = url) => {
    const nc = await wsconnect({ servers: to, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    opened.push(nc);
    return nc;
  };
  try {
    await body(await connect(), connect);
  } finally {
    await Promise.all(opened.map((nc) => nc.close()));
  }
}

/** Number of messages that `work` sent on a connection. */
export async function messagesOf(nc: NatsConnection, work: () => Promise<unknown>): Promise<number> {
  const before = nc.stats().outMsgs;
  await work();
  return nc.stats().outMsgs - before;
}

/** The connection that `Locker.open()` created. */
export function connectionOf({ kv }: Locker): NatsConnection {
  return (kv as unknown as { js: { nc: NatsConnection } }).js.nc;
}

export { newKeyValue };
