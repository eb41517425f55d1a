/** The websocket transport. In a module of its own so that it is loaded only when it is used. */

import { type ConnectionOptions, type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { webSocketOf } from "@x/natslock/internal";

/** Connects by websocket, as the library itself does. */
export function connect(options: ConnectionOptions): Promise<NatsConnection> {
  return wsconnect({ ...options, wsFactory: webSocketOf });
}
