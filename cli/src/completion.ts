/** Finds what can follow the words on a command line. */

import type { Command, Option } from "commander";
import process from "node:process";
import { type Asked, suggestionsFor } from "./suggestions.ts";

/** One candidate for the word at the cursor. */
export interface Candidate {
  readonly value: string;
  readonly meaning: string;
}

/** What can follow. `files`: files can follow, too. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly files: boolean;
}

/** What the words before the cursor mean. */
interface Line {
  readonly command: Command;
  readonly operands: readonly string[];
  /** The option whose value comes next; `null` if there is none. */
  readonly pending: Option | null;
  /** Values of the options so far, by the names under which the commands get them. */
  readonly values: Readonly<Record<string, string>>;
  /** True after `--`, or where the command to run has begun. */
  readonly isForeign: boolean;
}

const NOTHING: Completion = { candidates: [], files: false };

/** Options whose value is a path. */
const PATHS = new Set(["creds", "nkey", "tlscert", "tlskey", "tlsca"]);

/** Returns what can stand in place of the last word. */
export async function completionOf(program: Command, words: readonly string[]): Promise<Completion> {
  const [last = "", before] = [words.at(-1), words.slice(0, -1)];
  const line = lineOf(program, before);
  const isCommand = runsCommand(line.command) && line.operands.length > 0 && !line.pending && !last.startsWith("-");
  if (line.isForeign || isCommand) return { candidates: [], files: true };
  if (line.pending) return await valuesOf(line, line.pending, "", last);
  const [, name, typed = ""] = /^(--[^=]+)=(.*)$/.exec(last) ?? [];
  if (name !== undefined) {
    const option = optionOf(line.command, name);
    return option ? await valuesOf(line, option, `${name}=`, typed) : NOTHING;
  }
  const candidates = last.startsWith("-") ? flagsOf(line.command) : [
    ...line.operands.length === 0 ? subcommandsOf(line.command.name() === "help" ? program : line.command) : [],
    ...await suggested(line, "", last),
  ];
  return { candidates: candidates.filter(({ value }) => value.startsWith(last)), files: false };
}

/** Reads the words before the cursor. */
function lineOf(program: Command, words: readonly string[]): Line {
  let [command, pending, isForeign] = [program, null as Option | null, false];
  const operands: string[] = [];
  const values: Record<string, string> = {};
  for (const word of words) {
    const [, name = word, given] = /^(--[^=]+)=(.*)$/.exec(word) ?? [];
    if (pending) {
      values[pending.attributeName()] = word;
      pending = null;
    } else if (word === "--") isForeign = true;
    else if (word.startsWith("-")) {
      const option = optionOf(command, name);
      if (option && given !== undefined) values[option.attributeName()] = given;
      else if (option?.required) pending = option;
    } else if (operands.length === 0 && subcommandOf(command, word)) command = subcommandOf(command, word) ?? command;
    else operands.push(word);
    // The command to run follows the key.
    if (runsCommand(command) && operands.length > 1) isForeign = true;
    if (isForeign) break;
  }
  return { command, operands, pending, values, isForeign };
}

const runsCommand = (command: Command): boolean => command.name() === "run";

function subcommandOf({ commands }: Command, word: string): Command | undefined {
  return commands.find((command) => command.name() === word || command.aliases().includes(word));
}

function optionOf({ options }: Command, name: string): Option | undefined {
  return options.find(({ long, short }) => long === name || short === name);
}

function subcommandsOf(command: Command): Candidate[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible.map((one) => ({ value: one.name(), meaning: one.description() }));
}

function flagsOf(command: Command): Candidate[] {
  const visible = command.createHelp().visibleOptions(command);
  return visible.flatMap(({ long, description }) => long ? [{ value: long, meaning: description }] : []);
}

/** Returns the values of an option. `prefix` is what stands before the value in the same word. */
async function valuesOf(line: Line, option: Option, prefix: string, typed: string): Promise<Completion> {
  const name = option.attributeName();
  if (PATHS.has(name)) return { candidates: [], files: true };
  const candidates = (await suggested(line, name, typed)).filter(({ value }) => value.startsWith(typed));
  return { candidates: candidates.map(({ value, meaning }) => ({ value: prefix + value, meaning })), files: false };
}

/** Returns the values of an option, or of the next operand if `option` is empty. */
async function suggested({ command, operands, values }: Line, option: string, typed: string): Promise<Candidate[]> {
  const defaults = Object.fromEntries(command.options.flatMap((one) => {
    const value: unknown = (one.envVar ? process.env[one.envVar] : undefined) || one.defaultValue;
    return typeof value === "string" ? [[one.attributeName(), value]] : [];
  }));
  const path = [command.parent?.parent ? command.parent.name() : "", command.name()].filter(Boolean).join(" ");
  const asked: Asked = { path, option, operands, flags: { bucket: "locks", ...defaults, ...values } };
  return (await suggestionsFor(asked, typed)).map((value) => ({ value, meaning: "" }));
}
