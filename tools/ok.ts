// deno-lint-ignore-file no-console
/**
 * Runs every check of this repository: `deno task test` and `deno task ok`.
 *
 * @module
 */
import { shares, testFiles } from "./shares.ts";
import { add, countJunit, type Counts, NONE, reconcile, summaryLine } from "./junit.ts";

const HELP = `Usage: deno task test [arguments of deno test]

Without arguments: checks formatting, lint, types and docs, runs the tests, and
does a dry run of publishing. Every step runs, even if an earlier one failed.
Tests that measure time or memory run alone, the others in parallel: those that
compute with one file per core, those that mostly wait with twice as many.
DENO_JOBS=N sets how many files run in parallel.
With arguments (files, --filter x): runs only the tests, with these arguments.

Tests draw random numbers from fixed seeds. NATSLOCK_SEED=N sets another seed
for tests with generated input or faults. To run the simulator with fresh
seeds, use "deno task sim".

The last line is "N passed, N failed", plus ", N skipped" if any were skipped.
The exit code is 0 only if nothing failed.`;

/** What has examples in doc comments. */
const DOCUMENTED: readonly string[] = ["README.md", "mod.ts", "src", "cli"];
const TEST_PATHS: readonly string[] = [...DOCUMENTED, "tests"];

/** Most test files that run at the same time because they mostly wait: each may have servers and browsers. */
const MOST_JOBS = 8;
/** A step may name many files. Its line shows the first ones. */
const LONGEST_LINE = 300;
const ROOT = new URL("../", import.meta.url);

interface Step {
  readonly name: string;
  readonly args: readonly string[];
  /** Added to the environment. */
  readonly env?: Record<string, string>;
}

interface Result {
  readonly name: string;
  readonly counts: Counts;
  readonly ms: number;
}

let child: Deno.ChildProcess | undefined;
let stopped = false;

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Environment of the tests that mostly wait: for leases to end, servers to start, processes to answer. */
function jobs(): Record<string, string> {
  const cores = navigator.hardwareConcurrency;
  const most = Math.max(cores, Math.min(2 * cores, MOST_JOBS));
  return { DENO_JOBS: Deno.env.get("DENO_JOBS") ?? `${most}` };
}

async function deno(args: readonly string[], env: Record<string, string> = {}): Promise<number> {
  if (stopped) return 130;
  child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { DENO_NO_UPDATE_CHECK: "1", ...env },
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  const { code } = await child.status;
  child = undefined;
  return code;
}

function header(step: Step): void {
  const line = `${step.name}: deno ${step.args.join(" ")}`;
  console.log(`\n== ${line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)} ...` : line}`);
}

async function timed(step: Step, run: () => Promise<Counts>): Promise<Result> {
  header(step);
  const start = performance.now();
  const counts = await run();
  const ms = performance.now() - start;
  const word = counts.failed > 0 ? "FAILED" : "ok";
  console.log(`-- ${step.name}: ${word}, ${seconds(ms)}`);
  return { name: step.name, counts, ms };
}

function check(step: Step): Promise<Result> {
  return timed(step, async () => {
    const ok = (await deno(step.args)) === 0;
    return ok ? { ...NONE, passed: 1 } : { ...NONE, failed: 1 };
  });
}

function tests({ name, args, env }: Step): Promise<Result> {
  const step = { name, args: ["test", "-A", "--doc", "--preload=tests/helpers/limit.ts", ...args] };
  return timed(step, async () => {
    const report = await Deno.makeTempFile({ suffix: ".xml" });
    try {
      const [command, ...rest] = step.args;
      const junit = `--junit-path=${report}`;
      const code = await deno([command ?? "test", junit, ...rest], env);
      return reconcile(countJunit(await Deno.readTextFile(report)), code);
    } finally {
      await Deno.remove(report);
    }
  });
}

/** The entry points of both packages that have user documentation. */
async function documentedFiles(): Promise<string[]> {
  const text = await Deno.readTextFile(new URL("deno.json", ROOT));
  const { exports } = JSON.parse(text) as { readonly exports: Readonly<Record<string, string>> };
  return [...Object.values(exports).filter((path) => !path.includes("internal")), "./cli/main.ts"];
}

async function all(): Promise<Result[]> {
  const results: Result[] = [];
  const run = async (name: string, ...args: string[]): Promise<boolean> => {
    if (stopped) return false;
    const result = await check({ name, args });
    results.push(result);
    return result.counts.failed === 0;
  };
  await run("format", "fmt", "--check");
  await run("lint", "lint");
  await run("types", "check", "--doc", ".", "README.md");
  await run("docs", "doc", "--lint", ...await documentedFiles());
  const tool = "tools/nats/serve.ts";
  await run("nats-server", "run", "-A", tool, "--install-only");
  // The types were checked above. A second check would also take in each mutant that the tests make.
  if (!stopped) {
    const parallel = ["--no-check", "--parallel"];
    const { measuring, computing, waiting } = shares(await testFiles("tests"));
    results.push(await tests({ name: "measuring", args: ["--no-check", ...measuring] }));
    results.push(await tests({ name: "computing", args: [...parallel, ...computing] }));
    results.push(await tests({ name: "waiting", args: [...parallel, ...DOCUMENTED, ...waiting], env: jobs() }));
  }
  for (const config of ["deno.json", "cli/deno.json"]) {
    await run("publish", "publish", "--dry-run", "--allow-dirty", "--config", config);
  }
  return results;
}

/** Returns the arguments of `deno test`: adds the default paths unless `args` names paths. */
export function testArguments(args: readonly string[]): string[] {
  const own = args[0] === "--" ? args.slice(1) : [...args];
  const valued = new Set(["--filter", "--reporter"]);
  const named = own.some((arg, i) => !arg.startsWith("-") && !valued.has(own[i - 1] ?? ""));
  return named ? own : [...own, ...TEST_PATHS];
}

function stop(signal: Deno.Signal): void {
  // A second signal means that the child did not react to the first one.
  const strength = stopped ? "SIGKILL" : signal;
  stopped = true;
  try {
    child?.kill(strength);
  } catch {
    // The terminal sent the same signal to the child, and it has already ended.
  }
}

function listen(): void {
  Deno.addSignalListener("SIGINT", () => stop("SIGINT"));
  if (Deno.build.os !== "windows") {
    Deno.addSignalListener("SIGTERM", () => stop("SIGTERM"));
  }
}

function report(results: readonly Result[]): number {
  console.log("\n== summary");
  for (const { name, counts, ms } of results) {
    const time = seconds(ms).padStart(9);
    console.log(`${name.padEnd(12)}${time}  ${summaryLine(counts)}`);
  }
  const total = results.map((r) => r.counts).reduce(add, NONE);
  console.log(summaryLine(total));
  return total.failed > 0 ? 1 : 0;
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  listen();
  const results = args.length > 0 ? [await tests({ name: "tests", args: testArguments(args) })] : await all();
  return stopped ? 130 : report(results);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
