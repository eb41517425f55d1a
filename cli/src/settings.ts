/** Finds the servers and credentials: from flags, then the environment, then a context of the `nats` CLI. */

import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { credsAuthenticator, jwtAuthenticator, nkeyAuthenticator } from "@nats-io/nats-core";
import type { Authenticator, ConnectionOptions } from "@nats-io/nats-core";
import { type NatsContext, natsContext } from "./context.ts";
import { CliError, EXIT } from "./exit.ts";

/** The flags of every command that connects. The parser has already added values from the environment. */
export interface ConnectionFlags {
  readonly servers?: string;
  readonly server?: string;
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  readonly creds?: string;
  readonly nkey?: string;
  readonly context?: string;
  readonly tlscert?: string;
  readonly tlskey?: string;
  readonly tlsca?: string;
  readonly tlsfirst?: boolean;
  readonly inboxPrefix?: string;
  readonly jsDomain?: string;
  readonly jsApiPrefix?: string;
  readonly bucket: string;
  readonly verbose?: boolean;
}

/** Connection settings, and the transport. */
export interface Settings {
  /** The transport. */
  readonly way: "websocket" | "tcp";
  /** Addresses without credentials. */
  readonly servers: readonly string[];
  /** Credentials and TLS. */
  readonly options: ConnectionOptions;
}

const DEFAULT_SERVER = "nats://127.0.0.1:4222";

/**
 * Combines flags, environment and context into connection settings.
 *
 * @throws {CliError} if a value cannot be used or a file cannot be read
 */
export function settingsOf(flags: ConnectionFlags, env: NodeJS.ProcessEnv): Settings {
  const context = natsContext(flags.context, env);
  const given = flags.server || flags.servers || context.url || DEFAULT_SERVER;
  const addresses = given.split(",").map((address) => addressOf(address.trim()));
  const ways = new Set(addresses.map(({ protocol }) => /^wss?:$/.test(protocol) ? "websocket" : "tcp"));
  const [way = "tcp"] = ways;
  if (ways.size > 1) {
    throw new CliError(EXIT.usage, "Cannot use websocket and TCP addresses together", "use one kind in --servers");
  }
  const [first] = addresses;
  const inUrl = first ? userIn(first) : {};
  const secure = addresses.some(({ protocol }) => protocol === "tls:");
  return {
    way,
    servers: addresses.map((address) => plainAddress(address)),
    options: { ...credentials(flags, inUrl, context), ...tlsOf(flags, context, secure), ...inboxOf(flags, context) },
  } as Settings;
}

function addressOf(text: string): URL {
  const address = /^[a-z]+:\/\//.test(text) ? text : `nats://${text}`;
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url?.hostname && ["nats:", "tls:", "ws:", "wss:"].includes(url.protocol)) return url;
  // A mistyped address can contain a password.
  const shown = text.replace(/\/\/[^@]*@/, "//");
  const message = `Cannot use server "${shown}": must start with nats://, tls://, ws:// or wss://`;
  throw new CliError(EXIT.usage, message, `for example "${DEFAULT_SERVER}"`);
}

/** Returns the address without credentials. The query of a websocket address can select a backend behind a proxy. */
function plainAddress({ protocol, host, pathname, search }: URL): string {
  return `${protocol}//${host}${pathname === "/" && search === "" ? "" : pathname}${search}`;
}

function userIn({ username, password }: URL): UserAndPassword {
  if (username === "") return {};
  const user = decodeURIComponent(username);
  return password === "" ? { user } : { user, password: decodeURIComponent(password) };
}

type UserAndPassword = Pick<ConnectionFlags, "user" | "password">;

/** Returns the credentials of the first source that has any: flags and environment, the address, the context. */
function credentials(flags: ConnectionFlags, inUrl: UserAndPassword, context: NatsContext): ConnectionOptions {
  for (const source of [flags, inUrl, context] as readonly NatsContext[]) {
    const authenticator = authenticatorOf(source);
    if (authenticator) return { authenticator };
    const { user, password: pass, token } = source;
    if (token) return { token };
    // Like the `nats` CLI: a user without a password is a token.
    if (user) return pass === undefined ? { token: user } : { user, pass };
  }
  return {};
}

function authenticatorOf({ creds, nkey, user_jwt: jwt, user_seed: seed }: NatsContext): Authenticator | null {
  if (creds) return credsAuthenticator(readSecret(creds, "creds"));
  if (nkey) return nkeyAuthenticator(seedIn(readSecret(nkey, "nkey")));
  if (jwt) return jwtAuthenticator(jwt, seed ? new TextEncoder().encode(seed) : undefined);
  return null;
}

function readSecret(path: string, flag: string): Uint8Array {
  try {
    return readFileSync(inHome(path));
  } catch {
    throw new CliError(EXIT.usage, `Cannot read the file "${path}" of --${flag}`, "check the path and the permissions");
  }
}

/** Finds the seed in a file that can also contain comments and header lines. */
function seedIn(file: Uint8Array): Uint8Array {
  const seed = /\bS[UAONC][A-Z2-7]{56}\b/.exec(new TextDecoder().decode(file))?.[0];
  if (seed) return new TextEncoder().encode(seed);
  throw new CliError(EXIT.usage, "Cannot use --nkey: the file contains no seed", "use a file with a user seed (SU...)");
}

const inHome = (path: string): string => path.replace(/^~(?=\/)/, homedir());

function tlsOf(flags: ConnectionFlags, context: NatsContext, secure: boolean): ConnectionOptions {
  const [certFile, keyFile, caFile] = [
    flags.tlscert ?? context.cert,
    flags.tlskey ?? context.key,
    flags.tlsca ?? context.ca,
  ];
  const handshakeFirst = flags.tlsfirst ?? context.tls_first ?? false;
  if (!secure && !certFile && !caFile && !handshakeFirst) return {};
  const files = Object.entries({ certFile, keyFile, caFile }).filter(([, path]) => path);
  return { tls: { ...Object.fromEntries(files.map(([name, path = ""]) => [name, inHome(path)])), handshakeFirst } };
}

function inboxOf(flags: ConnectionFlags, { inbox_prefix }: NatsContext): ConnectionOptions {
  const inboxPrefix = flags.inboxPrefix ?? inbox_prefix;
  return inboxPrefix ? { inboxPrefix } : {};
}
