import type { NatsConnection } from "@nats-io/nats-core";

/** Resolves after the connection has made `tries` more attempts to reconnect. Rejects if it is closed before that. */
export async function reconnects(nc: Pick<NatsConnection, "status">, tries: number): Promise<void> {
  let seen = 0;
  for await (const { type } of nc.status()) if (type === "reconnecting" && ++seen === tries) return;
  throw new Error(`The connection was closed after ${seen} tries to reconnect`);
}
