/** JetStream of a domain, or of another account that exports its API. */

import { jetstreamManager } from "@nats-io/jetstream";
import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import process from "node:process";
import { natsContext } from "./context.ts";
import { CliError, EXIT } from "./exit.ts";
import type { ConnectionFlags } from "./settings.ts";

/** Timeout of one request, in milliseconds. */
export const ANSWER_TIMEOUT = 5000;

/** The prefix of the API subjects. It is missing for the JetStream of the own account and domain. */
export type JetStreamPlace = { readonly apiPrefix?: string };

/**
 * Returns the prefix of the API subjects. `--js-domain` and `--js-api-prefix` replace both fields of the context. If a
 * context has both fields, the domain counts, as in the `nats` CLI.
 *
 * @throws {CliError} if a value cannot be part of a subject, or both flags are set
 */
export function jetstreamOptions(flags: ConnectionFlags, env: NodeJS.ProcessEnv = process.env): JetStreamPlace {
  const { jsDomain, jsApiPrefix } = flags;
  if (jsDomain && jsApiPrefix) {
    throw new CliError(EXIT.usage, "Cannot use --js-domain with --js-api-prefix", "use only one of them");
  }
  if (jsDomain) return ofDomain(jsDomain, "--js-domain");
  if (jsApiPrefix) return ofPrefix(jsApiPrefix, "--js-api-prefix");
  const { jetstream_domain: domain, jetstream_api_prefix: prefix } = natsContext(flags.context, env);
  if (domain) return ofDomain(domain, "jetstream_domain");
  return prefix ? ofPrefix(prefix, "jetstream_api_prefix") : {};
}

function ofDomain(domain: string, field: string): JetStreamPlace {
  if (/^[^\s.*>]+$/.test(domain)) return { apiPrefix: `$JS.${domain}.API` };
  throw new CliError(EXIT.usage, `Cannot use ${field} "${domain}": must be one word without dots`, "for example hub");
}

function ofPrefix(text: string, field: string): JetStreamPlace {
  const prefix = text.replace(/\.$/, "");
  if (/^[^\s.*>]+(?:\.[^\s.*>]+)*$/.test(prefix)) return { apiPrefix: prefix };
  const message = `Cannot use ${field} "${text}": must be a subject without wildcards`;
  throw new CliError(EXIT.usage, message, 'for example "JS.other.API"');
}

/** Returns a client for requests about streams. */
export function managerOf(nc: NatsConnection, flags: ConnectionFlags): Promise<JetStreamManager> {
  return jetstreamManager(nc, { ...jetstreamOptions(flags), timeout: ANSWER_TIMEOUT, checkAPI: false });
}
