/** The stream of a bucket, for commands about the bucket itself. */

import { isMissing, toLockError } from "@x/natslock/internal";
import type { StreamInfo } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { managerOf } from "./domain.ts";
import { CliError, EXIT } from "./exit.ts";
import type { ConnectionFlags } from "./settings.ts";

/** Checks the name of a bucket. @throws {CliError} if it is not valid */
export function requireBucketName(name: string): void {
  if (/^[-\w]{1,252}$/.test(name)) return;
  throw new CliError(EXIT.usage, `Cannot use bucket "${name}": must be at most 252 letters, digits, "-" and "_"`);
}

/** Returns the error for the user if a bucket is missing: it names the bucket that was asked for. */
export function missing(bucket: string): CliError {
  const create = `natslock bucket create${bucket === "locks" ? "" : ` ${bucket}`}`;
  const message = `Cannot use bucket "${bucket}": the bucket does not exist`;
  return new CliError(EXIT.config, message, `create it with "${create}", or set another with --bucket`);
}

/** Returns the stream of a bucket. @throws {CliError} if the bucket is missing */
export async function streamOf(nc: NatsConnection, flags: ConnectionFlags, bucket: string): Promise<StreamInfo> {
  const stream = await existingStream(nc, flags, bucket);
  if (stream === null) throw missing(bucket);
  return stream;
}

/** Returns the stream of a bucket, or `null` if the bucket is missing. */
export async function existingStream(
  nc: NatsConnection,
  flags: ConnectionFlags,
  bucket: string,
): Promise<StreamInfo | null> {
  requireBucketName(bucket);
  try {
    return await (await managerOf(nc, flags)).streams.info(`KV_${bucket}`);
  } catch (cause) {
    const { error } = toLockError(cause, `read the settings of bucket "${bucket}"`);
    if (isMissing(error)) return null;
    throw error;
  }
}
