/** The npm package that is made of this repository, as JSR's npm layer makes it: types stripped, nothing else changed. */

const ROOT = new URL("../../", import.meta.url);

/** Packs the library, or the source in another folder, into a tarball in this folder, and says where that is. */
export async function pack(
  folder: string,
  source: string = ROOT.pathname,
  env: Record<string, string> = {},
): Promise<string> {
  const packed = `${folder}/natslock.tgz`;
  await run([Deno.execPath(), "pack", "--allow-dirty", "-o", packed], source, env);
  return packed;
}

/** Runs a command to its end; rejects with what it printed if it fails. Resolves to its output. */
export async function run(command: readonly string[], cwd: string, env: Record<string, string> = {}): Promise<string> {
  const [path = "", ...args] = command;
  const process = new Deno.Command(path, { args, cwd, env: { NO_COLOR: "1", ...env }, stdin: "null" });
  const { success, stdout, stderr } = await process.output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout);
  if (!success) throw new Error(`"${command.join(" ")}" failed:\n${output}${decoder.decode(stderr)}`);
  return output;
}
