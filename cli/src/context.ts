/** Contexts of the `nats` command line: named connection settings in files. */

import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { CliError, EXIT } from "./exit.ts";

/** The fields of a context file that a connection is made of. */
export interface NatsContext {
  /** Addresses, separated by commas. */
  readonly url?: string;
  /** User name. */
  readonly user?: string;
  /** Password. */
  readonly password?: string;
  /** Token in place of user and password. */
  readonly token?: string;
  /** Path of a credentials file. */
  readonly creds?: string;
  /** Path of an nkey seed file. */
  readonly nkey?: string;
  /** A JWT. */
  readonly user_jwt?: string;
  /** The seed of that JWT's user. */
  readonly user_seed?: string;
  /** Path of the TLS certificate. */
  readonly cert?: string;
  /** Path of its key. */
  readonly key?: string;
  /** Path of the certificate authority. */
  readonly ca?: string;
  /** True if TLS comes before the server's greeting. */
  readonly tls_first?: boolean;
  /** Prefix of inboxes. */
  readonly inbox_prefix?: string;
}

/** What a context may say that would be passed over in silence otherwise. */
const UNSUPPORTED = ["jetstream_domain", "jetstream_api_prefix", "socks_proxy", "nsc"] as const;

/** Folder of the `nats` command line's settings. */
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
 * The context of a name (or path of a file), else the one that `nats context select` chose, else none.
 * @throws {CliError} if it cannot be read, or says what this program does not heed
 */
export function natsContext(name: string | undefined, env: NodeJS.ProcessEnv): NatsContext {
  const wanted = name || selected(env);
  if (wanted === "") return {};
  const path = /[/\\]|\.json$/.test(wanted) ? wanted : join(folder(env), "context", `${wanted}.json`);
  let context: NatsContext & Readonly<Record<string, unknown>>;
  try {
    context = JSON.parse(readFileSync(path, "utf8")) as typeof context;
  } catch (error) {
    const why = error instanceof SyntaxError ? "it is no JSON" : "it cannot be read";
    const next = 'see "nats context ls", or name another by --context';
    throw new CliError(EXIT.usage, `Cannot use context "${wanted}": ${why} (${path})`, next);
  }
  const odd = UNSUPPORTED.find((field) => context[field]);
  if (odd === undefined) return context;
  const message = `Cannot use context "${wanted}": it sets "${odd}", which natslock does not heed`;
  throw new CliError(EXIT.usage, message, "name a context without it by --context");
}
