/** `natslock bucket delete`: deletes a bucket of locks. */

import { bucketProblems, toLockError } from "@x/natslock/internal";
import type { NatsConnection } from "@nats-io/nats-core";
import { existingStream } from "./bucket_stream.ts";
import { agreed } from "./confirm.ts";
import { withConnection } from "./connect.ts";
import { managerOf } from "./domain.ts";
import { CliError, EXIT } from "./exit.ts";
import { heldLocksOf, shownBucket } from "./locks.ts";
import { requester } from "./request_lines.ts";
import { leasesOf, requestsOf } from "./requests.ts";
import { say } from "./say.ts";
import type { ConnectionFlags } from "./settings.ts";
import { holderOf, type Lock } from "./show.ts";

/** The flags of `natslock bucket delete`. */
export interface DeleteFlags extends ConnectionFlags {
  readonly yes?: boolean;
  readonly force?: boolean;
}

/** How many holders a message names. */
const SHOWN = 5;

/**
 * Deletes a bucket after a question. Refuses a bucket that is no bucket for locks or has a held lock, unless forced.
 * Returns the exit code.
 */
export async function deleteBucket(bucket: string, flags: DeleteFlags): Promise<number> {
  return await withConnection(flags, async (nc) => {
    const stream = await existingStream(nc, flags, bucket);
    if (stream === null) throw new CliError(EXIT.config, `Cannot delete bucket "${bucket}": it does not exist`);
    const { config, state } = stream;
    const [problem] = bucketProblems(bucket, config);
    if (problem !== undefined && !flags.force) {
      const message = `Cannot delete bucket "${bucket}": it is not a bucket for locks ("${problem.setting}")`;
      throw new CliError(EXIT.config, message, "use --force to delete it anyway");
    }
    const held = problem === undefined ? await holders(nc, { ...flags, bucket }) : [];
    if (held.length > 0 && !flags.force) {
      const message = `Cannot delete bucket "${bucket}": ${listOf(held)}`;
      throw new CliError(EXIT.notAcquired, message, "wait until they are released, or use --force");
    }
    const facts = [`Bucket "${bucket}" has ${counted(state.messages, "message")} and no held lock`];
    const question = { what: `delete bucket "${bucket}"`, facts, ask: "Delete it?" };
    if (!flags.yes && !flags.force && !await agreed(question)) return EXIT.declined;
    await remove(nc, flags, bucket);
    const lost = held.length > 0 ? "; the holders notice at their next renewal" : "";
    say(`Deleted bucket "${bucket}"${lost}`);
    return EXIT.done;
  });
}

async function remove(nc: NatsConnection, flags: DeleteFlags, bucket: string): Promise<void> {
  try {
    await (await managerOf(nc, flags)).streams.delete(`KV_${bucket}`);
  } catch (cause) {
    throw toLockError(cause, `delete bucket "${bucket}"`).error;
  }
}

/** Returns the held locks, as text. */
async function holders(nc: NatsConnection, flags: DeleteFlags): Promise<string[]> {
  const bucket = await shownBucket(nc, flags);
  const { store, maxHold } = bucket;
  if (maxHold !== null) {
    const requests = (await requestsOf(bucket, [])).filter(({ state }) => state === "held");
    const leases = await leasesOf(bucket, []);
    return [...requests.map((one) => `"${one.name}" by ${requester(one)}`), ...namesOf(leases)];
  }
  const locks = await heldLocksOf(store, { keys: [], filters: [">"] });
  return namesOf(locks);
}

const namesOf = (locks: readonly Lock[]): string[] =>
  locks.flatMap(({ key, leader }) => leader === null ? [] : [`"${key}" by ${holderOf(leader)}`]);

function listOf(held: readonly string[]): string {
  const more = held.length > SHOWN ? ` and ${held.length - SHOWN} more` : "";
  return `${counted(held.length, "lock")} ${held.length === 1 ? "is" : "are"} held: ${
    held.slice(0, SHOWN).join(", ")
  }${more}`;
}

const counted = (count: number, what: string): string => `${count || "no"} ${what}${count === 1 ? "" : "s"}`;
