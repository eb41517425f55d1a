/** `natslock evict`: removes the record of a lock's holder. */

import type { Leadership } from "@x/natslock";
import { type KvStore, leaseTiming, SystemClock } from "@x/natslock/internal";
import { agreed, type Question } from "./confirm.ts";
import { withConnection } from "./connect.ts";
import { shortly } from "./duration.ts";
import type { EvictFlags } from "./evict_flags.ts";
import { CliError, EXIT } from "./exit.ts";
import { ANSWER_TIMEOUT } from "./domain.ts";
import { requireKey } from "./filter.ts";
import { lockOf, shownBucket } from "./locks.ts";
import { say } from "./say.ts";
import { heldFor, holderOf, type Lock } from "./show.ts";

/** Attempts to remove the record. A removal fails if the holder renews between our read and our write. */
const TRIES = 5;

/**
 * Asks for confirmation, then removes the record of the hold that was shown. Never removes the record of another hold.
 * Returns the exit code.
 */
export async function evict(key: string, flags: EvictFlags): Promise<number> {
  requireNumber(flags.ifToken, "--if-token");
  requireNumber(flags.place, "--place");
  return await withConnection(flags, async (nc) => {
    const bucket = await shownBucket(nc, flags);
    if (bucket.maxHold !== null) return await (await import("./evict_request.ts")).evictRequest(bucket, key, flags);
    if (flags.place !== undefined) {
      const message = `Cannot use --place in bucket "${flags.bucket}": it is not for queues`;
      throw new CliError(EXIT.usage, message, "a lock has one holder there");
    }
    requireKey(key);
    const { store } = bucket;
    const lock = await lockOf(store, key);
    if (lock.leader === null) {
      say(`Nothing to do: "${key}" is free`);
      return EXIT.done;
    }
    const { token } = lock.leader;
    if (flags.ifToken !== undefined && Number(flags.ifToken) !== token) {
      const message = `Cannot evict the holder of "${key}": its token is ${token}, not ${flags.ifToken}`;
      throw new CliError(EXIT.notAcquired, message, 'nothing was changed; check again with "natslock status"');
    }
    if (!flags.yes && !await agreed(questionOf(lock, lock.leader))) return EXIT.declined;
    return await remove(store, lock);
  });
}

function requireNumber(text: string | undefined, flag: string): void {
  if (text === undefined || /^\d+$/.test(text)) return;
  throw new CliError(EXIT.usage, `Cannot use ${flag} "${text}": must be a number`, 'see "natslock status"');
}

function questionOf({ key }: Lock, leader: Leadership): Question {
  const { renewEvery } = leaseTiming(leader.ttl);
  const age = leader.since === null ? "" : ` for ${heldFor(leader, new SystemClock().wall())}`;
  return {
    what: `evict the holder of "${key}"`,
    facts: [
      `"${key}" is held by ${holderOf(leader)}${age} (token ${leader.token})`,
      `The holder notices at its next renewal, up to ${
        shortly(renewEvery)
      } later; until then two holders may be active`,
    ],
    ask: "Evict it?",
  };
}

/** Removes the record only if it still belongs to the hold that was shown, and only at the revision just read. */
async function remove(store: KvStore, { key, leader }: Lock): Promise<number> {
  if (leader === null) return EXIT.done;
  const { token, holder } = leader;
  for (let tries = 0; tries < TRIES; tries++) {
    const now = (await lockOf(store, key)).leader;
    if (now === null) {
      say(`Nothing to do: "${key}" was released or expired meanwhile`);
      return EXIT.done;
    }
    if (now.token !== token || now.holder !== holder) break;
    const outcome = await store.remove(key, { expected: now.revision, timeout: ANSWER_TIMEOUT });
    if (outcome.kind === "applied") {
      say(`Evicted ${holderOf(leader)} (token ${token}) from "${key}"; the lock is free`);
      return EXIT.done;
    }
    if (outcome.kind !== "conflict") throw outcome.error;
  }
  const message = `Cannot evict the holder of "${key}": the record has changed since it was shown`;
  throw new CliError(EXIT.notAcquired, message, 'nothing was changed; check again with "natslock status"');
}
