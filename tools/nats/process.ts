/**
 * Child processes that end with this process, and ports and files for them.
 *
 * @module
 */

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

/** Ports that this process has handed out. They stay reserved, because their user may not listen on them yet. */
const handedOut = new Set<number>();

/**
 * Systems give other ports to outgoing connections and to listeners on port 0: Linux those from 32,768 on, others those
 * from 49,152 on. So nothing takes the ports of a server that is down before it starts again.
 */
const [LOWEST, HIGHEST] = [20_000, 32_767] as const;

/** How many ports to try until enough of them are free. */
const MOST_TRIES = 1000;

/** Returns ports that are free now. Another process can take one before it is used. The start then fails. */
export function freePorts(count: number): number[] {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries++) {
    if (tries === MOST_TRIES) throw new Error(`Cannot find ${count} free ports from ${LOWEST} to ${HIGHEST}`);
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
    if (handedOut.has(port) || !isFree(port)) continue;
    handedOut.add(port);
    ports.push(port);
  }
  return ports;
}

/** How many times to choose ports. Another process can take a port between its choice and its use. */
const PORT_TRIES = 3;

/** Calls `start`, which chooses ports, again if another process took one of them meanwhile. */
export async function withOtherPorts<Started>(start: () => Promise<Started>): Promise<Started> {
  for (let tries = 1;; tries++) {
    try {
      return await start();
    } catch (error) {
      if (tries === PORT_TRIES || !String(error).includes("address already in use")) throw error;
    }
  }
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

/** True if no program listens on this port of loopback now. */
export function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse || error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}
