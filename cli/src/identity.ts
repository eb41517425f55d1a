/** What others see of who runs a command under a lock. */

import type { Meta } from "@x/natslock";
import { hostname, userInfo } from "node:os";
import { basename } from "node:path";
import process from "node:process";

/** A name for people: the command and the machine, at most 128 bytes. */
export function nameOf([command = ""]: readonly string[]): string {
  const name = `${basename(command)}@${hostname()}`.replace(/[^ -~]/g, "?").trim();
  return name.slice(0, 128).trim();
}

/** Host, process and user. Not the command's arguments, which may hold secrets. */
export function metaOf([command = ""]: readonly string[]): Meta {
  return { host: hostname(), pid: process.pid, user: user(), command: basename(command), runtime: runtime() };
}

/** The name of the user; empty where the system has none, as in some containers. */
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
