/** Formats locks that have one holder each, by a lease. */

import { SystemClock } from "@x/natslock/internal";
import { tableOf, terminalWidth } from "./columns.ts";
import { shortly } from "./duration.ts";
import { plain } from "./say.ts";
import { colours, heldFor, holderOf, leftOf, type Lock, type ShowFlags } from "./show.ts";
import { dateAndTime } from "./time.ts";

/** Formats held locks as a table. With `ids` it also has fencing tokens and IDs. */
export function leaseTable(locks: readonly Lock[], ids: boolean): string {
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

/** Formats one lock as a few lines of text. */
export function describe(lock: Lock, { ids }: ShowFlags): string {
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
