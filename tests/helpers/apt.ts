/** Installs Debian packages that tests need. */

/** Time limit of an installation, in milliseconds. Another process may install at the same time. */
const PATIENCE = 240_000;

/**
 * Installs a package with apt. Two processes that install at the same time wait for each other.
 *
 * @throws {Error} if this is no Debian, this user is not root, or apt fails
 */
export async function installDebian(name: string): Promise<void> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) throw new Error("only for root on a Debian");
  const lock = `${Deno.env.get("TMPDIR") ?? "/tmp"}/natslock-apt.lock`;
  const line = `apt-get update -qq && apt-get install -y -qq ${name}`;
  await run("flock", [lock, "sh", "-c", line], PATIENCE);
}

/** Runs a command. @throws {Error} with the first lines of its standard error if it fails */
export async function run(command: string, args: readonly string[], patience: number): Promise<void> {
  const signal = AbortSignal.timeout(patience);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const { success, stderr } = await new Deno.Command(command, { args: [...args], env, stdin: "null", signal }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim().split("\n").slice(0, 3).join("; "));
}
