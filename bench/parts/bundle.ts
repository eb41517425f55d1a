/** What natslock adds to a page. */

import type { Measured, Row } from "../figures.ts";
import { bundleOf } from "../../tests/helpers/bundle_size.ts";
import type { Place } from "./place.ts";

const ENTRIES = {
  "all of natslock": `export * from "@x/natslock";`,
  "Locker alone": `import { Locker } from "@x/natslock"; console.log(Locker);`,
  "LockManager alone": `import { LockManager } from "@x/natslock"; console.log(LockManager);`,
} as const;
/** Number of the largest files to name. */
const NAMED = 6;

/** Bytes of the bundle, gzipped, without the NATS packages. */
export async function bundle({ say }: Place): Promise<Measured> {
  say("bundle");
  const rows: Row[] = [];
  const notes: string[] = [];
  for (const [name, entry] of Object.entries(ENTRIES)) {
    const { gzipped, parts } = await bundleOf(entry);
    rows.push({ name, p50: gzipped, samples: 1 });
    if (rows.length > 1) continue;
    const largest = parts.slice(0, NAMED).map(([file, bytes]) => `${file.replace(/^.*src\//, "src/")} ${bytes}`);
    notes.push(`The largest files, in bytes before compression: ${largest.join(", ")}.`);
  }
  const title = "Bytes that a page loads, minified and gzipped, besides the NATS packages";
  return { tables: [{ id: "bundle", title, unit: "bytes", rows, notes }] };
}
