import { assert, assertEquals, assertGreater, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { type CliLab, type Running, runs, until, withCli } from "../helpers/cli.ts";
import { Proxy } from "../helpers/proxy.ts";

/** A short lease in whole seconds, as the server needs it. It ends 1.8 s after the last confirmed renewal. */
const TTL = ["--ttl", "2s"];

/**
 * Ignores TERM, and has started another process that also ignores it. Prints when TERM came, in seconds since the Unix
 * epoch: at once, because the signal ends `wait`, and without another process.
 */
const STUBBORN = `trap 'echo "TERM $EPOCHREALTIME"' TERM; (trap "" TERM; exec sleep 50) & echo "pids $$ $!"; ` +
  "while :; do wait; sleep 0.02; done";

/** Returns the process ids that a command has printed. */
async function pidsOf(running: Running): Promise<number[]> {
  const [, ...pids] = /pids (\d+) (\d+)/.exec(await running.says(/pids \d+ \d+/)) ?? [];
  return pids.map(Number);
}

/** Runs a test body with a connection to the server that can be frozen. */
function withLine(body: (lab: CliLab, line: Proxy, through: readonly string[]) => Promise<void>): Promise<void> {
  return withCli(async (lab) => {
    await using line = new Proxy(lab.server.port);
    await lab.run(["bucket", "create", "locks", "--ttl", "2s"]);
    await body(lab, line, ["-s", line.url.replace("ws:", "nats:")]);
  });
}

function freeze(line: Proxy): void {
  line.forwardRequests = false;
  line.forwardAnswers = false;
}

Deno.test("natslock run stops the command with TERM if its connection is frozen past the lease, and exits with 124", () =>
  withLine(async ({ start }, line, through) => {
    const running = start(["run", "job", ...through, "--", "sh", "-c", "echo ready; exec sleep 50"]);
    await running.says(/ready/);
    freeze(line);
    const { code, stderr } = await running.finished();
    assertEquals(code, 124, stderr);
    // A timer that fires late shortens the grace, which is 0.1 s.
    assertMatch(stderr, /Lost "job" \(deadline\): sending TERM, then KILL in 0(\.1|\.0\d)?s\n/);
    assertMatch(stderr, /The lease of key "job" was lost: .*; the command was stopped\n$/);
  }));

Deno.test("natslock run kills a command that ignores TERM, and its descendants, after the grace", () =>
  withLine(async ({ start }, line, through) => {
    const running = start(["run", "job", "--grace", "500ms", ...through, "--", "bash", "-c", STUBBORN]);
    const pids = await pidsOf(running);
    freeze(line);
    const { code, stdout } = await running.finished();
    const ended = Date.now();
    assertEquals([code, pids.length], [124, 2]);
    assertEquals(pids.filter(runs), []);
    const [, seconds, fraction] = /TERM (\d+)[.,](\d+)/.exec(stdout) ?? [];
    const term = Number(`${seconds}.${fraction}`) * 1000;
    assertGreater(ended - term, 450, stdout);
  }));

Deno.test("natslock run without --grace kills the command before another candidate is granted the lock", () =>
  withLine(async ({ start }, line, through) => {
    const running = start(["run", "job", ...through, "--", "bash", "-c", STUBBORN]);
    const pids = await pidsOf(running);
    freeze(line);
    const other = start([
      "run",
      "job",
      "--",
      "sh",
      "-c",
      `ps -o stat= -p ${pids.join(",")} | grep -cv Z; echo granted`,
    ]);
    assertMatch((await other.finished()).stdout, /^0\ngranted\n$/);
    assertEquals((await running.finished()).code, 124);
  }));

Deno.test("natslock run that was stopped past its lease kills the command at once when it continues", () =>
  withLine(async ({ start, run }) => {
    const running = start(["run", "job", "--grace", "500ms", "--", "bash", "-c", STUBBORN]);
    const pids = await pidsOf(running);
    running.signal("SIGSTOP");
    const other = await run(["run", "job", "--", "sh", "-c", "sleep 2.5; echo $NATSLOCK_TOKEN"]);
    assertGreater(Number(other.stdout), 0);
    assertEquals(pids.filter(runs).length, 2);
    const goesOn = performance.now();
    running.signal("SIGCONT");
    const { code, stderr } = await running.finished();
    assertEquals(code, 124, stderr);
    assertLess(performance.now() - goesOn, 1900, stderr);
    assertStringIncludes(stderr, "KILL in 0s");
    assertEquals(pids.filter(runs), []);
  }));

Deno.test("natslock run keeps the lock if a frozen connection works again within the lease", () =>
  withCli(async (lab) => {
    await using line = new Proxy(lab.server.port);
    await lab.run(["bucket", "create", "locks", "--ttl", "4s"]);
    const through = ["-s", line.url.replace("ws:", "nats:")];
    const running = lab.start(["run", "job", ...through, "--", "sh", "-c", "echo ready; sleep 5"]);
    await running.says(/ready/);
    freeze(line);
    await line.nextSwallowed();
    line.forwardRequests = line.forwardAnswers = true;
    line.cut();
    assertEquals((await running.finished()).code, 0);
  }));

Deno.test("natslock run --keep-trying runs the command again after a loss", () =>
  withLine(async ({ start }, line, through) => {
    const script = "echo win $NATSLOCK_TOKEN; exec sleep 50";
    const elected = start(["run", "--keep-trying", "job", ...through, "--", "sh", "-c", script]);
    await elected.says(/win \d+\n/);
    freeze(line);
    await elected.says(/Lost "job"/);
    line.forwardRequests = line.forwardAnswers = true;
    line.cut();
    const text = await elected.says(/win \d+\nwin \d+\n/);
    elected.signal("SIGTERM");
    const { code } = await elected.finished();
    assertEquals(code, 143, text);
  }));

Deno.test("natslock run stops the command if an admin evicts the holder", () =>
  withLine(async ({ start, run }) => {
    const running = start(["run", "job", ...TTL, "--", "sh", "-c", 'echo "pids $$ $$"; exec sleep 50']);
    const [pid = 0] = await pidsOf(running);
    assertEquals((await run(["evict", "job", "--yes"])).code, 0);
    const { code, stderr } = await running.finished();
    assertEquals(code, 124, stderr);
    assertMatch(stderr, /Lost "job" \((removed|superseded)\)/);
    await until(() => !runs(pid), "the command is gone");
    assert(!runs(pid));
  }));
