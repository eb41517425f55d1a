/**
 * Examples of imports and words that the rules of `import_rules.ts` and `word_rules.ts` must refuse or allow.
 *
 * @module
 */

type PlantedImport = readonly [what: string, path: string, text: string];
type PlantedWord = readonly [path: string, text: string];

const RECORD = "src/store/record.ts";
const KEEPER = "src/lease/keeper.ts";
const LOCKER = "src/locker/locker.ts";
const CLI = "cli/src/run.ts";

/** Description, path of the importing file, and an import that it must not have. */
export const BAD_IMPORTS: readonly PlantedImport[] = [
  ["a file of a higher folder", RECORD, 'import { x } from "../locker/locker.ts";'],
  ["types of a higher folder", RECORD, 'import type { X } from "../lease/lease.ts";'],
  ["nats into lease", KEEPER, 'import { x } from "../nats/kv_store.ts";'],
  ["nats into a waiter", "src/locker/waiter.ts", 'import type { X } from "../nats/bucket.ts";'],
  ["memory into lease", KEEPER, 'import { x } from "../memory/memory_store.ts";'],
  ["memory into nats", "src/nats/kv_store.ts", 'import { x } from "../memory/memory_store.ts";'],
  ["memory into locker", LOCKER, 'import { x } from "../memory/memory_store.ts";'],
  ["memory into mod", "mod.ts", 'export * from "./src/memory/memory_store.ts";'],
  ["nats into testing", "src/testing.ts", 'export * from "./nats/bucket.ts";'],
  ["a package of NATS into locker", LOCKER, 'import { x } from "@nats-io/kv";'],
  ["types of NATS into lease", KEEPER, 'import type { KV } from "@nats-io/kv";'],
  ["the package itself", LOCKER, 'import { x } from "@x/natslock";'],
  ["a node module", LOCKER, 'import { x } from "node:fs";'],
  ["a package past the import map", "src/nats/bucket.ts", 'import { x } from "npm:left-pad";'],
  ["a file outside of src", LOCKER, 'import { x } from "../../tests/a.ts";'],
  ["an entry point", LOCKER, 'import { x } from "../../mod.ts";'],
  ["a file of an unknown folder", LOCKER, 'import { x } from "../stray/stray.ts";'],
  ["a re-export of a higher folder", RECORD, 'export * from "../locker/locker.ts";'],
  ["an import for its effects", RECORD, 'import "../locker/locker.ts";'],
  ["a dynamic import", RECORD, 'await import("../locker/locker.ts");'],
  ["the command line into mod", "mod.ts", 'export * from "./cli/main.ts";'],
  ["the command line into locker", LOCKER, 'import { x } from "../../cli/src/exit.ts";'],
  ["a file of the library into the command line", CLI, 'import { x } from "../../src/base/clock.ts";'],
  ["an unknown package into the command line", CLI, 'import x from "left-pad";'],
  ["the transport of the command line into lease", KEEPER, 'import { x } from "@nats-io/transport-node";'],
  ["an import over several lines", RECORD, 'import {\n  x,\n} from\n  "../locker/locker.ts";'],
  ["an import behind another", RECORD, 'import "../base/clock.ts"; export { x } from "../lease/lease.ts";'],
];

/** Description, path of the importing file, and an import that it may have. */
export const GOOD_IMPORTS: readonly PlantedImport[] = [
  ["a lower folder", LOCKER, 'import { x } from "../base/clock.ts";'],
  ["a file of the same folder", "src/nats/kv_store.ts", 'import { x } from "./bucket.ts";'],
  ["nats into the options of a Locker", "src/locker/options.ts", 'import { x } from "../nats/bucket.ts";'],
  ["a package of NATS into nats", "src/nats/bucket.ts", 'import { x } from "@nats-io/kv";'],
  ["one file of the command line into another", CLI, 'import { x } from "./exit.ts";'],
  ["the entry of the command line", "cli/main.ts", 'import { x } from "./src/main.ts";'],
  ["packages and node modules into the command line", CLI, 'import "@nats-io/kv"; import "node:fs";'],
  ["the library into the command line", CLI, 'import { x } from "@x/natslock/internal";'],
  ["src into mod", "mod.ts", 'export { Locker } from "./src/locker/locker.ts";'],
  ["memory into testing", "src/testing.ts", 'export * from "./memory/memory_store.ts";'],
  ["whatever an example in a comment imports", RECORD, '/** import "./locker.ts"; */ // import "x"'],
];

/** Path of a file, and code that it must not contain. */
export const BAD_WORDS: readonly PlantedWord[] = [
  [RECORD, "Deno.env"],
  [RECORD, "globalThis.Deno"],
  [RECORD, "process.exit(1)"],
  [RECORD, "Buffer.from(x)"],
  [RECORD, "Date.now()"],
  [RECORD, "performance.now()"],
  [RECORD, "new Date()"],
  [RECORD, "const d = new Date;"],
  [RECORD, "setTimeout(f, 1)"],
  [RECORD, "globalThis.setInterval(f, 1)"],
  [RECORD, "`${Date.now()}`"],
  ["src/base/clock.ts", "Math.random()"],
  ["src/base/clock.ts", "crypto.randomUUID()"],
  [RECORD, "export default 1"],
  [RECORD, "export enum Colour {}"],
  [RECORD, "await using lock = await take()"],
  [RECORD, "  [Symbol.asyncDispose](): Promise<void> {"],
  [RECORD, "  static async *[Symbol.iterator]() {"],
  [RECORD, "let a: any = 1"],
  [RECORD, "Map<string, any>"],
  [RECORD, "b as any"],
];

/** Path of a file, and code that it may contain. */
export const GOOD_WORDS: readonly PlantedWord[] = [
  [RECORD, "  declare readonly [Symbol.dispose]: () => void;"],
  ["src/base/clock.ts", "Date.now(); setTimeout(f, 1)"],
  ["src/base/random.ts", "crypto.getRandomValues(x)"],
  ["cli/main.ts", "Deno.exit(1)"],
  [CLI, "process.exit(1)"],
  [RECORD, "new Date(0); new Date(ms); clock.now()"],
  [RECORD, "ArrayBuffer; Promise.any(x); const any = 1"],
  [RECORD, '// Deno.env\n"Date.now()"'],
];
