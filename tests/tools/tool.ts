/**
 * Runs the tools that serve pages as processes.
 *
 * @module
 */

const TOOLS = new URL("../../tools/", import.meta.url);

/** A tool, and what its environment has besides that of this process. */
export interface ToolOptions {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Starts a tool by its name. */
export function startTool(tool: string | ToolOptions, ...args: string[]): Deno.ChildProcess {
  const { name, env } = typeof tool === "string" ? { name: tool, env: {} } : tool;
  const pipes = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL(`${name}.ts`, TOOLS).href, ...args],
    env: { ...env },
    ...pipes,
  }).spawn();
}

/** Reads the address that a tool prints. */
export async function addressOf({ stdout }: Deno.ChildProcess): Promise<URL> {
  let text = "";
  for await (const chunk of stdout.pipeThrough(new TextDecoderStream()).values({ preventCancel: true })) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  return new URL(text.split("\n")[0] ?? "");
}

/**
 * Sends a request with another host name, as if another site had pointed that name at this machine. Returns the start
 * of the answer.
 */
export async function askAs(host: string, { hostname, port }: URL): Promise<string> {
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
  const bytes = new Uint8Array(64);
  return new TextDecoder().decode(bytes.subarray(0, await connection.read(bytes) ?? 0));
}

/** IDs of the child processes of a process; `null` if they cannot be determined. */
export function childrenOf(pid: number): number[] | null {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
  } catch {
    return null;
  }
}

/** True if the process runs. */
export function runs(pid: number): boolean {
  try {
    return !/^\) [ZX]/.test(Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*(?=\) )/s, ""));
  } catch {
    return false;
  }
}

/** Starts a tool with wrong arguments. Resolves to its exit code and its standard error. */
export async function refused(
  name: string,
  ...args: string[]
): Promise<{ readonly code: number; readonly text: string }> {
  const { code, stderr } = await startTool(name, ...args).output();
  return { code, text: new TextDecoder().decode(stderr) };
}
