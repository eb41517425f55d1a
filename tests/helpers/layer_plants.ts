/**
 * Lines planted to show that the rules of `layer_rules.ts` go red and green.
 *
 * @module
 */

type PlantedImport = readonly [what: string, stem: string, text: string];
type PlantedWord = readonly [stem: string, text: string];

/** What each is, the importing stem, and an import it may not have. */
export const BAD_IMPORTS: readonly PlantedImport[] = [
  ["a file of a higher layer", "record", 'import { x } from "./locker.ts";'],
  ["types of a higher layer", "record", 'import type { X } from "./lease.ts";'],
  ["a file of its own layer", "clock", 'import { x } from "./errors.ts";'],
  ["kv_store into keeper", "keeper", 'import { x } from "./kv_store.ts";'],
  [
    "types of bucket into waiter",
    "waiter",
    'import type { X } from "./bucket.ts";',
  ],
  [
    "memory_store into keeper",
    "keeper",
    'import { x } from "./memory_store.ts";',
  ],
  [
    "lease_state into kv_store",
    "kv_store",
    'import { x } from "./lease_state.ts";',
  ],
  [
    "memory_store into a lease_ file",
    "lease_steps",
    'import { x } from "./memory_store.ts";',
  ],
  [
    "NATS at run time into locker",
    "locker",
    'import { x } from "@nats-io/kv";',
  ],
  [
    "NATS types into keeper",
    "keeper",
    'import type { KV } from "@nats-io/kv";',
  ],
  ["the package itself", "locker", 'import { x } from "@x/natslock";'],
  ["a node module", "locker", 'import { x } from "node:fs";'],
  [
    "a package past the import map",
    "bucket",
    'import { x } from "npm:left-pad";',
  ],
  ["a file outside of src", "locker", 'import { x } from "../tests/a.ts";'],
  ["a file of no layer", "locker", 'import { x } from "./stray.ts";'],
  ["a re-export of a higher layer", "record", 'export * from "./locker.ts";'],
  ["a bare import", "record", 'import "./locker.ts";'],
  ["a dynamic import", "record", 'await import("./locker.ts");'],
  ["the command line into mod", "mod", 'export * from "./src/cli.ts";'],
  ["a file of the command line into locker", "locker", 'import { x } from "./cli/exit.ts";'],
  ["a package past the table into the command line", "cli/run", 'import x from "left-pad";'],
  ["the transport of the command line into keeper", "keeper", 'import { x } from "@nats-io/transport-node";'],
  [
    "an import over several lines",
    "record",
    'import {\n  x,\n} from\n  "./locker.ts";',
  ],
  [
    "an import behind another",
    "record",
    'import "./clock.ts"; export { x } from "./lease.ts";',
  ],
];

/** What each is, the importing stem, and an import it may have. */
export const GOOD_IMPORTS: readonly PlantedImport[] = [
  ["a lower layer", "locker", 'import { x } from "./clock.ts";'],
  ["bucket into kv_store", "kv_store", 'import { x } from "./bucket.ts";'],
  [
    "one lease_ file into another",
    "lease_steps",
    'import { x } from "./lease_state.ts";',
  ],
  [
    "lease_state into keeper",
    "keeper",
    'import { x } from "./lease_state.ts";',
  ],
  [
    "NATS at run time into bucket",
    "bucket",
    'import { x } from "@nats-io/kv";',
  ],
  [
    "NATS types into bucket_rules",
    "bucket_rules",
    'import type { KV } from "@nats-io/kv";',
  ],
  ["one file of the command line into another", "cli/run", 'import { x } from "./exit.ts";'],
  ["a folder's file into the entry of the command line", "cli", 'import { x } from "./cli/main.ts";'],
  ["NATS and node modules into the command line", "cli/run", 'import "@nats-io/kv"; import "node:fs";'],
  ["the store into the command line", "cli/locks", 'import { x } from "../kv_store.ts";'],
  ["src files into mod", "mod", 'export { Locker } from "./src/locker.ts";'],
  [
    "whatever an example in a comment imports",
    "record",
    '/** import "./locker.ts"; */ // import "x"',
  ],
];

/** A stem and code that may not stand in it. */
export const BAD_WORDS: readonly PlantedWord[] = [
  ["record", "Deno.env"],
  ["record", "globalThis.Deno"],
  ["record", "process.exit(1)"],
  ["record", "Buffer.from(x)"],
  ["record", "Date.now()"],
  ["record", "performance.now()"],
  ["record", "new Date()"],
  ["record", "const d = new Date;"],
  ["record", "setTimeout(f, 1)"],
  ["record", "globalThis.setInterval(f, 1)"],
  ["record", "`${Date.now()}`"],
  ["clock", "Math.random()"],
  ["clock", "crypto.randomUUID()"],
  ["record", "export default 1"],
  ["record", "export enum Colour {}"],
  ["record", "await using lock = await take()"],
  ["record", "let a: any = 1"],
  ["record", "Map<string, any>"],
  ["record", "b as any"],
];

/** A stem and code that may stand in it. */
export const GOOD_WORDS: readonly PlantedWord[] = [
  ["clock", "Date.now(); setTimeout(f, 1)"],
  ["random", "crypto.getRandomValues(x)"],
  ["cli", "Deno.exit(1)"],
  ["cli/run", "process.exit(1)"],
  ["record", "new Date(0); new Date(ms); clock.now()"],
  ["record", "ArrayBuffer; Promise.any(x); const any = 1"],
  ["record", '// Deno.env\n"Date.now()"'],
];
