/** Lists a process and its descendants. */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** One process. The system can reuse a process id, so `started` is part of the identity. */
export interface Process {
  /** Process id. */
  readonly pid: number;
  /** Process id of the parent. */
  readonly parent: number;
  /** Start time in the format of the system. */
  readonly started: string;
}

/** Returns the process and its descendants that still run, parents first. */
export function treeOf(root: number): Process[] {
  const all = running();
  const tree = all.filter(({ pid }) => pid === root);
  for (let at = 0; at < tree.length; at++) tree.push(...all.filter(({ parent }) => parent === tree[at]?.pid));
  return tree;
}

/** Returns the processes that still run. */
export function stillRunning(processes: readonly Process[]): Process[] {
  if (processes.length === 0) return [];
  const all = new Set(running().map(identity));
  return processes.filter((one) => all.has(identity(one)));
}

/** Sends a signal to each process. Skips a process that has ended. */
export function signalAll(processes: readonly Pick<Process, "pid">[], signal: NodeJS.Signals): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, signal);
    } catch {
      // The process has ended.
    }
  }
}

const identity = ({ pid, started }: Process): string => `${pid} ${started}`;

/** Lists all processes. Returns an empty list if the system has no list that we can read. */
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
      // The second field, the name in parentheses, can itself contain spaces and parentheses.
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
