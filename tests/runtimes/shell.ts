/** Runs command lines as a user does: in a POSIX shell, with nothing in the environment that only this process has. */

import { signalAll, treeOf } from "../../cli/src/process_tree.ts";
import { guard, unguard } from "../../tools/nats/process.ts";

/** What npx puts into the environment of the programs that it runs, perhaps this process, and settings for NATS. */
const NOT_KEPT = /^(?:npm_(?!config_)|npm_config_(?:user_agent|(?:local_|global_)?prefix)$|NATS)/i;

/** Time limit of one command, in milliseconds. */
const LONGEST = 60_000;

/** Where a command runs. */
export interface ShellPlace {
  /** Its working folder. */
  readonly cwd: string;
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Time limit in milliseconds. Default: 60 s. */
  readonly limit?: number;
}

/** The environment of this process, without what is not the user's. */
export function userEnv(): Record<string, string> {
  return Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => !NOT_KEPT.test(name)));
}

/** Runs a command to its end and resolves to its output. Rejects with all that it printed if it fails or is late. */
export async function shell(command: string, { cwd, env, limit = LONGEST }: ShellPlace): Promise<string> {
  const pipes = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
  const child = new Deno.Command("sh", { args: ["-c", command], cwd, clearEnv: true, env, ...pipes }).spawn();
  const tree = { destroy: () => signalAll(treeOf(child.pid), "SIGKILL") };
  guard(tree);
  const timer = setTimeout(tree.destroy, limit);
  const { success, stdout, stderr } = await child.output();
  clearTimeout(timer);
  unguard(tree);
  const [output = "", complaint = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`"${command}" failed, or took ${limit} ms:\n${output}${complaint}`);
  return output;
}
