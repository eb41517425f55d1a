/** `natslock status`: shows the state of locks. */

import { withConnection } from "./connect.ts";
import { EXIT } from "./exit.ts";
import { selectionOf } from "./filter.ts";
import { describe } from "./lease_text.ts";
import { noneHeld } from "./list.ts";
import { heldLocksOf, locksOf, shownBucket } from "./locks.ts";
import { print } from "./print.ts";
import { say } from "./say.ts";
import { jsonOf, type ShowFlags } from "./show.ts";

/** Shows each lock that was named, held or free, and each held lock that a filter selects. Returns the exit code. */
export async function status(words: readonly string[], flags: ShowFlags): Promise<number> {
  const text = await withConnection(flags, async (nc) => {
    const bucket = await shownBucket(nc, flags);
    if (bucket.maxHold !== null) return await (await import("./list_queues.ts")).describeQueues(bucket, words, flags);
    const { store } = bucket;
    const { keys, filters } = selectionOf(words);
    const named = await locksOf(store, keys);
    const found = await heldLocksOf(store, { keys: [], filters });
    const locks = [...named, ...found.filter(({ key }) => !keys.includes(key))];
    return locks.map((lock) => flags.json ? jsonOf(lock) : describe(lock, flags)).join(flags.json ? "\n" : "\n\n");
  });
  if (text !== "") await print(text);
  else if (!flags.json) say(noneHeld(words, flags));
  return EXIT.done;
}
