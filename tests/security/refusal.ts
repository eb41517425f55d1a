/**
 * Asks a server whether a user may do something.
 *
 * @module
 */

import { headers, type NatsConnection } from "@nats-io/nats-core";
import type { Act } from "./forbidden_acts.ts";

/** Returns the headers of an act as an option of a request. */
export function head(pairs: Act["headers"] = []): { headers: ReturnType<typeof headers> } {
  const all = headers();
  for (const [name, value] of pairs) all.set(name, value);
  return { headers: all };
}

/** Returns the server's refusal of an act; `null` if the act is allowed. */
export async function refusalOf(
  nc: NatsConnection,
  { right, subject, body = "", ...act }: Pick<Act, "right" | "subject" | "body" | "headers">,
): Promise<unknown> {
  if (right !== "subscribe to") {
    return await nc.request(subject, body, { timeout: 5000, ...head(act.headers) }).then(() => null, (error) => error);
  }
  const { promise, resolve } = Promise.withResolvers<unknown>();
  nc.subscribe(subject, { callback: (error) => resolve(error) });
  // The refusal arrives before the reply to the ping.
  nc.flush().then(() => resolve(null), resolve);
  return await promise;
}
