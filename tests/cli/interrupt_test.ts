import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { type CliLab, runs, until, withCli, withLocks } from "../helpers/cli.ts";
import { elapse } from "../helpers/measure.ts";
import { Proxy } from "../helpers/proxy.ts";
import { Terminal } from "../helpers/terminal.ts";

/** A shell line that prints the terminal settings before and after a command, and its exit code in between. */
const watched = (line: string) => `trap : INT; stty -g; ${line}; echo "code $?"; stty -g`;

/** Reads what a shell printed for a line of {@linkcode watched}. */
function outcomeOf({ text }: Terminal): { readonly code: number; readonly modes: readonly string[] } {
  const modes = [...text.matchAll(/^[0-9a-f]+(?::[0-9a-f]+){10,}$/gm)].map(([mode]) => mode);
  return { code: Number(/code (\d+)/.exec(text)?.[1]), modes };
}

/** Checks that the exit code is that of Ctrl-C, the lock is free at once, and the terminal settings are unchanged. */
async function assertClean(terminal: Terminal, { run }: CliLab): Promise<void> {
  await terminal.ended();
  const { code, modes } = outcomeOf(terminal);
  assertEquals([code, modes.length], [130, 2], terminal.text);
  assertEquals(modes[0], modes[1]);
  assertEquals((await run(["run", "--try", "job", "--", "echo", "free"])).stdout, "free\n");
}

Deno.test("Ctrl-C while natslock run waits for the lock ends it with 130 and leaves nothing behind", () =>
  withLocks(async (lab) => {
    const holder = lab.start(["run", "job", "--", "sh", "-c", "echo held; sleep 60"]);
    await holder.says(/held/);
    await using terminal = new Terminal(watched("natslock run job -- echo ran"), lab.env);
    await terminal.shows(/Waiting for "job"/);
    terminal.type("\x03");
    await terminal.shows(/code/);
    holder.signal("SIGTERM");
    await holder.finished();
    await assertClean(terminal, lab);
    assertFalse(/^ran/m.test(terminal.text), terminal.text);
  }));

Deno.test("Ctrl-C while the command runs reaches it once, and the lock is released", () =>
  withLocks(async (lab) => {
    const script = 'trap "echo INT; trap - INT; kill -INT $$" INT; echo "pid $$"; while :; do sleep 0.05; done';
    await using terminal = new Terminal(watched(`natslock run job -- bash -c '${script}'`), lab.env);
    const pid = Number(/pid (\d+)/.exec(await terminal.shows(/pid \d+\n/))?.[1]);
    // natslock passes on a key pressed in the first half second, because the command may have missed it.
    await elapse(700);
    terminal.type("\x03");
    await assertClean(terminal, lab);
    assertEquals(terminal.text.match(/^(\^C)?INT$/gm)?.length, 1, terminal.text);
    assert(!runs(pid));
  }));

Deno.test("Ctrl-C during the release does not prevent the release", () =>
  withLocks(async (lab) => {
    await using line = new Proxy(lab.server.port);
    const env = { NATS_URL: line.url.replace("ws:", "nats:") };
    await using terminal = new Terminal(watched("natslock run job -- bash -c 'echo ready; read'"), env);
    await terminal.shows(/ready/);
    // The answer to the release is held back until Ctrl-C has been pressed.
    line.forwardAnswers = false;
    const swallowed = line.nextSwallowed();
    terminal.type("\r");
    await swallowed;
    terminal.type("\x03");
    await terminal.shows(/\^C/);
    line.forwardAnswers = true;
    await terminal.ended();
    const { code, modes } = outcomeOf(terminal);
    assert(code === 0 || code === 130, terminal.text);
    assertEquals(modes[0], modes[1]);
    assertEquals((await lab.run(["run", "--try", "job", "--", "echo", "free"])).stdout, "free\n");
  }));

Deno.test("Ctrl-C at any moment of a natslock run leaves no lock, no child and no broken terminal behind", () =>
  withCli(async (lab) => {
    await lab.run(["bucket", "create"]);
    // Covers the start of the runtime, connecting, the grant, the start of the command, and some time after it.
    for (let moment = 0; moment < 400; moment += 40) {
      const line = watched("natslock run job -- bash -c 'echo pid $$; exec sleep 30'");
      await using terminal = new Terminal(line, lab.env);
      await terminal.shows(/go\n/);
      await elapse(moment);
      terminal.type("\x03");
      await assertClean(terminal, lab);
      const pid = Number(/pid (\d+)/.exec(terminal.text)?.[1] ?? 0);
      if (pid > 0) await until(() => !runs(pid), `the command of moment ${moment} is gone`);
    }
  }));

Deno.test("Ctrl-C at the question of natslock evict does not evict the holder", () =>
  withLocks(async (lab) => {
    await lab.start(["run", "job", "--", "sh", "-c", "echo held; sleep 60"]).says(/held/);
    await using terminal = new Terminal(watched("natslock evict job"), lab.env);
    await terminal.shows(/Evict it\?/);
    terminal.type("\x03");
    await terminal.ended();
    const { code, modes } = outcomeOf(terminal);
    assertEquals(code, 130, terminal.text);
    assertEquals(modes[0], modes[1]);
    assertMatch((await lab.run(["status", "job"])).stdout, /held/);
  }));

Deno.test("Ctrl-C ends a shell loop around natslock run", () =>
  withLocks(async (lab) => {
    const loop = "for i in 1 2 3 4 5; do natslock run job -- bash -c 'echo round; exec sleep 20'; done; echo after";
    await using terminal = new Terminal(loop, lab.env);
    await terminal.shows(/round/);
    terminal.type("\x03");
    await terminal.ended();
    assertEquals(terminal.text.match(/round/g)?.length, 1, terminal.text);
  }));

Deno.test("natslock run in the background of a terminal ends when its command is killed, and is not stopped", () =>
  withLocks(async ({ run, env }) => {
    const line = 'set -m; natslock run job sleep 30 & sleep 1; kill %1; wait %1; echo "code $?"';
    await using terminal = new Terminal(line, env);
    await terminal.shows(/code 143\n/);
    assertEquals((await run(["run", "--try", "job", "--", "echo", "free"])).stdout, "free\n");
  }));

Deno.test("natslock run gives the command the terminal, and restores it after it killed the command", () =>
  withCli(async (lab) => {
    await using line = new Proxy(lab.server.port);
    await lab.run(["bucket", "create", "locks", "--ttl", "2s"]);
    const env = { NATS_URL: line.url.replace("ws:", "nats:") };
    const script =
      'trap "" TERM; test -t 0 && test -t 1 && stty raw -echo; printf "ready\\r\\n"; while :; do sleep 0.05; done';
    await using terminal = new Terminal(watched(`natslock run job -- bash -c '${script}'`), env);
    await terminal.shows(/ready/);
    line.forwardRequests = line.forwardAnswers = false;
    await terminal.ended();
    const { code, modes } = outcomeOf(terminal);
    assertEquals([code, modes.length], [124, 2], terminal.text);
    assertEquals(modes[0], modes[1]);
    assertStringIncludes(terminal.screen, "\x1b[?25h");
  }));
