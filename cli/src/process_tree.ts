/** Lists a process and all that it has started. */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** One process. The system can reuse a process id, so `started` is part of the identity. */
export interface Process {
  /** Process id. */
  readonly pid: number;
  /** Process id of the parent. */
  readonly parent: number;
  /** Id of the process group. */
  readonly group: number;
  /** Start time in the format of the system. */
  readonly started: string;
}

/** How to recognise the processes of a command. */
export interface FamilyMarks {
  /** Process id of the command. */
  readonly root: number;
  /** True if the command leads a process group of its own. */
  readonly ownGroup: boolean;
  /** An entry of the environment, such as `NAME=value`, that no other process has. Empty = none. */
  readonly entry: string;
}

/**
 * The processes of one command: the command, its descendants, its process group, and on Linux each process that has
 * inherited its environment. So a process is found although its parent has ended, or although it leads a session.
 */
export class Family {
  readonly #marks: FamilyMarks;
  /** All that were found, by identity. */
  readonly #known = new Set<string>();
  /** Processes without the entry in their environment. */
  readonly #strangers = new Set<string>();

  /** Creates a family. Looks for no process yet. */
  constructor(marks: FamilyMarks) {
    this.#marks = marks;
  }

  /** Returns the processes that run now, and remembers them. Empty if the system has no list that we can read. */
  running(): Process[] {
    const { root, ownGroup } = this.#marks;
    const all = running();
    // Later another process can have this id.
    const isRoot = ({ pid }: Process) => this.#known.size === 0 && pid === root;
    const isOurs = (one: Process) =>
      isRoot(one) || (ownGroup && one.group === root) || this.#known.has(identity(one)) || this.#isMarked(one);
    const found = new Set(all.filter(isOurs));
    // A set also visits what is added during the loop.
    for (const { pid } of found) all.filter(({ parent }) => parent === pid).forEach((child) => found.add(child));
    for (const one of found) this.#known.add(identity(one));
    return [...found];
  }

  #isMarked(one: Process): boolean {
    const { entry } = this.#marks;
    const id = identity(one);
    if (entry === "" || process.platform !== "linux" || this.#strangers.has(id)) return false;
    const environment = environmentOf(one.pid);
    const isMarked = environment.includes(entry);
    // An environment is empty for a moment while a program is loaded.
    if (!isMarked && environment.length > 1) this.#strangers.add(id);
    return isMarked;
  }
}

/** Returns the process and its descendants that run, parents first. */
export function treeOf(root: number): Process[] {
  return new Family({ root, ownGroup: false, entry: "" }).running();
}

/** Returns the entries of the environment that a process was started with. */
function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
  } catch {
    return ["the process has ended, or we may not read this", ""];
  }
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
      const [state = "", parent, group] = fields;
      const started = fields[19] ?? "";
      return state === "Z" ? [] : [{ pid: Number(pid), parent: Number(parent), group: Number(group), started }];
    } catch {
      return [];
    }
  });
}

function fromPs(): Process[] {
  const list = execFileSync("ps", ["-A", "-o", "pid=,ppid=,pgid=,stat=,lstart="], { encoding: "utf8", stdio: "pipe" });
  return list.split("\n").flatMap((line) => {
    const [, pid, parent, group, state = "", started = ""] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ??
      [];
    if (pid === undefined || state.startsWith("Z")) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), started }];
  });
}
