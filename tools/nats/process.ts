/**
 * Child processes that do not outlive this one, and ports and files for them.
 *
 * @module
 */

/** What has to go when this process is interrupted or ends. */
interface Guarded {
  /** Ends it at once, without waiting. */
  destroy(): void;
}

const guarded = new Set<Guarded>();
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];

/** From now on `thing` is destroyed when this process is interrupted or ends. */
export function guard(thing: Guarded): void {
  if (guarded.size === 0) {
    for (const signal of SIGNALS) Deno.addSignalListener(signal, interrupted);
    globalThis.addEventListener("unload", destroyAll);
  }
  guarded.add(thing);
}

/** It ended in good order. */
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

/** Ports that this process has handed out: another use of theirs may not have begun to listen yet. */
const handedOut = new Set<number>();

/** Ports that are free now; another process may take one before it is used, which then shows as a failed start. */
export function freePorts(count: number): number[] {
  const listeners: Deno.TcpListener[] = [];
  const ports: number[] = [];
  while (ports.length < count) {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    listeners.push(listener);
    const { port } = listener.addr;
    if (!handedOut.has(port)) ports.push(port);
    handedOut.add(port);
  }
  for (const listener of listeners) listener.close();
  return ports;
}

/** Writes files into a folder. */
export async function writeTexts(folder: string, texts: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(texts)) await Deno.writeTextFile(`${folder}/${name}`, text);
}

/** Signals a process unless it has ended by itself: Deno refuses to signal such a one. */
export function signalIfRunning(process: Deno.ChildProcess | null, signal: Deno.Signal): void {
  try {
    process?.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** How often a process that was told to stop is looked at, at the most. */
const MOST_LOOKS = 1000;

/** Stops a process, and waits until that is in force: until then it may still answer what it has read. */
export function pause(process: Deno.ChildProcess | null): void {
  signalIfRunning(process, "SIGSTOP");
  for (let looks = 0; process !== null && looks < MOST_LOOKS && !isStopped(process.pid); looks++);
}

/** True if a process is stopped, or that cannot be told: only Linux says it in a file. */
function isStopped(pid: number): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/stat`).includes(") T ");
  } catch {
    return true;
  }
}
