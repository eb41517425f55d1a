import { assertEquals, assertFalse, assertGreater, assertLess, assertMatch } from "@std/assert";
import { type Running, runs, withLocks } from "../helpers/cli.ts";
import { elapse, timed } from "../helpers/measure.ts";
import { Terminal } from "../helpers/terminal.ts";

/** Signals that end a program by default and can be caught, except those of `run_test.ts`. */
const ENDING = ["ALRM", "VTALRM", "PROF", "XCPU", "XFSZ", "ABRT", "IO", "PWR", "TRAP", "SYS", "QUIT", "USR2"] as const;

for (const name of ENDING) {
  Deno.test(`natslock run passes ${name} on to the command, and returns the exit code of the command`, () =>
    withLocks(async ({ start }) => {
      const script = `trap "echo got; exit 9" ${name}; echo ready; while :; do sleep 0.05; done`;
      const running = start(["run", "job", "bash", "-c", script]);
      await running.says(/ready/);
      running.signal(`SIG${name}`);
      const { code, stdout } = await running.finished();
      assertEquals([code, stdout], [9, "ready\ngot\n"]);
    }));
}

Deno.test("natslock run exits with 142 if ALRM ends the command or the wait, and leaves no lock", () =>
  withLocks(async ({ start, run }) => {
    const running = start(["run", "job", "sh", "-c", "echo ready; exec sleep 60"]);
    await running.says(/ready/);
    const waiter = start(["run", "job", "true"]);
    await waiter.says(/Waiting/);
    for (const one of [waiter, running]) {
      one.signal("SIGALRM");
      assertEquals((await one.finished()).code, 142);
    }
    assertEquals((await run(["run", "--try", "job", "echo", "free"])).stdout, "free\n");
  }));

/** True if the process listens on a TCP port. */
async function listens({ pid }: Running): Promise<boolean> {
  const table = await Deno.readTextFile("/proc/net/tcp");
  const sockets = [...table.matchAll(/ 0A (?:\S+ +){5}(\d+) /g)].map(([, inode]) => `socket:[${inode}]`);
  const files = await Array.fromAsync(Deno.readDir(`/proc/${pid}/fd`));
  const links = await Promise.all(files.map(({ name }) => Deno.readLink(`/proc/${pid}/fd/${name}`).catch(() => "")));
  return links.some((link) => sockets.includes(link));
}

Deno.test("natslock run passes USR1 on to the command, and no debugger stays open", () =>
  withLocks(async ({ start }) => {
    const running = start([
      "run",
      "job",
      "bash",
      "-c",
      "trap 'echo got' USR1; echo ready; while :; do sleep 0.05; done",
    ]);
    await running.says(/ready/);
    // Deno opens its debugger only from half a second after its start.
    await elapse(1000);
    for (let round = 1; round <= 3; round++) {
      running.signal("SIGUSR1");
      await running.says(new RegExp(`(?:got\n){${round}}`));
      await elapse(100);
      assertFalse(await listens(running));
    }
    running.signal("SIGTERM");
    const { stderr } = await running.finished();
    assertEquals(stderr, "");
  }));

/** Ignores TERM, and counts it. */
const DEAF = 'trap "echo got TERM" TERM; echo "pid $$"; while :; do sleep 0.02; done';

Deno.test("A second TERM to natslock run sends KILL after the grace, and a third one at once", () =>
  withLocks(async ({ start, run }) => {
    for (const [count, grace] of [[2, "1s"], [3, "4s"]] as const) {
      const running = start(["run", "--grace", grace, "job", "bash", "-c", DEAF]);
      const pid = Number(/pid (\d+)/.exec(await running.says(/pid \d+\n/))?.[1]);
      const took = await timed(async () => {
        for (let sent = 1; sent <= count; sent++) {
          running.signal("SIGTERM");
          await running.says(sent < count ? new RegExp(`(?:got TERM\n){${sent}}`) : /KILL in (1|0)s/);
          await elapse(150);
        }
        const { code, stderr } = await running.finished();
        assertEquals(code, 137, stderr);
      });
      if (count === 2) assertGreater(took, 1000);
      assertLess(took, 3900);
      assertFalse(runs(pid));
    }
    assertEquals((await run(["run", "--try", "job", "echo", "free"])).stdout, "free\n");
  }));

Deno.test("Two TERM that arrive together count as one, as timeout sends them", () =>
  withLocks(async ({ start }) => {
    const running = start([
      "run",
      "job",
      "bash",
      "-c",
      'trap "sleep 1; exit 7" TERM; echo ready; while :; do sleep 0.02; done',
    ]);
    await running.says(/ready/);
    running.signal("SIGTERM");
    running.signal("SIGTERM");
    const { code, stderr } = await running.finished();
    assertEquals(code, 7);
    assertFalse(/KILL/.test(stderr), stderr);
  }));

Deno.test("A second TERM ends natslock run that waits for a frozen server", () =>
  withLocks(async ({ start, server }) => {
    const running = start(["run", "job", "bash", "-c", 'trap "exit 7" TERM; echo ready; while :; do sleep 0.02; done']);
    await running.says(/ready/);
    server.pause();
    try {
      running.signal("SIGTERM");
      await elapse(400);
      running.signal("SIGTERM");
      let code = 0;
      assertLess(await timed(async () => ({ code } = await running.finished())), 1500);
      assertEquals(code, 143);
    } finally {
      server.resume();
    }
  }, 60_000));

Deno.test("natslock run refuses a --grace that does not fit into the lease, and accepts the longest that it names", () =>
  withLocks(async ({ run }) => {
    const { code, stdout, stderr } = await run(["run", "--grace", "10s", "job", "echo", "ran"]);
    assertEquals([code, stdout], [64, ""]);
    assertMatch(
      stderr,
      /Cannot use --grace "10s": with a lease of 15s it must be at most 4.49s; use --grace 4.49s, or/,
    );
    assertEquals((await run(["run", "--grace", "4.49s", "job", "echo", "ran"])).stdout, "ran\n");
    assertEquals((await run(["run", "--grace", "4.5s", "job", "echo", "ran"])).code, 64);
    assertEquals((await run(["run", "--ttl", "2s", "--grace", "700ms", "job", "echo", "ran"])).code, 64);
  }));

Deno.test("Ctrl-C twice reaches the command twice, since programs handle it more than once", () =>
  withLocks(async ({ env }) => {
    const trap = 'trap "echo INT; n=\\$((n+1))" INT';
    const script = `n=0; ${trap}; echo ready; while [ $n -lt 2 ]; do sleep 0.05; done; exit 5`;
    await using terminal = new Terminal(`trap : INT; natslock run job bash -c '${script}'; echo code $?`, env);
    await terminal.shows(/ready/);
    await elapse(700);
    terminal.type("\x03");
    await terminal.shows(/INT\n/);
    await elapse(300);
    terminal.type("\x03");
    await terminal.shows(/code 5/);
  }));
