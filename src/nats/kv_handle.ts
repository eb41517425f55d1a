/** The KV handle of a NATS client, through which a store reaches its bucket and connection. */

import type { KV } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import { badParameter } from "../base/errors.ts";

/**
 * A KV handle of `@nats-io/kv`, such as the one that `newKeyValue()` returns.
 * @internal Documented there. Without this tag the documentation linter requires all of it to be documented here.
 */
export type KvHandle = KV;

/** The fields of the client's own KV object through which the connection is reached. */
export interface KvInternals {
  readonly bucket: string;
  readonly stream: string;
  readonly js: { readonly nc: NatsConnection; readonly apiPrefix?: string; readonly prefix?: string };
}

/**
 * Returns the internals of a KV handle.
 * @throws {BadParameterError} if the value is not a KV handle of a NATS client
 */
export function internalsOf(kv: KvHandle | undefined): KvInternals {
  const { bucket, stream, js } = (kv ?? {}) as unknown as Partial<KvInternals>;
  if (!kv || typeof bucket !== "string" || typeof stream !== "string" || !js?.nc) {
    throw badParameter("kv", "a KV of @nats-io/kv, such as newKeyValue() returns", kv);
  }
  return { bucket, stream, js };
}
