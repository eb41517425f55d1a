/**
 * Tools that serve pages, as processes of their own.
 *
 * @module
 */

const TOOLS = new URL("../../tools/", import.meta.url);

/** Starts a tool by its name. */
export function startTool(name: string, ...args: string[]): Deno.ChildProcess {
  const pipes = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL(`${name}.ts`, TOOLS).href, ...args],
    ...pipes,
  }).spawn();
}

/** Reads the address that it prints. */
export async function addressOf({ stdout }: Deno.ChildProcess): Promise<URL> {
  let text = "";
  for await (const chunk of stdout.pipeThrough(new TextDecoderStream()).values({ preventCancel: true })) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  return new URL(text.split("\n")[0] ?? "");
}

/** Asks by a name that another site has made point to this machine. */
export async function askAs(host: string, { hostname, port }: URL): Promise<string> {
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
  const bytes = new Uint8Array(64);
  return new TextDecoder().decode(bytes.subarray(0, await connection.read(bytes) ?? 0));
}

/** Processes that one has started; `null` where that cannot be found out. */
export function childrenOf(pid: number): number[] | null {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
  } catch {
    return null;
  }
}

/** True while a process runs. */
export function runs(pid: number): boolean {
  try {
    return !/^\) [ZX]/.test(Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*(?=\) )/s, ""));
  } catch {
    return false;
  }
}

/** How a tool ends that is started wrongly. */
export async function refused(
  name: string,
  ...args: string[]
): Promise<{ readonly code: number; readonly text: string }> {
  const { code, stderr } = await startTool(name, ...args).output();
  return { code, text: new TextDecoder().decode(stderr) };
}
