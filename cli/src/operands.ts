/** Finds where the flags of natslock end and the command to run begins. */

import type { Command, Option } from "commander";

/** Number of operands before the command: the key. */
const BEFORE_COMMAND = 1;

/**
 * Makes a command end its flags at the first operand after the key, as `flock`, `timeout` and `env` do. All words from
 * there on belong to the command to run, also those that look like flags of natslock. A `--` has the same effect.
 */
export function endFlagsAtCommand(command: Command): void {
  const parse = command.parseOptions.bind(command);
  command.parseOptions = (args) => parse(withMark(args, command.options));
}

/** Returns the arguments with `--` before the command to run, if there is a command and no `--` before it. */
function withMark(args: readonly string[], options: readonly Option[]): string[] {
  let operands = 0;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "--") break;
    if (arg.length > 1 && arg.startsWith("-")) at += takesNext(arg, options) ? 1 : 0;
    else if (operands++ === BEFORE_COMMAND) return [...args.slice(0, at), "--", ...args.slice(at)];
  }
  return [...args];
}

/** Reports whether the word after this flag, or after this group of short flags, is the value of the flag. */
function takesNext(arg: string, options: readonly Option[]): boolean {
  if (arg.startsWith("--")) return options.some(({ long, required }) => long === arg && required);
  for (let at = 1; at < arg.length; at++) {
    const option = options.find(({ short }) => short === `-${arg[at]}`);
    if (option?.required) return at === arg.length - 1;
  }
  return false;
}
