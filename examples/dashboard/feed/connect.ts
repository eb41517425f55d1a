/** Connects a page to NATS, and explains why a connection failed. */

import { credsAuthenticator, type NatsConnection, wsconnect } from "@nats-io/nats-core";
import type { LinkTrouble, Settings } from "../model/link.ts";

/** A connection could not be opened, or was refused. */
export class LinkError extends Error {
  override readonly name = "LinkError";
  /** The kind of failure. */
  readonly why: LinkTrouble;

  constructor(why: LinkTrouble, message: string, cause?: unknown) {
    super(message, { cause });
    this.why = why;
  }
}

const PATIENCE = 6000;
/** Detects a dead connection within about 15 s. By then, leases of that length are already shown as run out. */
const PING = 5000;

/** Opens a connection that reconnects by itself. @throws {LinkError} if it cannot be opened */
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

/** Returns what an error of the NATS client means for the page. */
export function linkErrorOf(cause: unknown): LinkError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const names = namesOf(cause);
  if (/Authorization|Expired|Violation/.test(names) || /authoriz|authentication|expired/i.test(text)) {
    return new LinkError("refused", text, cause);
  }
  return new LinkError("unreachable", text, cause);
}

/** Returns the prefix of the reply subjects. */
export function inboxPrefixOf({ inboxPrefix, user }: Settings): string {
  return inboxPrefix || (user ? `_INBOX_${user}` : "_INBOX");
}

function requireAddress(servers: string): void {
  if (!/^wss?:\/\/[^\s/]+/.test(servers)) {
    throw new LinkError("address", `"${servers}" is not a websocket address: it must begin with ws:// or wss://`);
  }
  if (location.protocol === "https:" && servers.startsWith("ws://")) {
    throw new LinkError("address", "A page from https: may connect to wss:// only");
  }
}

function namesOf(error: unknown): string {
  return error instanceof Error ? `${error.name} ${namesOf(error.cause)}` : "";
}
