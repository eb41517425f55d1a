/** `natslock status`: shows the state of locks. */

import { SystemClock } from "@x/natslock/internal";
import { terminalWidth } from "./columns.ts";
import { withConnection } from "./connect.ts";
import { shortly } from "./duration.ts";
import { EXIT } from "./exit.ts";
import { selectionOf } from "./filter.ts";
import { noneHeld } from "./list.ts";
import { heldLocksOf, locksOf, shownBucket } from "./locks.ts";
import { print } from "./print.ts";
import { plain, say } from "./say.ts";
import { colours, heldFor, holderOf, jsonOf, leftOf, type Lock, type ShowFlags } from "./show.ts";
import { dateAndTime } from "./time.ts";

/** Shows each lock that was named, held or free, and each held lock that a filter selects. Returns the exit code. */
export async function status(words: readonly string[], flags: ShowFlags): Promise<number> {
  const { keys, filters } = selectionOf(words);
  const locks = await withConnection(flags, async (nc) => {
    const { store } = await shownBucket(nc, flags);
    const named = await locksOf(store, keys);
    const found = await heldLocksOf(store, { keys: [], filters });
    return [...named, ...found.filter(({ key }) => !keys.includes(key))];
  });
  const shown = locks.map((lock) => flags.json ? jsonOf(lock) : describe(lock, flags));
  if (shown.length > 0) await print(shown.join(flags.json ? "\n" : "\n\n"));
  else if (!flags.json) say(noneHeld({ keys, filters }, flags));
  return EXIT.done;
}

/** Formats one lock as a few lines of text. */
function describe(lock: Lock, { ids }: ShowFlags): string {
  const { bold, green, yellow, dim } = colours();
  const { key, leader } = lock;
  if (leader === null) return `${bold(key)}  ${dim("free")}`;
  const { holder, token, since, ttl, meta, revision } = leader;
  const long = heldFor(leader, new SystemClock().wall());
  const by = holder === ""
    ? yellow("held by a foreign record, whose value is not a UUID")
    : `${green("held")} by ${holderOf(leader)}${since === null ? "" : ` for ${long}`}`;
  const shownMeta = Object.entries(meta).map(([field, value]) => plain(`${field}=${text(value)}`));
  const lines = [
    `${bold(key)}  ${by}`,
    ...since === null ? [] : [`  since   ${dateAndTime(since)}`],
    `  lease   ${leftOf(lock)} of ${shortly(ttl)} left, unless renewed`,
    ...shownMeta.length === 0 ? [] : [`  meta    ${folded(shownMeta)}`],
    ...ids ? [`  id      ${holder || "none"}`, `  token   ${token}`, `  write   revision ${revision}`] : [],
  ];
  return lines.join("\n");
}

/** Joins words with spaces, in lines that fit the terminal. */
function folded(words: readonly string[]): string {
  const [indent, width] = [10, terminalWidth()];
  let [lines, used] = ["", 0];
  for (const word of words) {
    const fits = used === 0 || indent + used + 1 + word.length <= width;
    lines += used === 0 ? word : fits ? ` ${word}` : `\n${" ".repeat(indent)}${word}`;
    used = fits && used > 0 ? used + 1 + word.length : word.length;
  }
  return lines;
}

const text = (value: unknown): string => typeof value === "string" ? value : JSON.stringify(value);
