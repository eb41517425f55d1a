/** The stream of a bucket, for commands about the bucket itself. */

import { isMissing, toLockError } from "@x/natslock/internal";
import type { StreamInfo } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { managerOf } from "./domain.ts";
import { CliError, EXIT } from "./exit.ts";
import type { ConnectionFlags } from "./settings.ts";

/** Checks the name of a bucket. @throws {CliError} if it is not valid */
export function requireBucketName(name: string): void {
  if (/^[-\w]+$/.test(name)) return;
  throw new CliError(EXIT.usage, `Cannot use bucket "${name}": must contain only letters, digits, "-" and "_"`);
}

/** Returns the stream of a bucket. @throws {ConnectionError} if the bucket is missing or NATS is unreachable */
export async function streamOf(nc: NatsConnection, flags: ConnectionFlags, bucket: string): Promise<StreamInfo> {
  requireBucketName(bucket);
  try {
    return await (await managerOf(nc, flags)).streams.info(`KV_${bucket}`);
  } catch (cause) {
    throw toLockError(cause, `read the settings of bucket "${bucket}"`).error;
  }
}

/** Returns the stream of a bucket, or `null` if the bucket is missing. */
export async function existingStream(
  nc: NatsConnection,
  flags: ConnectionFlags,
  bucket: string,
): Promise<StreamInfo | null> {
  try {
    return await streamOf(nc, flags, bucket);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
