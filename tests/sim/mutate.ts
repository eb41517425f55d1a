/**
 * `deno task mutate`: turns off each rule in a copy of the source and searches for a seed that detects it.
 *
 * @module
 */

import process from "node:process";
import { parseArgs } from "node:util";
import { answerOf, THROWN } from "./crew.ts";
import { type Mutation, worldOf } from "./mutation.ts";
import { ADAPTER_OFF } from "./adapter_off.ts";
import { ROWS_OFF } from "./rows_off.ts";
import { LOCKS_OFF } from "./locks/locks_off.ts";
import { RULES_OFF } from "./rules_off.ts";
import { Sheet, type Verdict } from "./sheet.ts";
import type { Tally } from "./tally.ts";

const HELP = `Turns off each rule in a copy of src/ and runs simulator seeds until one breaks a rule (is red).

Usage: deno task mutate [--locks] [--only TEXT] [--most N] [--quick | --missing]
       deno task mutate [--locks] --check

--locks      only the rules of many locks, which have a table of their own
--only TEXT  only mutations whose rule or description contains TEXT; the other rows of the table stay
--most N     maximum number of seeds for each mutation (default 60000)
--quick      try the seed in MUTATIONS.md first
--missing    only mutations that have no seed in MUTATIONS.md: goes on with a search that was stopped
--check      try only the seed in MUTATIONS.md; writes no file

Writes tests/sim/MUTATIONS.md, or with --locks tests/sim/locks/MUTATIONS.md, after each row. Exit code 1 if no seed is
red for some mutation.`;

const ROOT = new URL("../../", import.meta.url);

/**
 * Time limit of one seed in ms: CPU time of this process, so that other work of the machine does not count. Most seeds
 * take less than a second.
 */
const PATIENCE = 60_000;

/** Time in ms between two looks at the CPU time. */
const EVERY = 500;

/** The mutations of Lockers: of the rules, then of the rows of the state machine. */
export const MUTATIONS: readonly Mutation[] = [...RULES_OFF, ...ROWS_OFF, ...ADAPTER_OFF];

export const LOCKER_SHEET = new Sheet(new URL("./MUTATIONS.md", import.meta.url), MUTATIONS);

export const LOCKS_SHEET = new Sheet(new URL("./locks/MUTATIONS.md", import.meta.url), LOCKS_OFF);

const say = (line: string) => void Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));

/** Copies everything that a run needs to a new folder and makes one edit. */
async function mutated({ file, from, to }: Mutation): Promise<URL> {
  const folder = await Deno.makeTempDir({ prefix: "natslock-mutant-" });
  const root = new URL(`file://${folder}/`);
  for (const path of ["src/", "tests/sim/"]) await copyFolder(new URL(path, ROOT), new URL(path, root));
  for (const path of ["mod.ts", "deno.json"]) await Deno.copyFile(new URL(path, ROOT), new URL(path, root));
  const target = new URL(`src/${file}`, root);
  const text = await Deno.readTextFile(target);
  const places = text.split(from).length - 1;
  if (places !== 1) {
    throw new Error(`Cannot edit ${file}: "${from}" must occur once, found ${places} times`);
  }
  // The edit can leave code unused, so types are not checked.
  await Deno.writeTextFile(target, `// @ts-nocheck: an edit of "${file}"\n${text.replace(from, () => to)}`);
  return root;
}

async function copyFolder(from: URL, to: URL): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isFile, isDirectory } of Deno.readDir(from)) {
    if (isFile) await Deno.copyFile(new URL(name, from), new URL(name, to));
    else if (isDirectory) await copyFolder(new URL(`${name}/`, from), new URL(`${name}/`, to));
  }
}

/** Runs seeds on a mutant until one is red. */
async function hunt(mutation: Mutation, first: number, seeds: number): Promise<Verdict> {
  const root = await mutated(mutation);
  const worker = new Worker(new URL("tests/sim/worker.ts", root), { type: "module" });
  try {
    for (let from = first; from < first + seeds; from++) {
      const order = { from, to: from + 1, options: worldOf(mutation) };
      const { broken: [red] } = await inTime(answerOf(worker, order), from);
      // If the edit makes the program throw, the run says nothing about the rule.
      if (red?.rule.startsWith(THROWN)) throw new Error(`Cannot judge "${mutation.off}": ${red.rule}`);
      if (red) return { mutation, red };
    }
    return { mutation, red: null };
  } finally {
    worker.terminate();
    await Deno.remove(root, { recursive: true });
  }
}

/** A worker that does not answer in time is considered hanging. */
async function inTime(answer: Promise<Tally>, seed: number): Promise<Pick<Tally, "broken">> {
  let timer: ReturnType<typeof setInterval> | undefined;
  const before = process.cpuUsage();
  const hung = new Promise<Pick<Tally, "broken">>((resolve) => {
    timer = setInterval(() => {
      const { user, system } = process.cpuUsage(before);
      if ((user + system) / 1000 > PATIENCE) resolve({ broken: [{ seed, rule: "the process hangs", steps: 0 }] });
    }, EVERY);
  });
  try {
    return await Promise.race([answer, hung]);
  } finally {
    clearInterval(timer);
  }
}

/** Tries mutations, in parallel on all cores. Calls `found` with each verdict. */
export async function judge(
  mutations: readonly Mutation[],
  seedsOf: (mutation: Mutation) => readonly [first: number, seeds: number],
  found: (verdict: Verdict) => void = () => {},
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const left = [...mutations];
  const work = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const verdict = await hunt(next, ...seedsOf(next));
      verdicts.push(verdict);
      found(verdict);
      say(`${verdict.red ? `red, seed ${verdict.red.seed}` : "NOT RED"}: ${next.rule}, ${next.off}`);
    }
  };
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, work));
  return verdicts;
}

async function main(args: string[]): Promise<boolean> {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const { values } = parseArgs({
    args,
    options: { only: text, most: text, quick: flag, missing: flag, check: flag, locks: flag, help: flag },
  });
  if (values.help) {
    say(HELP);
    return true;
  }
  const { only = "", most = "60000" } = values;
  const sheet = values.locks ? LOCKS_SHEET : LOCKER_SHEET;
  const all = await sheet.seeds();
  const isMissing = ({ off }: Mutation) => !values.missing || !all.has(off);
  const chosen = sheet.mutations.filter((each) => `${each.rule} ${each.off}`.includes(only) && isMissing(each));
  const seeds = values.check || values.quick ? all : new Map<string, number>();
  let written: Promise<void> = Promise.resolve();
  const write = (verdict: Verdict) => {
    if (!values.check) written = written.then(() => sheet.write([verdict]));
  };
  const tabled = chosen.filter(({ off }) => seeds.has(off));
  const known = await judge(tabled, ({ off }) => [seeds.get(off) ?? 1, 1], (verdict) => verdict.red && write(verdict));
  const found = known.filter(({ red }) => values.check || red !== null);
  const left = chosen.filter((mutation) => !found.some((verdict) => verdict.mutation === mutation));
  const searched = await judge(left, () => [1, values.check ? 1 : Number(most)], write);
  await written;
  const verdicts = [...found, ...searched];
  const unseen = verdicts.filter(({ red }) => red === null);
  say(`${verdicts.length - unseen.length} of ${verdicts.length} mutations are detected`);
  return unseen.length === 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args) ? 0 : 1);
