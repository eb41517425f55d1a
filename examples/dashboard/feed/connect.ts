/** Connects a page to NATS, and says in its own words why it could not. */

import { credsAuthenticator, type NatsConnection, wsconnect } from "@nats-io/nats-core";
import type { LinkTrouble, Settings } from "../model/link.ts";

/** A connection that was not to be had. */
export class LinkError extends Error {
  override readonly name = "LinkError";
  /** In one word. */
  readonly why: LinkTrouble;

  constructor(why: LinkTrouble, message: string, cause?: unknown) {
    super(message, { cause });
    this.why = why;
  }
}

const PATIENCE = 6000;
/** Finds out within some 15 seconds that a line is dead; then each lease has been shown as run out already. */
const PING = 5000;

/** Opens a connection that comes back by itself. @throws {LinkError} */
export async function connect(settings: Settings): Promise<NatsConnection> {
  const { servers, user, pass, token, creds } = settings;
  requireAddress(servers);
  try {
    return await wsconnect({
      servers,
      name: "natslock dashboard",
      inboxPrefix: inboxPrefixOf(settings),
      ...{ timeout: PATIENCE, pingInterval: PING, maxPingOut: 2 },
      ...{ maxReconnectAttempts: -1, reconnectTimeWait: 500, reconnectJitter: 100 },
      ...user ? { user, pass: pass ?? "" } : {},
      ...token ? { token } : {},
      ...creds ? { authenticator: credsAuthenticator(new TextEncoder().encode(creds)) } : {},
    });
  } catch (cause) {
    throw linkErrorOf(cause);
  }
}

/** What the client's error means for the page. */
export function linkErrorOf(cause: unknown): LinkError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const names = namesOf(cause);
  if (/Authorization|Expired|Violation/.test(names) || /authoriz|authentication|expired/i.test(text)) {
    return new LinkError("refused", text, cause);
  }
  return new LinkError("unreachable", text, cause);
}

/** What the subjects of answers begin with. */
export function inboxPrefixOf({ inboxPrefix, user }: Settings): string {
  return inboxPrefix || (user ? `_INBOX_${user}` : "_INBOX");
}

function requireAddress(servers: string): void {
  if (!/^wss?:\/\/[^\s/]+/.test(servers)) {
    throw new LinkError("address", `"${servers}" is no websocket address: it begins with ws:// or wss://`);
  }
  if (location.protocol === "https:" && servers.startsWith("ws://")) {
    throw new LinkError("address", "A page that came by https may connect to wss:// only");
  }
}

function namesOf(error: unknown): string {
  return error instanceof Error ? `${error.name} ${namesOf(error.cause)}` : "";
}
