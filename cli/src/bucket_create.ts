/** `natslock bucket create`: creates a bucket that is fit for locks. */

import { newKeyValue } from "@x/natslock";
import { storeOf } from "@x/natslock/internal";
import { withConnection } from "./connect.ts";
import { duration, shortly } from "./duration.ts";
import { CliError, EXIT } from "./exit.ts";
import { say, sayingLogger } from "./say.ts";
import type { ConnectionFlags } from "./settings.ts";

/** The flags of `natslock bucket create`. */
export interface CreateFlags extends ConnectionFlags {
  readonly ttl: string;
  readonly replicas: string;
  readonly storage: string;
  readonly maxBytes?: string;
  readonly description?: string;
}

/** Creates the bucket. Only checks a bucket that exists, and leaves it as it is. Returns the exit code. */
export async function createBucket(name: string | undefined, flags: CreateFlags): Promise<number> {
  const { storage } = flags;
  const bucket = name ?? flags.bucket;
  const ttl = duration(flags.ttl, "--ttl");
  if (storage !== "file" && storage !== "memory") {
    throw new CliError(EXIT.usage, `Cannot use --storage "${storage}": must be "file" or "memory"`);
  }
  const { description, maxBytes } = flags;
  const asked = {
    ...(description === undefined ? {} : { description }),
    ...(maxBytes === undefined ? {} : { maxBytes: Number(maxBytes) }),
  };
  const options = { replicas: Number(flags.replicas), storage, ...asked, logger: sayingLogger() } as const;
  const settings = await withConnection(flags, async (nc) => {
    return await storeOf(await newKeyValue(nc, bucket, ttl, options)).settings();
  });
  const longest = settings.ttl === null ? "unlimited" : shortly(settings.ttl);
  const own = settings.perKeyTtl ? "a lock can have a shorter lease" : "all locks have this lease length";
  say(`Bucket "${bucket}" is fit for locks: maximum lease ${longest}; ${own}`);
  return EXIT.done;
}
