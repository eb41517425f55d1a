/** Opens the bucket of a lock for a candidate. Creates it only if the user asked for that. */

import { type CandidateOptions, ConnectionError, Locker, newKeyValue } from "@x/natslock";
import { flawOf, leaseTiming, storeOf } from "@x/natslock/internal";
import type { NatsConnection } from "@nats-io/nats-core";
import { jetstreamOptions } from "./domain.ts";
import { shortly } from "./duration.ts";
import { CliError, EXIT } from "./exit.ts";
import { openedBucket } from "./locks.ts";
import type { Plan } from "./run_plan.ts";
import { say, sayingLogger } from "./say.ts";

/** Lease length of a bucket that `--create` creates without `--ttl`, in milliseconds. */
export const DEFAULT_TTL = 15_000;

type KvHandle = Awaited<ReturnType<typeof newKeyValue>>;

/**
 * Returns a candidate for the lock of the plan. Sends nothing for the lock yet.
 *
 * @throws {CliError} if the bucket is missing and `--create` is not set, or if it cannot give `--ttl` or `--grace`
 * @throws {ConnectionError} if NATS is unreachable or refuses
 * @throws {BucketConfigError} if the bucket is not fit for locks
 */
export async function candidateFor(plan: Plan, nc: NatsConnection, options: CandidateOptions): Promise<Locker> {
  const kv = await bucketOf(plan, nc);
  const settings = await storeOf(kv).settings();
  const own = ownLength(plan, settings);
  const length = own ?? settings.ttl;
  const margin = length === null ? null : marginFor(plan, length);
  const timing = margin === null ? {} : { timing: { margin } };
  return new Locker({ ...options, kv, ...(own === null ? {} : { ttl: own }), ...timing });
}

async function bucketOf({ flags, ttl = DEFAULT_TTL }: Plan, nc: NatsConnection): Promise<KvHandle> {
  const { bucket, create, quiet } = flags;
  try {
    const { kv } = await openedBucket(nc, flags);
    warnOfServer(nc);
    return kv;
  } catch (error) {
    if (!(error instanceof ConnectionError) || error.why !== "bucket_missing") throw error;
    if (!create) {
      const next = `create it with "natslock bucket create ${bucket}", or use --create`;
      throw new CliError(EXIT.config, `Cannot use bucket "${bucket}": it does not exist`, next);
    }
  }
  const kv = await newKeyValue(nc, bucket, ttl, { ...jetstreamOptions(flags), logger: sayingLogger() });
  if (!quiet) say(`Created bucket "${bucket}" for leases of at most ${shortly(ttl)}`);
  return kv;
}

function warnOfServer({ info }: NatsConnection): void {
  const flaw = flawOf(info?.version ?? "");
  if (flaw !== null) say(`nats-server ${info?.version} ${flaw.why}: use ${flaw.take} or later`);
}

/** Returns the lease length of this lock, or `null` if that of the bucket applies. */
function ownLength(
  { ttl, flags }: Plan,
  settings: { readonly ttl: number | null; readonly perKeyTtl: boolean; readonly server?: string },
): number | null {
  const longest = settings.ttl ?? Infinity;
  // The server stores whole nanoseconds, so its value can differ from `ttl` by less than 1 ms.
  if (ttl === undefined || Math.abs(longest - ttl) < 1) return null;
  const refuse = (wanted: string, next: string) =>
    new CliError(EXIT.config, `Cannot use --ttl "${flags.ttl}" in bucket "${flags.bucket}": ${wanted}`, next);
  if (!settings.perKeyTtl) {
    const server = settings.server ? `, this is ${settings.server}` : "";
    const wanted = `all its locks have a lease of ${shortly(longest)}`;
    throw refuse(wanted, `leave out --ttl, or see "natslock bucket check" (needs nats-server 2.11 or later${server})`);
  }
  if (ttl > longest) {
    throw refuse(
      `must be at most ${shortly(longest)}`,
      'create a bucket for longer leases with "natslock bucket create"',
    );
  }
  if (ttl < 1000) throw refuse("must be at least 1s", "use --ttl 1s");
  return ttl;
}

/**
 * Returns the margin that makes room for `--grace`, or `null` for the usual one. The command has to be gone before the
 * server removes the record, and half of the usual margin remains for clocks that run at different rates.
 */
function marginFor({ grace = 0, flags }: Plan, ttl: number): number | null {
  const { margin, renewEvery, retryEvery, requestTimeout } = leaseTiming(ttl);
  const spare = margin / 2;
  if (grace <= spare) return null;
  const room = ttl - renewEvery - retryEvery - requestTimeout - spare;
  if (grace < room) return grace + spare;
  const longest = `${Math.floor((room - 1) / 10) * 10 / 1000}s`;
  const wanted = `with a lease of ${shortly(ttl)} it must be at most ${longest}`;
  const next = `use --grace ${longest}, or a longer lease`;
  throw new CliError(EXIT.usage, `Cannot use --grace "${flags.grace}": ${wanted}`, next);
}
