import { assertEquals, assertNotEquals } from "@std/assert";
import { signalAll } from "../../cli/src/process_tree.ts";
import { BY_DENO, runs, until, withLocks } from "../helpers/cli.ts";
import { Terminal } from "../helpers/terminal.ts";

/** Starts processes whose parents end at once, in the group of the command and in sessions of their own. */
const ORPHANS = "(sh -c 'trap \"\" TERM; echo pid $$; while :; do sleep 0.1; done' &); " +
  "(setsid sh -c 'echo pid $$; exec sleep 60' &); echo pid $$; exec sleep 60";
const THREE_PIDS = /(?:pid \d+\n){3}/;

const pidsIn = (text: string): number[] => [...text.matchAll(/^pid (\d+)$/gm)].map(([, pid]) => Number(pid));

const allGone = (pids: readonly number[]) => until(() => !pids.some(runs), "the command and its orphans are gone");

Deno.test("natslock run that loses the lock ends processes whose parents have ended, also in other sessions", () =>
  withLocks(async ({ start, run }) => {
    const running = start(["run", "job", "sh", "-c", ORPHANS]);
    const pids = pidsIn(await running.says(THREE_PIDS));
    assertEquals([pids.length, pids.filter(runs).length], [3, 3]);
    await run(["evict", "--yes", "job"]);
    const { code, stderr } = await running.finished();
    assertEquals([code, pids.filter(runs)], [124, []], stderr);
  }, 2000));

Deno.test("natslock run on a terminal that loses the lock ends processes whose parents have ended", () =>
  withLocks(async ({ run, env }) => {
    await using terminal = new Terminal(`natslock run job -c '${ORPHANS.replaceAll("'", "'\\''")}'; echo code $?`, env);
    const pids = pidsIn(await terminal.shows(THREE_PIDS));
    await run(["evict", "--yes", "job"]);
    await terminal.shows(/code 124/);
    await allGone(pids);
  }, 2000));

/** Returns the process group and session of a process. */
function groupOf(pid: number): readonly string[] {
  const { stdout } = new Deno.Command("ps", { args: ["-o", "pgid=,sid=", "-p", `${pid}`] }).outputSync();
  return new TextDecoder().decode(stdout).trim().split(/\s+/);
}

/** The command line in a session without a terminal, also if these tests run on one. */
const DETACHED = ["setsid", ...BY_DENO];

Deno.test("natslock run gives the command a process group of its own where there is no terminal", () =>
  withLocks(async ({ start }) => {
    const running = start(["run", "job", "-c", "echo pid $$; exec sleep 60"], { by: DETACHED });
    const [pid = 0] = pidsIn(await running.says(/pid \d+\n/));
    assertEquals(groupOf(pid), [`${pid}`, `${pid}`]);
  }));

Deno.test("natslock run leaves the command in its own process group on a terminal, which the command can use", () =>
  withLocks(async ({ env }) => {
    const line = "natslock run job -c 'echo pid $$; read line </dev/tty; echo got $line' 2>/dev/null </dev/null | cat";
    await using terminal = new Terminal(line, env);
    const [pid = 0] = pidsIn(await terminal.shows(/pid \d+\n/));
    assertNotEquals(groupOf(pid)[0], `${pid}`);
    terminal.type("hello\r");
    await terminal.shows(/got hello/);
  }));

Deno.test("natslock run passes TERM on to processes whose parents have ended", () =>
  withLocks(async ({ start }) => {
    const orphan = "(sh -c 'trap \"echo got TERM\" TERM; echo pid $$; while :; do sleep 0.05; done' &)";
    const running = start(["run", "job", "-c", `${orphan}; echo pid $$; exec sleep 60`], { by: DETACHED });
    const pids = pidsIn(await running.says(/(?:pid \d+\n){2}/));
    running.signal("SIGTERM");
    await running.says(/got TERM/);
    // The command ends by TERM meanwhile; the orphan goes on.
    signalAll(pids.map((pid) => ({ pid })), "SIGKILL");
    assertEquals((await running.finished()).code, 143);
  }));
