/**
 * `deno task bench`: measures natslock side by side with the bare messages and with other libraries.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { codeOf, print, UsageError, wholeNumber } from "../tools/usage.ts";
import { changes, merged } from "./against.ts";
import type { Figures, Measured } from "./figures.ts";
import { commit, machine } from "./machine.ts";
import { pageOf } from "./page.ts";
import { alone } from "./parts/alone.ts";
import { bundle } from "./parts/bundle.ts";
import { handOver } from "./parts/hand_over.ts";
import { loop } from "./parts/loop.ts";
import type { Place } from "./parts/place.ts";
import { rest } from "./parts/rest.ts";
import { shared } from "./parts/shared.ts";
import { start } from "./parts/start.ts";
import { steps } from "./parts/steps.ts";
import { takeover } from "./parts/takeover.ts";
import { crowds, throughput } from "./parts/throughput.ts";
import { startServices } from "./peers/services.ts";
import { svgOf } from "./plots.ts";

const PARTS = {
  alone,
  loop,
  steps,
  "hand-over": handOver,
  takeover,
  throughput,
  crowds,
  rest,
  shared,
  start,
  bundle,
} as const;
type PartName = keyof typeof PARTS;

const HELP =
  `Measures natslock side by side with the bare messages it needs, and with redlock, redis-semaphore and etcd3.

Usage: deno task bench [--only PARTS [--rest FILE]] [--haste N] [--write] [--json FILE] [--against FILE] [--help]

--only PARTS    only these parts, separated by commas:
                ${Object.keys(PARTS).join(", ")}
--rest FILE     with --only: take the other parts from the figures of an earlier run
--haste N       divide all numbers of samples by N, for a quick look (default 1)
--write         write docs/figures.md, its plots, and its figures as docs/figures/figures.json
--json FILE     write the figures to FILE
--against FILE  compare with the figures of an earlier run

Starts nats-server, Redis and etcd on loopback, and installs what is missing (Redis and etcd only for root on Debian; a
library whose server is missing is left out). Takes about 15 minutes. Nothing is judged: the exit code is 0 unless
something fails. Press Ctrl-C to stop; nothing is written then.`;

const DOCS = new URL("../docs/", import.meta.url);
const say = (text: string) => print(Deno.stdout, text);

function flagsOf(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = { only: text, rest: text, haste: text, json: text, against: text, write: flag, help: flag };
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ")[0]}; see --help`);
  }
}

function partsOf(only: string | undefined): PartName[] {
  const all = Object.keys(PARTS) as PartName[];
  if (only === undefined) return all;
  return only.split(",").map((name) => {
    const part = all.find((each) => each === name.trim());
    if (part) return part;
    throw new UsageError(`Cannot use "--only": must be some of ${all.join(", ")}, current value is "${name}"`);
  });
}

/** The versions of the libraries, as the bench imports them. */
async function peerVersions(): Promise<Record<string, string>> {
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", import.meta.url))) as {
    readonly imports: Readonly<Record<string, string>>;
  };
  const lock = await Deno.readTextFile(new URL("../deno.lock", import.meta.url));
  const versions = Object.entries(imports).map(([name, specifier]): [string, string] => {
    const found = new RegExp(`"${specifier.replace(/[.^*+?]/g, "\\$&")}": "([^_"]+)`).exec(lock);
    return [name, found?.[1] ?? specifier];
  });
  return Object.fromEntries(versions.filter(([name]) => !name.startsWith("vega") && name !== "ioredis"));
}

async function measure(parts: readonly PartName[], haste: number): Promise<Figures> {
  const begun = performance.now();
  const progress = (line: string) => say(`${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  progress("starting servers");
  await using services = await startServices(progress);
  const place: Place = { services, haste, say: progress };
  const measured: Measured[] = [];
  const failed: string[] = [];
  for (const part of parts) {
    try {
      measured.push(await PARTS[part](place));
    } catch (error) {
      // The other figures are worth keeping.
      failed.push(`${part}, which failed: ${(error as Error).message}`);
      progress(failed.at(-1) ?? "");
    }
  }
  return {
    when: new Date().toISOString().slice(0, 10),
    commit: await commit(),
    machine: await machine(await peerVersions()),
    missing: [...services.missing, ...failed],
    tables: measured.flatMap(({ tables }) => tables),
    curves: measured.flatMap(({ curves = [] }) => curves),
  };
}

async function figuresIn(file: string | undefined): Promise<Figures | null> {
  return file === undefined ? null : JSON.parse(await Deno.readTextFile(file)) as Figures;
}

const jsonOf = (figures: Figures): string => `${JSON.stringify(figures, null, 2)}\n`;

async function write(figures: Figures): Promise<void> {
  const folder = new URL("figures/", DOCS);
  await Deno.mkdir(folder, { recursive: true });
  for (const curve of figures.curves) {
    await Deno.writeTextFile(new URL(`${curve.id}.svg`, folder), await svgOf(curve));
  }
  const page = new URL("figures.md", DOCS);
  await Deno.writeTextFile(page, pageOf(figures));
  await Deno.writeTextFile(new URL("figures.json", folder), jsonOf(figures));
  // The gate checks the format of every page.
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", page.pathname] }).output();
  say("docs/figures.md: written");
}

async function main(args: readonly string[]): Promise<void> {
  const flags = flagsOf(args);
  if (flags.help) return say(HELP);
  const haste = wholeNumber("haste", flags.haste) ?? 1;
  if (haste < 1) throw new UsageError(`Cannot use "--haste": must be 1 or more, current value is "${haste}"`);
  const parts = partsOf(flags.only);
  if (flags.write && flags.only && !flags.rest) {
    throw new UsageError(`Cannot use "--write" with "--only": the page shows a whole run. Add "--rest"`);
  }
  // Read first: a wrong name must not cost a run.
  const [before, rest] = [await figuresIn(flags.against), await figuresIn(flags.rest)];
  const figures = merged(rest, await measure(parts, haste));
  say(`\n${pageOf(figures)}`);
  if (flags.json) await Deno.writeTextFile(flags.json, jsonOf(figures));
  if (flags.write) await write(figures);
  if (before) say(changes(before, figures));
}

// redis-semaphore extends a lock by a timer, and its error after the end of the connection reaches nobody.
globalThis.addEventListener("unhandledrejection", (event) => {
  if (String(event.reason).includes("Connection is closed")) event.preventDefault();
});

// Libraries of other servers keep timers and sockets for a while after they are closed.
Deno.exit(await codeOf(() => main(Deno.args)));
