/**
 * Installs npm packages that only tests and demos need into a cache.
 *
 * They are not dependencies of this repository. Nobody who uses or checks it has to download a browser driver.
 *
 * @module
 */

/** Exact versions by package name. */
export type Pins = Readonly<Record<string, string>>;

const NPM = Deno.build.os === "windows" ? "npm.cmd" : "npm";

const installing = new Map<string, Promise<string>>();

/**
 * Returns a folder whose `node_modules` holds these packages. Installs them if they are not in the cache. Runs no
 * install scripts.
 *
 * @throws {Error} if the installation fails; the message names the packages and repeats the output of npm
 */
export async function npmFolder(name: string, pins: Pins): Promise<string> {
  const folder = `${npmCache()}/${name}-${await digest(pins)}`;
  const installation = installing.get(folder) ?? install(folder, pins);
  installing.set(folder, installation);
  return await installation;
}

async function install(folder: string, pins: Pins): Promise<string> {
  if (await exists(folder)) return folder;
  const names = Object.entries(pins).map(([name, version]) => `${name}@${version}`).join(", ");
  Deno.stderr.writeSync(new TextEncoder().encode(`npm: installing ${names}\n`));
  await Deno.mkdir(npmCache(), { recursive: true });
  // Another process may install the same. The first one to finish renames its folder.
  const part = await Deno.makeTempDir({ dir: npmCache(), prefix: ".part-" });
  try {
    const manifest = { private: true, dependencies: pins };
    await npm(part, ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"], manifest);
    await Deno.rename(part, folder).catch(async (error) => {
      if (!await exists(folder)) throw error;
    });
    return folder;
  } catch (error) {
    throw new Error(`Cannot install ${names}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await Deno.remove(part, { recursive: true }).catch(() => {});
  }
}

/** Writes `package.json` to a folder and runs npm there. Rejects with npm's output if it fails. */
export async function npm(cwd: string, args: readonly string[], manifest: unknown): Promise<void> {
  await Deno.writeTextFile(`${cwd}/package.json`, JSON.stringify(manifest, null, 2));
  const { success, stderr, stdout } = await new Deno.Command(NPM, { args: [...args], cwd, stdin: "null" }).output();
  if (success) return;
  const decoder = new TextDecoder();
  throw new Error(`npm ${args[0]} failed:\n${decoder.decode(stdout)}${decoder.decode(stderr)}`.trim());
}

function npmCache(): string {
  const home = Deno.env.get("HOME") ?? ".";
  const base = Deno.env.get("XDG_CACHE_HOME") ?? {
    darwin: `${home}/Library/Caches`,
    windows: Deno.env.get("LOCALAPPDATA"),
  }[Deno.build.os as string] ?? `${home}/.cache`;
  return `${base}/natslock/npm`;
}

async function digest(pins: Pins): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify([Deno.build.target, pins]));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return [...hash.slice(0, 6)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
