/** `natslock ls`: lists the locks that are held. */

import { withConnection } from "./connect.ts";
import { EXIT } from "./exit.ts";
import { selectionOf } from "./filter.ts";
import { leaseTable } from "./lease_text.ts";
import { heldLocksOf, shownBucket } from "./locks.ts";
import { print } from "./print.ts";
import { say } from "./say.ts";
import { jsonOf, type ShowFlags } from "./show.ts";

/** Lists the held locks that one of the words selects, or all. Returns the exit code. */
export async function list(words: readonly string[], flags: ShowFlags): Promise<number> {
  const text = await withConnection(flags, async (nc) => {
    const bucket = await shownBucket(nc, flags);
    if (bucket.maxHold !== null) return await (await import("./list_queues.ts")).listQueues(bucket, words, flags);
    const held = await heldLocksOf(bucket.store, selectionOf(words.length > 0 ? words : [">"]));
    if (flags.json) return held.map((lock) => jsonOf(lock)).join("\n");
    return held.length === 0 ? "" : leaseTable(held, flags.ids ?? false);
  });
  if (text !== "") await print(text);
  else if (!flags.json) say(noneHeld(words, flags));
  return EXIT.done;
}

/** Returns the message for a selection without a held lock. */
export function noneHeld(all: readonly string[], { bucket }: ShowFlags): string {
  const words = [...new Set(all)].filter((word) => word !== ">");
  const which = words.length > 0 ? ` with a key that matches ${words.map((word) => `"${word}"`).join(" or ")}` : "";
  return `No lock is held in bucket "${bucket}"${which}`;
}
