/** What the figures were measured on. */

import { cpus, release, totalmem, type } from "node:os";
import { PINNED_VERSION } from "../tools/nats/install.ts";

const GIGABYTE = 2 ** 30;

async function firstLine(program: string, ...args: string[]): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command(program, { args, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout).trim().split("\n")[0] ?? null : null;
  } catch {
    return null;
  }
}

/** The commit of the working copy; "unknown" outside a repository. */
export async function commit(): Promise<string> {
  return await firstLine("git", "rev-parse", "--short", "HEAD") ?? "unknown";
}

/** The machine and the versions of everything that takes part. */
export async function machine(peers: Readonly<Record<string, string>>): Promise<[string, string][]> {
  const [cpu] = cpus();
  const versions: [string, string | null][] = [
    ["processor", `${cpus().length} x ${cpu?.model.trim() ?? "unknown"}`],
    ["memory", `${(totalmem() / GIGABYTE).toFixed(1)} GB`],
    ["system", `${type()} ${release()}`],
    ["Deno", `${Deno.version.deno}, V8 ${Deno.version.v8}`],
    ["nats-server", await firstLine("nats-server", "--version") ?? PINNED_VERSION],
    ["Redis", await firstLine("redis-server", "--version")],
    ["etcd", await firstLine("etcd", "--version")],
    ["Go", await firstLine("go", "version")],
    ...Object.entries(peers),
  ];
  return versions.flatMap(([name, version]) => version === null ? [] : [[name, version]]);
}
