import { assertEquals, assertFalse, assertGreaterOrEqual, assertMatch } from "@std/assert";
import { StartPause } from "../../cli/src/campaign.ts";
import { withLocks } from "../helpers/cli.ts";
import { elapse, timed } from "../helpers/measure.ts";
import { Terminal } from "../helpers/terminal.ts";

Deno.test("StartPause doubles with each start that fails soon, up to a minute, and is short again after a good start", () => {
  const pause = new StartPause();
  const failed = { code: 3, signal: null };
  const pauses = Array.from({ length: 8 }, () => pause.after(failed, 100));
  assertEquals(pauses, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  assertEquals(pause.after({ code: null, signal: "SIGSEGV" }, 11_000), 1000);
  assertEquals(pause.after({ code: null, signal: "SIGSEGV" }, 100), 2000);
  assertEquals(pause.after({ code: 0, signal: null }, 100), 1000);
  assertEquals(pause.after({ code: 0, signal: null }, 100), 1000);
});

Deno.test("natslock run --keep-trying pauses longer and longer between failing starts, and says so in one line each", () =>
  withLocks(async ({ start }) => {
    const elected = start(["run", "--keep-trying", "job", "sh", "-c", "echo start; exit 3"]);
    const took = await timed(() => elected.says(/(?:start\n){3}/));
    assertGreaterOrEqual(took, 3000);
    await elected.says(/next start in 4s/);
    elected.signal("SIGTERM");
    const { code, stderr } = await elected.finished();
    assertEquals(code, 143);
    const lines = [1, 2, 4].map((pause) => `natslock: The command ended with 3 after \\S+s; next start in ${pause}s\n`);
    assertMatch(stderr, new RegExp(`^${lines.join("")}$`));
  }));

Deno.test("natslock run --keep-trying releases the lock while it pauses", () =>
  withLocks(async ({ start, run }) => {
    const elected = start(["run", "--keep-trying", "job", "false"]);
    await elected.says(/next start in 4s/);
    assertEquals((await run(["run", "--try", "job", "echo", "free"])).stdout, "free\n");
  }));

Deno.test("Ctrl-C ends natslock run --keep-trying with 130 and no other line, however the command ends", () =>
  withLocks(async ({ env }) => {
    for (const end of ["exit 0", "exit 3", "trap - INT; kill -INT $$"]) {
      const script = `trap "${end}" INT; echo ready; while :; do sleep 0.02; done`;
      const line = `trap : INT; natslock run --keep-trying job bash -c '${script}'; echo "code $?"`;
      await using terminal = new Terminal(line, env);
      await terminal.shows(/ready/);
      await elapse(700);
      terminal.type("\x03");
      await terminal.shows(/code \d+/);
      assertMatch(terminal.text, /ready\n\^C\n?code 130\n/, end);
    }
  }));

Deno.test("Ctrl-C during the pause of natslock run --keep-trying ends it with 130", () =>
  withLocks(async ({ env }) => {
    await using terminal = new Terminal("trap : INT; natslock run --keep-trying job -c 'exit 3'; echo code $?", env);
    await terminal.shows(/next start in 2s/);
    terminal.type("\x03");
    await terminal.shows(/code 130/);
    assertFalse(/next start in 4s/.test(terminal.text), terminal.text);
  }));

Deno.test("natslock run --keep-trying that gets TERM returns the exit code with which the command answers it", () =>
  withLocks(async ({ start }) => {
    const elected = start([
      "run",
      "--keep-trying",
      "job",
      "bash",
      "-c",
      'trap "exit 7" TERM; echo ready; while :; do sleep 0.02; done',
    ]);
    await elected.says(/ready/);
    elected.signal("SIGTERM");
    const { code, stderr } = await elected.finished();
    assertEquals(code, 7);
    assertFalse(/natslock:/.test(stderr), stderr);
  }));
