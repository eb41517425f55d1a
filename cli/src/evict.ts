/** `natslock evict`: removes the record of a lock's holder. */

import type { Leadership } from "@x/natslock";
import { type KvStore, leaseTiming, SystemClock } from "@x/natslock/internal";
import { agreed, type Question } from "./confirm.ts";
import { withConnection } from "./connect.ts";
import { shortly } from "./duration.ts";
import { CliError, EXIT } from "./exit.ts";
import { ANSWER_TIMEOUT } from "./domain.ts";
import { requireKey } from "./filter.ts";
import { lockOf, shownBucket } from "./locks.ts";
import { say } from "./say.ts";
import { heldFor, holderOf, type Lock } from "./show.ts";
import type { ConnectionFlags } from "./settings.ts";

/** The flags of `natslock evict`. */
export interface EvictFlags extends ConnectionFlags {
  readonly ifToken?: string;
  readonly yes?: boolean;
}

/** Attempts to remove the record. A removal fails if the holder renews between our read and our write. */
const TRIES = 5;

/**
 * Asks for confirmation, then removes the record of the hold that was shown. Never removes the record of another hold.
 * Returns the exit code.
 */
export async function evict(key: string, flags: EvictFlags): Promise<number> {
  requireKey(key);
  if (flags.ifToken !== undefined && !/^\d+$/.test(flags.ifToken)) {
    throw new CliError(
      EXIT.usage,
      `Cannot use --if-token "${flags.ifToken}": must be a number`,
      'see "natslock status"',
    );
  }
  return await withConnection(flags, async (nc) => {
    const { store } = await shownBucket(nc, flags);
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
