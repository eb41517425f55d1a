/** Opens the bucket of a lock for a candidate. Creates it only if the user asked for that. */

import { type CandidateOptions, ConnectionError, Locker, newKeyValue } from "@x/natslock";
import { flawOf, leaseTiming, storeOf } from "@x/natslock/internal";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Candidate } from "./candidate.ts";
import { jetstreamOptions } from "./domain.ts";
import { shortly } from "./duration.ts";
import { CliError, EXIT } from "./exit.ts";
import { openedBucket } from "./locks.ts";
import { QueueCandidate } from "./queue_candidate.ts";
import { DEFAULT_TTL, LONGEST_HOLD, problemText, queueTermsOf } from "./queue_terms.ts";
import type { Plan, Run } from "./run_plan.ts";
import { say, sayingLogger } from "./say.ts";

type KvHandle = Awaited<ReturnType<typeof newKeyValue>>;

/** Who the candidate is, and who hears of it. */
export type About = Pick<CandidateOptions, "name" | "meta" | "logger" | "onEvent">;

/**
 * Returns a candidate for the locks of the plan. Sends nothing for them yet. In a bucket for queues it takes them with a
 * `LockManager`, elsewhere with a `Locker`: these two do not exclude each other, so the bucket decides.
 *
 * @throws {CliError} if the bucket is missing and `--create` is not set, if it is not for queues and a flag needs that,
 * or if it cannot give `--ttl` or `--grace`
 * @throws {ConnectionError} if NATS is unreachable or refuses
 * @throws {BucketConfigError} if the bucket is not fit for locks
 * @throws {BadParameterError} if a lock of the bucket cannot have this key
 */
export async function candidateFor(
  { plan, clock }: Run,
  nc: NatsConnection,
  about: Required<About>,
): Promise<Candidate> {
  const kv = await bucketOf(plan, nc);
  const settings = await storeOf(kv).settings();
  const { claim, flags } = plan;
  const { maxHold, problem } = queueTermsOf(settings);
  if (maxHold !== null) {
    const ttl = sessionLength(plan, maxHold);
    return new QueueCandidate({ ...about, kv, claim, clock, maxHold, ttl, ...timingFor(plan, ttl) });
  }
  if (claim.flag !== null) {
    const message = `Cannot use ${claim.flag} in bucket "${flags.bucket}": it is not for queues (${
      problemText(problem)
    })`;
    const next = 'use a bucket made with "natslock bucket create --queues NAME"';
    throw new CliError(EXIT.config, message, next);
  }
  const [key = ""] = claim.names;
  const own = ownLength(plan, settings);
  return new Locker({
    ...about,
    key,
    kv,
    ...(own === null ? {} : { ttl: own }),
    ...timingFor(plan, own ?? settings.ttl),
  });
}

async function bucketOf({ claim, flags, ttl = DEFAULT_TTL }: Plan, nc: NatsConnection): Promise<KvHandle> {
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
  const options = { ...jetstreamOptions(flags), logger: sayingLogger() };
  const isForQueues = claim.flag !== null;
  const kv = isForQueues
    ? await newKeyValue(nc, bucket, LONGEST_HOLD, { ...options, rollups: false })
    : await newKeyValue(nc, bucket, ttl, options);
  const what = isForQueues ? "for queues" : `for leases of at most ${shortly(ttl)}`;
  if (!quiet) say(`Created bucket "${bucket}" ${what}`);
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

/** Returns the lease length of a session. @throws {CliError} if `--ttl` is too short or too long for it */
function sessionLength({ ttl = DEFAULT_TTL, flags }: Plan, maxHold: number): number {
  const [least, most] = [1000, maxHold / 2];
  if (ttl >= least && ttl <= most) return ttl;
  const wanted = ttl < least ? `at least ${shortly(least)}` : `at most ${shortly(most)}`;
  throw new CliError(EXIT.config, `Cannot use --ttl "${flags.ttl}" in bucket "${flags.bucket}": must be ${wanted}`);
}

/** Returns the timing that makes room for `--grace`; nothing for the usual one, or if the lease length is unknown. */
function timingFor(plan: Plan, ttl: number | null): Pick<CandidateOptions, "timing"> {
  const margin = ttl === null ? null : marginFor(plan, ttl);
  return margin === null ? {} : { timing: { margin } };
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
