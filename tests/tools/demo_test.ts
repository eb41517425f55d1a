import {
  assert,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertStringIncludes,
} from "@std/assert";

const DEMO = new URL("../../tools/demo/main.ts", import.meta.url);
const LEASE = 3;
const LONGEST = 40_000;

function start(...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", DEMO.href, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** The process IDs in the output of the demo. */
function pidsOf(text: string): number[] {
  return [...text.matchAll(/\bpid (\d+)/g)].map(([, pid]) => Number(pid));
}

/** True if the process runs. A zombie does not count as running. */
function runs(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return !/^\) [ZX]/.test(stat.slice(stat.lastIndexOf(")")));
  } catch {
    return false;
  }
}

function hasProc(): boolean {
  try {
    return Deno.statSync("/proc/self").isDirectory;
  } catch {
    return false;
  }
}

/** The processes that still run after 2 s in which all should end. */
async function remaining(pids: readonly number[]): Promise<number[]> {
  for (let tries = 0; tries < 40 && pids.some(runs); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return pids.filter(runs);
}

/** Reads a stream until the text matches `wanted`, or to its end. */
async function read(stream: ReadableStream<Uint8Array>, wanted?: RegExp): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream.values({ preventCancel: true })) {
    text += decoder.decode(chunk, { stream: true });
    if (wanted?.test(text)) break;
  }
  return text;
}

Deno.test("tools/demo/main.ts prints both gaps, ends by itself and leaves no process", async () => {
  const demo = start();
  const timer = setTimeout(() => demo.kill("SIGKILL"), LONGEST);
  const { code, stdout, stderr } = await demo.output();
  clearTimeout(timer);
  const text = new TextDecoder().decode(stdout);
  assertEquals(code, 0, text + new TextDecoder().decode(stderr));
  const gaps = /graceful (\d+\.\d+) s .*crash (\d+\.\d+) s /.exec(text.trimEnd().split("\n").at(-1) ?? "");
  const [graceful, crash] = [Number(gaps?.[1]), Number(gaps?.[2])];
  assertLess(graceful, LEASE / 2, text);
  assertGreaterOrEqual(crash, LEASE, text);
  assertGreater(pidsOf(text).length, 4, text);
  assertEquals(await remaining(pidsOf(text)), []);
});

Deno.test({
  name: "tools/demo/main.ts ends its processes and its server on Ctrl-C",
  ignore: !hasProc(),
  fn: async () => {
    const demo = start();
    const timer = setTimeout(() => demo.kill("SIGKILL"), LONGEST);
    const text = await read(demo.stdout, / leads since [^]* follows\n/);
    const pids = pidsOf(text);
    assertEquals(pids.filter(runs).length, 4, text);
    demo.kill("SIGINT");
    await Promise.all([demo.stdout.cancel(), demo.stderr.cancel()]);
    const { code } = await demo.status;
    clearTimeout(timer);
    assertEquals(code, 130);
    assertEquals(await remaining(pids), []);
  },
});

Deno.test("tools/demo/main.ts exits with code 1 and names a candidate that ended by itself", async () => {
  const demo = start();
  const timer = setTimeout(() => demo.kill("SIGKILL"), LONGEST);
  const complaint = read(demo.stderr);
  const text = await read(demo.stdout, / leads since [^]* follows\n/);
  const pid = Number(/red starts, pid (\d+)/.exec(text)?.[1]);
  assert(pid > 0, text);
  Deno.kill(pid, "SIGKILL");
  await read(demo.stdout);
  const { code } = await demo.status;
  clearTimeout(timer);
  assertEquals(code, 1);
  assertStringIncludes(await complaint, 'Demo failed: Candidate "red" ended by itself with SIGKILL');
  assertEquals(await remaining(pidsOf(text)), []);
});

Deno.test("tools/demo/main.ts --help prints its usage and starts nothing", async () => {
  const { code, stdout } = await start("--help").output();
  const text = new TextDecoder().decode(stdout);
  assertEquals(code, 0);
  assert(text.includes("Usage: deno task demo"), text);
  assertEquals(pidsOf(text), []);
});
