/**
 * Child processes that end with this process, and files for them.
 *
 * @module
 */

// Scripts outside of this repository take the ports from here.
export { freePorts } from "./ports.ts";

/** Something to clean up when this process is interrupted or ends. */
interface Guarded {
  /** Cleans up synchronously, without waiting. */
  destroy(): void;
}

const guarded = new Set<Guarded>();
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];

/** Registers `thing` to be destroyed when this process is interrupted or ends. */
export function guard(thing: Guarded): void {
  if (guarded.size === 0) {
    for (const signal of SIGNALS) Deno.addSignalListener(signal, interrupted);
    globalThis.addEventListener("unload", destroyAll);
  }
  guarded.add(thing);
}

/** Unregisters `thing` after it was cleaned up normally. */
export function unguard(thing: Guarded): void {
  if (!guarded.delete(thing) || guarded.size > 0) return;
  for (const signal of SIGNALS) Deno.removeSignalListener(signal, interrupted);
  globalThis.removeEventListener("unload", destroyAll);
}

function interrupted(): void {
  destroyAll();
  Deno.exit(130);
}

function destroyAll(): void {
  for (const thing of guarded) thing.destroy();
}

/** Writes files to a folder. */
export async function writeTexts(folder: string, texts: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(texts)) await Deno.writeTextFile(`${folder}/${name}`, text);
}

/** Sends a signal to a process. Does nothing if the process has ended, because Deno throws in that case. */
export function signalIfRunning(process: Deno.ChildProcess | null, signal: Deno.Signal): void {
  try {
    process?.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** How many times at most {@linkcode pause} checks whether the process has stopped. */
const MOST_LOOKS = 1000;

/** Sends SIGSTOP and waits until the process has stopped. Before that, it can still answer what it has already read. */
export function pause(process: Deno.ChildProcess | null): void {
  signalIfRunning(process, "SIGSTOP");
  for (let looks = 0; process !== null && looks < MOST_LOOKS && !isStopped(process.pid); looks++);
}

/** True if the process is stopped, or if that is not known. Only Linux reports it in a file. */
function isStopped(pid: number): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/stat`).includes(") T ");
  } catch {
    return true;
  }
}
