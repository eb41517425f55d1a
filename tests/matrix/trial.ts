/** Runs all checks on one release of nats-server. */

import { NatsServer } from "../../tools/nats/server.ts";
import type { TableSpec } from "../helpers/doc_table.ts";
import { outcomeOf } from "../helpers/outcomes.ts";
import { conform, LOCKER_CHECKS, type Outcome } from "../runtimes/conformance.ts";
import { type Bed, CHECKS, hasOwnLengths, hasShortMarks } from "./checks.ts";
import { RESTART, survivesRestart } from "./restart.ts";

/** Results of one release. */
export interface Trial {
  readonly version: string;
  readonly outcomes: readonly Outcome[];
}

/** Cells of one row: release, checks passed, lease length of a lock, lifetime of the release marker. */
export type Row = readonly [server: string, passed: string, length: string, mark: string];

/** The table of supported releases. */
export const TABLE: TableSpec = {
  page: "docs/runtimes.md",
  of: "servers",
  command: "deno task matrix --write",
  head: ["nats-server", "checks passed", "lease length", "release marker stays"],
};

/** Starts the release, runs the checks, and stops it. */
export async function trialOf(version: string): Promise<Trial> {
  await using server = await NatsServer.start({ version });
  const bed = { url: server.url, version };
  const [suite, ...others] = await Promise.all([
    conform({ url: server.url, bucket: "conformance" }, LOCKER_CHECKS),
    ...CHECKS.map(([title, check]) => outcomeOf(title, () => check(bed))),
  ]);
  const last = await outcomeOf(RESTART, () => survivesRestart(server, hasOwnLengths(bed)));
  return { version, outcomes: [...suite, ...others, last] };
}

/** The row of a trial. */
export function rowOf({ version, outcomes }: Trial): Row {
  const bed: Bed = { url: "", version };
  const passed = outcomes.filter(({ error }) => error === undefined).length;
  const length = hasOwnLengths(bed) ? "a lock's own, or the bucket's" : "the bucket's";
  return [version, `${passed} of ${outcomes.length}`, length, hasShortMarks(bed) ? "1 s" : "for a lease length"];
}
