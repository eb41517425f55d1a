/** `natslock status`: shows the state of locks. */

import { SystemClock } from "@x/natslock/internal";
import { withConnection } from "./connect.ts";
import { shortly } from "./duration.ts";
import { EXIT } from "./exit.ts";
import { locksOf, openedBucket, requireKey } from "./locks.ts";
import { print } from "./print.ts";
import { plain } from "./say.ts";
import { colours, heldFor, jsonOf, type Lock, type ShowFlags, table } from "./show.ts";

/** Shows each lock. Returns the exit code. */
export async function status(keys: readonly string[], flags: ShowFlags): Promise<number> {
  keys.forEach(requireKey);
  const locks = await withConnection(flags, async (nc) => {
    const { store } = await openedBucket(nc, flags.bucket);
    return await locksOf(store, keys);
  });
  await print(locks.map((lock) => flags.json ? jsonOf(lock) : describe(lock)).join(flags.json ? "\n" : "\n\n"));
  return EXIT.done;
}

/** Formats one lock as a few lines of text. */
export function describe({ key, leader }: Lock): string {
  const { bold, green, yellow, dim } = colours();
  if (leader === null) return `${bold(key)}  ${dim("free")}`;
  const { holder, name, token, since, ttl, meta, revision } = leader;
  const began = since === null ? "?" : new Date(since).toISOString();
  const shownMeta = Object.entries(meta).map(([field, value]) => `${field}=${text(value)}`).join(" ");
  const rows = [
    ["  holder", plain(name ? `${name}  ${holder}` : holder || "foreign: the value is not a UUID")],
    ["  token", `${token}`],
    ["  since", `${began} (${heldFor(leader, new SystemClock().wall())})`],
    ["  lease", `${shortly(ttl)}, latest write at revision ${revision}`],
    ...shownMeta === "" ? [] : [["  meta", plain(shownMeta)]],
  ];
  const state = holder === "" ? yellow("held by a foreign record") : green("held");
  return `${bold(key)}  ${state}\n${table([], rows)}`;
}

const text = (value: unknown): string => typeof value === "string" ? value : JSON.stringify(value);
