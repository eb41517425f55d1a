/** The toolchains of users, each with a tiny project and what has to work in it. */

import type { Pins } from "../../tools/npm/install.ts";
import { PINS } from "../../tools/npm/packages.ts";
import { outcomeOf } from "../helpers/outcomes.ts";
import { counted } from "../runtimes/attempt.ts";
import type { Outcome } from "../runtimes/conformance.ts";
import {
  accepts,
  BUNDLE,
  type Check,
  fails,
  LEAN_BUNDLE,
  oldAccepts,
  oldRefuses,
  PASSES,
  refuses,
  takesLockOn,
} from "./checks.ts";
import type { Workshop } from "./workshop.ts";

/** One toolchain. */
export interface Toolchain {
  /** Its name in the table. */
  readonly name: string;
  /** What a project needs for it, for the table. */
  readonly needs: string;
  /** Folder in `projects/`. */
  readonly project: string;
  /** More files of the project: their names, and where they come from. */
  readonly files?: Readonly<Record<string, URL>>;
  readonly checks: readonly Check[];
}

const HERE = new URL(".", import.meta.url);
const PROGRAM = { "main.js": new URL("projects/program.js", HERE) };
const SPEC = { "lock.spec.js": new URL("projects/lock.spec.js", HERE) };
const USE = { "use.ts": new URL("../runtimes/consumers/use.ts", HERE) };
const NOTHING = "nothing";

/** All toolchains, in the order of the table. */
export const TOOLCHAINS: readonly Toolchain[] = [
  typescript("`moduleResolution: bundler`", NOTHING, [accepts("bundler")]),
  typescript("`moduleResolution: node16`", "ES modules; `nodenext` for CommonJS", [
    accepts("node16"),
    refuses("commonjs16", "commonjs.cts", "TS1479"),
  ]),
  typescript("`moduleResolution: nodenext`", NOTHING, [accepts("nodenext"), accepts("commonjs")]),
  typescript("`lib` without `dom`", "`@types/node`", [accepts("node")]),
  typescript("`lib` without `esnext.disposable`", "`skipLibCheck`", [accepts("page")]),
  typescript("`exactOptionalPropertyTypes`", "`skipLibCheck`", [
    accepts("exact"),
    refuses("exactLibs", "@nats-io/nats-core", "TS2420"),
  ]),
  {
    name: `TypeScript ${majorOf("typescript", PINS.oldCompiler)}`,
    needs: NOTHING,
    project: "typescript",
    files: USE,
    checks: [oldAccepts("bundler"), oldAccepts("nodenext"), oldRefuses("node10", "TS2307")],
  },
  bundler("webpack", "webpack", NOTHING),
  bundler("rollup", "Rollup", "`@rollup/plugin-node-resolve`, `@rollup/plugin-commonjs`"),
  bundler("vite", "Vite", NOTHING),
  // It keeps a class that has a symbol as the name of a method, since JSR's compiler hoists that name into a statement.
  bundler("esbuild", "esbuild", "`--format=esm`", BUNDLE),
  runner("jest", "Jest", "`--experimental-vm-modules`", [fails("plain", "Must use import to load ES Module")]),
  runner("vitest", "Vitest", NOTHING),
  ...([22, 24] as const).map((node) => ({
    name: `\`require()\` on Node ${node}`,
    needs: NOTHING,
    project: "commonjs",
    checks: [takesLockOn(node)],
  })),
];

/** Results of one toolchain. */
export interface Trial {
  readonly row: readonly [name: string, passed: string, needs: string];
  readonly outcomes: readonly Outcome[];
}

/** Runs the checks of a toolchain, one after the other. */
export async function trialOf(toolchain: Toolchain, workshop: Workshop): Promise<Trial> {
  const { name, needs, checks } = toolchain;
  const project = await workshop.project(toolchain.project, toolchain.files);
  const outcomes: Outcome[] = [];
  for (const [title, run] of checks) outcomes.push(await outcomeOf(title, async () => void await run(project)));
  return { row: [name, counted(outcomes), needs], outcomes };
}

/** The first number of a tool's version that may break users: "5" of 5.101.0, "0.28" of 0.28.2. */
export function majorOf(tool: string, pins: Pins = PINS.toolchains): string {
  const [major = "", minor = ""] = (pins[tool] ?? "").split(".");
  return major === "0" ? `0.${minor}` : major;
}

function typescript(what: string, needs: string, checks: readonly Check[]): Toolchain {
  return { name: `TypeScript ${majorOf("typescript")}, ${what}`, needs, project: "typescript", files: USE, checks };
}

function bundler(project: string, name: string, needs: string, checks = LEAN_BUNDLE): Toolchain {
  return { name: `${name} ${majorOf(project)}`, needs, project, files: PROGRAM, checks };
}

function runner(project: string, name: string, needs: string, more: readonly Check[] = []): Toolchain {
  return { name: `${name} ${majorOf(project)}`, needs, project, files: SPEC, checks: [PASSES, ...more] };
}
