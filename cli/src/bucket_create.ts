/** `natslock bucket create`: creates a bucket that is fit for locks. */

import { BadParameterError, BucketConfigError, type BucketOptions, newKeyValue } from "@x/natslock";
import { type KvStore, settingsOf, storeOf } from "@x/natslock/internal";
import type { StreamConfig } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { existingStream, requireBucketName } from "./bucket_stream.ts";
import { withConnection } from "./connect.ts";
import { jetstreamOptions } from "./domain.ts";
import { duration, exactly, shortly } from "./duration.ts";
import { CliError, EXIT } from "./exit.ts";
import { wholeNumber } from "./claim.ts";
import { DEFAULT_TTL, holdText, LONGEST_HOLD, problemText, queueTermsOf, SHORTEST_HOLD } from "./queue_terms.ts";
import { say, sayingLogger } from "./say.ts";
import type { ConnectionFlags } from "./settings.ts";
import { quoted } from "./shell_words.ts";
import { withDurations, withFlags } from "./typed.ts";

/** The flags of `natslock bucket create`. */
export interface CreateFlags extends ConnectionFlags {
  /** Makes a bucket for queues. */
  readonly queues?: boolean;
  readonly ttl?: string;
  readonly replicas: string;
  readonly storage: string;
  readonly maxBytes?: string;
  readonly description?: string;
}

interface Wanted {
  readonly bucket: string;
  readonly queues: boolean;
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
  say(`Bucket "${bucket}" ${isNew ? "is" : "exists and is"} fit for ${fitText(settings, wanted)}`);
  return EXIT.done;
}

/** Returns what the bucket is fit for. @throws {BucketConfigError} if it is not for queues, although that is wanted */
function fitText(settings: Awaited<ReturnType<KvStore["settings"]>>, { queues }: Wanted): string {
  const { maxHold, problem } = queueTermsOf(settings);
  if (maxHold !== null) return `locks with queues: ${holdText(maxHold)}`;
  if (queues) throw new BucketConfigError(problem);
  const longest = settings.ttl === null ? "unlimited" : shortly(settings.ttl);
  const own = settings.perKeyTtl ? "a lock can have a shorter lease" : "all locks have this lease length";
  return `locks: maximum lease ${longest}; ${own}`;
}

function wantedOf(bucket: string, flags: CreateFlags): Wanted {
  const { storage, description, maxBytes, queues = false } = flags;
  requireBucketName(bucket);
  if (storage !== "file" && storage !== "memory") {
    throw new CliError(EXIT.usage, `Cannot use --storage "${storage}": must be "file" or "memory"`);
  }
  if (!["1", "3", "5"].includes(flags.replicas)) {
    throw new CliError(EXIT.usage, `Cannot use --replicas "${flags.replicas}": must be 1, 3 or 5`);
  }
  const options: BucketOptions = {
    ...{ replicas: Number(flags.replicas), storage, logger: sayingLogger(), ...queues ? { rollups: false } : {} },
    ...jetstreamOptions(flags),
    ...(description === undefined ? {} : { description }),
    ...(maxBytes === undefined ? {} : { maxBytes: wholeNumber(maxBytes, "--max-bytes") }),
  };
  const ttl = flags.ttl === undefined ? queues ? LONGEST_HOLD : DEFAULT_TTL : duration(flags.ttl, "--ttl");
  if (queues && ttl < SHORTEST_HOLD) {
    const message = `Cannot use --ttl "${flags.ttl}" with --queues: must be at least ${shortly(SHORTEST_HOLD)}`;
    throw new CliError(EXIT.usage, message, "it is the longest time for which a lock can be held");
  }
  return { bucket, queues, ttl, options };
}

/** Reports whether the bucket exists. @throws {CliError} if it exists with other settings */
async function isThere(nc: NatsConnection, flags: CreateFlags, wanted: Wanted): Promise<boolean> {
  const stream = await existingStream(nc, flags, wanted.bucket);
  if (stream === null) return false;
  const { bucket } = wanted;
  const { problem } = queueTermsOf(settingsOf(stream.config, ""));
  if (wanted.queues && problem !== null) {
    const message = `Bucket "${bucket}" exists and is not for queues (${problemText(problem)})`;
    throw new CliError(EXIT.config, message, "use another name");
  }
  const others = differences(stream.config, wanted);
  if (others.length === 0) return true;
  const list = others.map(({ flag, found, asked }) => `${flag} is ${found}, not ${asked}`).join("; ");
  const kind = problem === null ? ["--queues"] : [];
  const keep = [...kind, ...others.map(({ flag, found }) => `${flag} ${found}`)].join(" ");
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
