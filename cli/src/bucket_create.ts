/** `natslock bucket create`: creates a bucket that is fit for locks. */

import { BadParameterError, type BucketOptions, newKeyValue } from "@x/natslock";
import { storeOf } from "@x/natslock/internal";
import type { StreamConfig } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { existingStream, requireBucketName } from "./bucket_stream.ts";
import { withConnection } from "./connect.ts";
import { jetstreamOptions } from "./domain.ts";
import { duration, exactly, shortly } from "./duration.ts";
import { CliError, EXIT } from "./exit.ts";
import { say, sayingLogger } from "./say.ts";
import type { ConnectionFlags } from "./settings.ts";
import { withDurations, withFlags } from "./typed.ts";

/** The flags of `natslock bucket create`. */
export interface CreateFlags extends ConnectionFlags {
  readonly ttl: string;
  readonly replicas: string;
  readonly storage: string;
  readonly maxBytes?: string;
  readonly description?: string;
}

interface Wanted {
  readonly bucket: string;
  readonly ttl: number;
  readonly options: BucketOptions;
}

/**
 * Creates the bucket. Leaves a bucket that exists as it is, and fails if it has other settings. Returns the exit code.
 */
export async function createBucket(name: string | undefined, flags: CreateFlags): Promise<number> {
  const wanted = wantedOf(name ?? flags.bucket, flags);
  const { bucket, ttl, options } = wanted;
  const { settings, isNew } = await withConnection(flags, async (nc) => {
    const isNew = !await isThere(nc, flags, wanted);
    try {
      return { isNew, settings: await storeOf(await newKeyValue(nc, bucket, ttl, options)).settings() };
    } catch (error) {
      if (!(error instanceof BadParameterError)) throw error;
      const message = withFlags(error.message);
      throw new CliError(EXIT.usage, error.parameter === "ttl" ? withDurations(message) : message);
    }
  });
  const longest = settings.ttl === null ? "unlimited" : shortly(settings.ttl);
  const own = settings.perKeyTtl ? "a lock can have a shorter lease" : "all locks have this lease length";
  say(`Bucket "${bucket}" ${isNew ? "is" : "exists and is"} fit for locks: maximum lease ${longest}; ${own}`);
  return EXIT.done;
}

function wantedOf(bucket: string, flags: CreateFlags): Wanted {
  const { storage, description, maxBytes } = flags;
  requireBucketName(bucket);
  if (storage !== "file" && storage !== "memory") {
    throw new CliError(EXIT.usage, `Cannot use --storage "${storage}": must be "file" or "memory"`);
  }
  if (!["1", "3", "5"].includes(flags.replicas)) {
    throw new CliError(EXIT.usage, `Cannot use --replicas "${flags.replicas}": must be 1, 3 or 5`);
  }
  const options: BucketOptions = {
    ...{ replicas: Number(flags.replicas), storage, logger: sayingLogger() },
    ...jetstreamOptions(flags),
    ...(description === undefined ? {} : { description }),
    ...(maxBytes === undefined ? {} : { maxBytes: wholeNumber(maxBytes, "--max-bytes") }),
  };
  return { bucket, ttl: duration(flags.ttl, "--ttl"), options };
}

/** Reports whether the bucket exists. @throws {CliError} if it exists with other settings */
async function isThere(nc: NatsConnection, flags: CreateFlags, wanted: Wanted): Promise<boolean> {
  const stream = await existingStream(nc, flags, wanted.bucket);
  if (stream === null) return false;
  const others = differences(stream.config, wanted);
  if (others.length === 0) return true;
  const { bucket } = wanted;
  const list = others.map(({ flag, found, asked }) => `${flag} is ${found}, not ${asked}`).join("; ");
  const keep = others.map(({ flag, found }) => `${flag} ${found}`).join(" ");
  const next = `accept them with "natslock bucket create ${bucket} ${keep}", or use another bucket`;
  throw new CliError(EXIT.config, `Bucket "${bucket}" exists with other settings: ${list}`, next);
}

interface Difference {
  readonly flag: string;
  readonly found: string;
  readonly asked: string;
}

/** Compares all settings that have a default, and those that were asked for. */
function differences(config: StreamConfig, { ttl, options }: Wanted): Difference[] {
  const { replicas, storage, maxBytes, description } = options;
  const compared: readonly (readonly [flag: string, found: string, asked: string | undefined])[] = [
    ["--ttl", exactly(config.max_age / 1e6), exactly(ttl)],
    ["--replicas", `${config.num_replicas}`, `${replicas}`],
    ["--storage", config.storage, storage],
    ["--max-bytes", `${config.max_bytes}`, maxBytes === undefined ? undefined : `${maxBytes}`],
    ["--description", quoted(config.description ?? ""), description === undefined ? undefined : quoted(description)],
  ];
  return compared.flatMap(([flag, found, asked]) =>
    asked === undefined || found === asked ? [] : [{ flag, found, asked }]
  );
}

/** Quotes a text for a shell, because the message contains a command. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Reads a flag that is a whole number. @throws {CliError} if it is not, or is less than 1 */
function wholeNumber(text: string, flag: string): number {
  if (/^[1-9]\d*$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new CliError(EXIT.usage, `Cannot use ${flag} "${text}": must be a whole number above 0`);
}
