/** `natslock evict`: removes the record of a lock's holder. */

import { type KvStore, leaseTiming } from "@x/natslock/internal";
import { isatty } from "node:tty";
import process from "node:process";
import { withConnection } from "./connect.ts";
import { shortly } from "./duration.ts";
import { CliError, EXIT } from "./exit.ts";
import { ANSWER_TIMEOUT } from "./domain.ts";
import { lockOf, openedBucket, requireKey } from "./locks.ts";
import { say } from "./say.ts";
import { holderOf, type Lock } from "./show.ts";
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
    const { store } = await openedBucket(nc, flags);
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
    if (!flags.yes && !await agreed(lock)) {
      say("Nothing was changed");
      return EXIT.declined;
    }
    return await remove(store, lock);
  });
}

async function agreed({ key, leader }: Lock): Promise<boolean> {
  if (leader === null) return false;
  if (!isatty(0) || !isatty(2)) {
    const message = `Cannot ask for confirmation to evict the holder of "${key}": there is no terminal`;
    throw new CliError(EXIT.usage, message, "use --yes to evict without asking");
  }
  const { renewEvery } = leaseTiming(leader.ttl);
  const { ask } = await import("./question.ts");
  say(`"${key}" is held by ${holderOf(leader)} (${leader.holder}), token ${leader.token}`);
  say(
    `The holder notices at its next renewal, up to ${shortly(renewEvery)} later; until then two holders may be active`,
  );
  try {
    return await ask("Evict it?");
  } catch (error) {
    // Ctrl-C at the question. The prompt has already restored the terminal.
    if ((error as Error).name === "ExitPromptError") process.exit(EXIT.signalled + 2);
    throw error;
  }
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
      say(`Evicted ${holderOf(leader)} (${holder}), token ${token}, from "${key}"; the lock is free`);
      return EXIT.done;
    }
    if (outcome.kind !== "conflict") throw outcome.error;
  }
  const message = `Cannot evict the holder of "${key}": the record has changed since it was shown`;
  throw new CliError(EXIT.notAcquired, message, 'nothing was changed; check again with "natslock status"');
}
