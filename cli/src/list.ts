/** `natslock ls`: lists the locks that are held. */

import { SystemClock } from "@x/natslock/internal";
import { tableOf } from "./columns.ts";
import { withConnection } from "./connect.ts";
import { EXIT } from "./exit.ts";
import { type Selection, selectionOf } from "./filter.ts";
import { heldLocksOf, shownBucket } from "./locks.ts";
import { print } from "./print.ts";
import { plain, say } from "./say.ts";
import { colours, heldFor, holderOf, jsonOf, leftOf, type Lock, type ShowFlags } from "./show.ts";

/** Lists the held locks that one of the words selects, or all. Returns the exit code. */
export async function list(words: readonly string[], flags: ShowFlags): Promise<number> {
  const selection = selectionOf(words.length > 0 ? words : [">"]);
  const held = await withConnection(
    flags,
    async (nc) => await heldLocksOf((await shownBucket(nc, flags)).store, selection),
  );
  if (held.length > 0) await print(flags.json ? held.map((lock) => jsonOf(lock)).join("\n") : textOf(held, flags));
  else if (!flags.json) say(noneHeld(selection, flags));
  return EXIT.done;
}

/** Returns the message for a selection without a held lock. */
export function noneHeld({ keys, filters }: Selection, { bucket }: ShowFlags): string {
  const words = [...keys, ...filters].filter((word) => word !== ">");
  const which = words.length > 0 ? ` with a key that matches ${words.map((word) => `"${word}"`).join(" or ")}` : "";
  return `No lock is held in bucket "${bucket}"${which}`;
}

function textOf(locks: readonly Lock[], { ids }: ShowFlags): string {
  const now = new SystemClock().wall();
  const { bold } = colours();
  const rows = locks.flatMap((lock) => {
    const { key, leader } = lock;
    if (leader === null) return [];
    const row = [plain(key), holderOf(leader), heldFor(leader, now), leftOf(lock)];
    return [ids ? [...row, `${leader.token}`, leader.holder] : row];
  });
  const head = ["KEY", "HOLDER", "HELD FOR", "LEFT", ...ids ? ["TOKEN", "ID"] : []];
  return tableOf([head, ...rows], { flexible: [0, 1] }, (text, row) => row === 0 ? bold(text) : text);
}
