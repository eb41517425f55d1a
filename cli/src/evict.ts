/** `natslock evict`: takes a lock from its holder. */

import { type KvStore, leaseTiming } from "@x/natslock/internal";
import { isatty } from "node:tty";
import process from "node:process";
import { withConnection } from "./connect.ts";
import { shortly } from "./duration.ts";
import { CliError, EXIT } from "./exit.ts";
import { ANSWER_TIMEOUT, lockOf, openedBucket, requireKey } from "./locks.ts";
import { say } from "./say.ts";
import { holderOf, type Lock } from "./show.ts";
import type { ConnectionFlags } from "./settings.ts";

/** The flags of `natslock evict`. */
export interface EvictFlags extends ConnectionFlags {
  readonly ifToken?: string;
  readonly yes?: boolean;
}

/** A holder that renews meanwhile makes our write fail: so often it is tried. */
const TRIES = 5;

/** Asks, then removes the record of the hold that was shown, and no other; gives the exit code. */
export async function evict(key: string, flags: EvictFlags): Promise<number> {
  requireKey(key);
  if (flags.ifToken !== undefined && !/^\d+$/.test(flags.ifToken)) {
    throw new CliError(EXIT.usage, `Cannot use --if-token "${flags.ifToken}": must be a number`, "see natslock status");
  }
  return await withConnection(flags, async (nc) => {
    const { store } = await openedBucket(nc, flags.bucket);
    const lock = await lockOf(store, key);
    if (lock.leader === null) {
      say(`Nothing to do: "${key}" is free`);
      return EXIT.done;
    }
    const { token } = lock.leader;
    if (flags.ifToken !== undefined && Number(flags.ifToken) !== token) {
      const message = `Cannot evict the holder of "${key}": its token is ${token}, not ${flags.ifToken}`;
      throw new CliError(EXIT.notAcquired, message, "nothing was done; look again with natslock status");
    }
    if (!flags.yes && !await agreed(lock)) {
      say("Nothing was done");
      return EXIT.declined;
    }
    return await remove(store, lock);
  });
}

async function agreed({ key, leader }: Lock): Promise<boolean> {
  if (leader === null) return false;
  if (!isatty(0) || !isatty(2)) {
    const message = `Cannot ask whether to evict the holder of "${key}": there is no terminal`;
    throw new CliError(EXIT.usage, message, "add --yes to go ahead");
  }
  const { renewEvery } = leaseTiming(leader.ttl);
  const { ask } = await import("./question.ts");
  say(`"${key}" is held by ${holderOf(leader)} (${leader.holder}), token ${leader.token}`);
  say(`It learns of this only at its next renewal, up to ${shortly(renewEvery)} later: until then two may act`);
  try {
    return await ask("Evict it?");
  } catch (error) {
    // Ctrl-C at the question: the prompt has put the terminal back.
    if ((error as Error).name === "ExitPromptError") process.exit(EXIT.signalled + 2);
    throw error;
  }
}

/** Only where the same hold still stands, and on the very revision that was seen of it. */
async function remove(store: KvStore, { key, leader }: Lock): Promise<number> {
  if (leader === null) return EXIT.done;
  const { token, holder } = leader;
  for (let tries = 0; tries < TRIES; tries++) {
    const now = (await lockOf(store, key)).leader;
    if (now === null) {
      say(`Nothing to do: "${key}" was given back or ran out meanwhile`);
      return EXIT.done;
    }
    if (now.token !== token || now.holder !== holder) break;
    const outcome = await store.remove(key, { expected: now.revision, timeout: ANSWER_TIMEOUT });
    if (outcome.kind === "applied") {
      say(`Evicted ${holderOf(leader)} (${holder}) from "${key}": token ${token} is void, the lock is free`);
      return EXIT.done;
    }
    if (outcome.kind !== "conflict") throw outcome.error;
  }
  const message = `Cannot evict the holder of "${key}": another hold than the one shown stands there now`;
  throw new CliError(EXIT.notAcquired, message, "nothing was done; look again with natslock status");
}
