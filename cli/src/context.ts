/** Contexts of the `nats` CLI: named connection settings in files. */

import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { CliError, EXIT } from "./exit.ts";

/** The fields of a context file that `natslock` uses. */
export interface NatsContext {
  /** Addresses, separated by commas. */
  readonly url?: string;
  /** User name. */
  readonly user?: string;
  /** Password. */
  readonly password?: string;
  /** Token instead of user and password. */
  readonly token?: string;
  /** Path of a credentials file. */
  readonly creds?: string;
  /** Path of an nkey seed file. */
  readonly nkey?: string;
  /** A JWT. */
  readonly user_jwt?: string;
  /** Nkey seed of the user of that JWT. */
  readonly user_seed?: string;
  /** Path of the TLS certificate. */
  readonly cert?: string;
  /** Path of the TLS key. */
  readonly key?: string;
  /** Path of the TLS certificate authority. */
  readonly ca?: string;
  /** True if the TLS handshake comes before the server's greeting. */
  readonly tls_first?: boolean;
  /** JetStream domain. */
  readonly jetstream_domain?: string;
  /** Prefix of the JetStream API subjects. */
  readonly jetstream_api_prefix?: string;
  /** Prefix of the inbox subjects. */
  readonly inbox_prefix?: string;
}

/** Fields that natslock does not support. They are an error, because ignoring them could reach the wrong server. */
const UNSUPPORTED = ["socks_proxy", "nsc"] as const;

/** Returns the settings folder of the `nats` CLI. */
function folder(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), ".config"), "nats");
}

function selected(env: NodeJS.ProcessEnv): string {
  try {
    return readFileSync(join(folder(env), "context.txt"), "utf8").trim();
  } catch {
    return "";
  }
}

/**
 * Reads the context with this name or file path. Without a name, reads the context that `nats context select` chose.
 * Returns an empty context if none is selected.
 *
 * @throws {CliError} if the file cannot be read, or sets a field that natslock does not support
 */
export function natsContext(name: string | undefined, env: NodeJS.ProcessEnv): NatsContext {
  const wanted = name || selected(env);
  if (wanted === "") return {};
  const path = /[/\\]|\.json$/.test(wanted) ? wanted : join(folder(env), "context", `${wanted}.json`);
  let context: NatsContext & Readonly<Record<string, unknown>>;
  try {
    context = JSON.parse(readFileSync(path, "utf8")) as typeof context;
  } catch (error) {
    const why = error instanceof SyntaxError ? "it is not JSON" : "it cannot be read";
    const next = 'see "nats context ls", or set another with --context';
    throw new CliError(EXIT.usage, `Cannot use context "${wanted}": ${why} (${path})`, next);
  }
  const odd = UNSUPPORTED.find((field) => context[field]);
  if (odd === undefined) return context;
  const message = `Cannot use context "${wanted}": it sets "${odd}", which natslock does not support`;
  throw new CliError(EXIT.usage, message, "set a context without it with --context");
}

/** Returns the names of all contexts. */
export function contextNames(env: NodeJS.ProcessEnv): string[] {
  try {
    const files = readdirSync(join(folder(env), "context"));
    return files.filter((file) => file.endsWith(".json")).map((file) => file.slice(0, -".json".length));
  } catch {
    return [];
  }
}
