/** Name and metadata that other clients see of the holder that runs a command. */

import type { Meta } from "@x/natslock";
import { hostname, userInfo } from "node:os";
import { basename } from "node:path";
import process from "node:process";

/** Returns the default name of the holder: command and host, at most 128 bytes. */
export function nameOf([command = ""]: readonly string[]): string {
  const name = `${basename(command)}@${hostname()}`.replace(/[^ -~]/g, "?").trim();
  return name.slice(0, 128).trim();
}

/** Returns host, process, user, command and runtime. Leaves out the arguments because they may contain secrets. */
export function metaOf([command = ""]: readonly string[]): Meta {
  return { host: hostname(), pid: process.pid, user: user(), command: basename(command), runtime: runtime() };
}

/** Returns the name of the user, or an empty string if the system has none, as in some containers. */
function user(): string {
  try {
    return userInfo().username;
  } catch {
    return "";
  }
}

function runtime(): string {
  const { deno, bun, node = "" } = process.versions as Readonly<Record<string, string | undefined>>;
  if (deno !== undefined) return `deno ${deno}`;
  return bun === undefined ? `node ${node}` : `bun ${bun}`;
}
