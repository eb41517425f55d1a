/** `natslock ls`: lists the locks that are held. */

import { SystemClock } from "@x/natslock/internal";
import { withConnection } from "./connect.ts";
import { shortly } from "./duration.ts";
import { EXIT } from "./exit.ts";
import { keysOf, locksOf, openedBucket } from "./locks.ts";
import { print } from "./print.ts";
import { plain, say } from "./say.ts";
import { heldFor, holderOf, jsonOf, type Lock, type ShowFlags, table } from "./show.ts";

/** Lists the held locks whose keys match the filter. Returns the exit code. */
export async function list(filter: string | undefined, flags: ShowFlags): Promise<number> {
  const locks = await withConnection(flags, async (nc) => {
    const { store } = await openedBucket(nc, flags.bucket);
    return await locksOf(store, await keysOf(store, filter));
  });
  const held = locks.filter(({ leader }) => leader !== null);
  if (held.length === 0) {
    if (!flags.json) {
      say(`No lock is held in bucket "${flags.bucket}"${filter ? ` with a key that matches "${filter}"` : ""}`);
    }
  } else await print(flags.json ? held.map((lock) => jsonOf(lock)).join("\n") : tableOf(held));
  return EXIT.done;
}

function tableOf(locks: readonly Lock[]): string {
  const now = new SystemClock().wall();
  const rows = locks.flatMap(({ key, leader }) =>
    leader === null
      ? []
      : [[plain(key), holderOf(leader), String(leader.token), heldFor(leader, now), shortly(leader.ttl)]]
  );
  return table(["KEY", "HOLDER", "TOKEN", "HELD FOR", "LEASE"], rows);
}
