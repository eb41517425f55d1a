// deno-lint-ignore-file no-console
/**
 * The exit codes of the command line: what each means, and real runs that end with it. The table in docs/cli.md
 * is what came out of these runs: `deno run -A tests/cli/exit_codes.ts --write`.
 *
 * @module
 */

import { type CliLab, natslock, withCli, withLocks } from "../helpers/cli.ts";
import { readPage, type TableSpec, withRows, writePage } from "../helpers/doc_table.ts";
import { Terminal } from "../helpers/terminal.ts";

/** The table of exit codes. */
export const EXIT_TABLE: TableSpec = {
  page: "docs/cli.md",
  of: "exit codes",
  command: "deno run -A tests/cli/exit_codes.ts --write",
  head: ["exit code", "what it means"],
};

/** Ways to one meaning. */
export interface Meaning {
  readonly means: string;
  /** What is done, and the run that does it. Resolves to the exit code. */
  readonly runs: Readonly<Record<string, () => Promise<number>>>;
  /** Text of the first column for the exit codes of the runs, if it is not a list of them. */
  readonly shown?: (codes: readonly number[]) => string;
}

/** Runs the command line on a server with the bucket "locks". */
const inLocks = (...args: readonly string[]) => inLab(async ({ run }) => (await run(args)).code);

async function inLab(body: (lab: CliLab) => Promise<number>): Promise<number> {
  let code = NaN;
  await withLocks(async (lab) => {
    code = await body(lab);
  }, 2000);
  return code;
}

/** Runs the command line while another candidate holds "job". */
const behind = (...args: readonly string[]) =>
  inLab(async ({ start, run }) => {
    await start(["hold", "job"]).says(/Holding/);
    return (await run(args)).code;
  });

/** Starts the command line, does something to it once it says `ready`, and waits for its end. */
const during = (args: readonly string[], ready: RegExp, act: (lab: CliLab, pid: number) => unknown) =>
  inLab(async (lab) => {
    const running = lab.start(args);
    await running.says(ready);
    await act(lab, running.pid);
    return (await running.finished()).code;
  });

const evict = ({ run }: CliLab) => run(["evict", "--yes", "job"]);

/** The first column for runs that a signal ended. */
const bySignal = (codes: readonly number[]) =>
  codes.join() === [15, 2, 14].map((signal) => 128 + signal).join() ? "128 + n" : codes.join(", ");

/** All meanings in the order of the table. */
export const MEANINGS: readonly Meaning[] = [
  {
    means: "done; of `run`: the command ended with 0",
    runs: { run: () => inLocks("run", "job", "true"), ls: () => inLocks("ls") },
  },
  {
    means: "of `run`: the command's own",
    runs: {
      "exit 1": () => inLocks("run", "job", "-c", "exit 1"),
      "exit 255": () => inLocks("run", "job", "-c", "exit 255"),
    },
    shown: (codes) => codes.join(" to "),
  },
  {
    means: "the question of `evict` was answered with no",
    runs: {
      "evict, n": () =>
        inLab(async ({ start, env }) => {
          await start(["hold", "job"]).says(/Holding/);
          await using terminal = new Terminal("natslock evict job; exit $?", env);
          await terminal.shows(/Evict it\?/);
          terminal.type("n\r");
          return await terminal.ended();
        }),
    },
  },
  {
    means: "bad usage: nothing was sent",
    runs: {
      "unknown flag": async () => (await natslock(["run", "--tyr", "job", "true"])).code,
      "unknown command": async () => (await natslock(["rnu"])).code,
      "no unit": async () => (await natslock(["run", "--timeout", "5", "job", "true"])).code,
    },
  },
  {
    means: "NATS is unreachable or refuses",
    runs: { "no server": async () => (await natslock(["run", "-s", "127.0.0.1:1", "job", "true"])).code },
  },
  {
    means: "another holds the lock (`--try`), or did until `--timeout`; nothing was run; `-E` sets another code",
    runs: {
      "--try": () => behind("run", "--try", "job", "true"),
      "--timeout": () => behind("run", "--timeout", "300ms", "job", "true"),
      "hold": () => behind("hold", "--timeout", "0", "job"),
    },
  },
  {
    means: "credentials or rights are lacking",
    runs: {
      "no password": async () => {
        let code = NaN;
        const config = 'authorization { user: ann, password: "x" }';
        await withCli(async ({ run }) => ({ code } = await run(["run", "job", "true"])) && undefined, config);
        return code;
      },
    },
  },
  {
    means: "the bucket is missing or unfit",
    runs: {
      run: () => inLocks("run", "-b", "none", "job", "true"),
      "bucket check": () => inLocks("bucket", "check", "none"),
    },
  },
  {
    means: "the lock was lost, and the command was ended",
    runs: {
      run: () => during(["run", "job", "-c", "echo ready; exec sleep 50"], /ready/, evict),
      hold: () => during(["hold", "job"], /Holding/, evict),
    },
  },
  {
    means: "the command cannot be run; there is no such command",
    runs: {
      "not executable": () => inLocks("run", "job", "/etc/passwd"),
      "not found": () => inLocks("run", "job", "no-such-command"),
    },
  },
  {
    means: "signal n ended the command, or the wait for the lock, or `hold`",
    runs: {
      command: () => inLocks("run", "job", "-c", "kill -TERM $$"),
      hold: () => during(["hold", "job"], /Holding/, (_, pid) => Deno.kill(pid, "SIGINT")),
      // A child of the shell would outlive it and keep the output open.
      ALRM: () =>
        during(["run", "job", "-c", "echo ready; exec sleep 50"], /ready/, (_, pid) => Deno.kill(pid, "SIGALRM")),
    },
    shown: bySignal,
  },
];

/** Carries out the runs of a meaning. Resolves to the row of the table. */
export async function rowFor({ means, runs, shown }: Meaning): Promise<readonly [codes: string, means: string]> {
  const codes: number[] = [];
  for (const run of Object.values(runs)) codes.push(await run());
  return [shown?.(codes) ?? [...new Set(codes)].join(", "), means];
}

if (import.meta.main) {
  const rows: (readonly string[])[] = [];
  for (const meaning of MEANINGS) {
    const row = await rowFor(meaning);
    console.log(row.join("  "));
    rows.push(row);
  }
  const written = withRows(await readPage(EXIT_TABLE), EXIT_TABLE, rows);
  if (Deno.args.includes("--write")) await writePage(EXIT_TABLE, written);
}
