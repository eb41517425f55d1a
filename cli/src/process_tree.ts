/** A process and what it has started, as the system lists them. */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** One process; `started` tells it from a later one with the same number. */
export interface Process {
  /** Its number. */
  readonly pid: number;
  /** Number of the process that started it. */
  readonly parent: number;
  /** When it started, as the system counts. */
  readonly started: string;
}

/** The process and all that descend from it, parents first; only what still runs. */
export function treeOf(root: number): Process[] {
  const all = running();
  const tree = all.filter(({ pid }) => pid === root);
  for (let at = 0; at < tree.length; at++) tree.push(...all.filter(({ parent }) => parent === tree[at]?.pid));
  return tree;
}

/** Those that still run. */
export function stillRunning(processes: readonly Process[]): Process[] {
  if (processes.length === 0) return [];
  const all = new Set(running().map(identity));
  return processes.filter((one) => all.has(identity(one)));
}

/** Sends a signal to each; one that has ended meanwhile is passed over. */
export function signalAll(processes: readonly Pick<Process, "pid">[], signal: NodeJS.Signals): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, signal);
    } catch {
      // It is gone.
    }
  }
}

const identity = ({ pid, started }: Process): string => `${pid} ${started}`;

/** Empty where the system has no list that we can read; then only the command itself is looked after. */
function running(): Process[] {
  try {
    return process.platform === "linux" ? fromProc() : fromPs();
  } catch {
    return [];
  }
}

function fromProc(): Process[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // The second field, the name, may have blanks and brackets.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const [state = "", parent] = fields;
      return state === "Z" ? [] : [{ pid: Number(pid), parent: Number(parent), started: fields[19] ?? "" }];
    } catch {
      return [];
    }
  });
}

function fromPs(): Process[] {
  const list = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat=,lstart="], { encoding: "utf8", stdio: "pipe" });
  return list.split("\n").flatMap((line) => {
    const [, pid, parent, state = "", started = ""] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined || state.startsWith("Z") ? [] : [{ pid: Number(pid), parent: Number(parent), started }];
  });
}
