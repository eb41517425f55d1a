import { assertEquals, assertFalse, assertRejects } from "@std/assert";
import { SystemClock } from "../../src/base/clock.ts";
import { CliError } from "../../cli/src/exit.ts";
import { Signals } from "../../cli/src/signals.ts";
import { Tenure } from "../../cli/src/tenure.ts";
import { Lease } from "../../src/lease/lease.ts";
import { type CliLab, type Running, runs, until, withCli } from "../helpers/cli.ts";

/** A lease that is over by the clock after `looks` reads of its remaining time. Its signal never aborts. */
function silentLease(looks: number): Lease {
  const about = { key: "job", token: 1, epoch: "", signal: new AbortController().signal };
  return new Lease(about, { remaining: () => looks-- > 0 ? 1000 : 0, release: () => Promise.resolve() });
}

/** Runs a command under a lease. */
async function workUnder(lease: Lease, ...command: readonly string[]): Promise<Tenure> {
  const clock = new SystemClock();
  const signals = new Signals(clock);
  const tenure = new Tenure({ key: "job", command, grace: 0, clock, signals, quiet: true });
  try {
    await tenure.work(lease);
  } catch (error) {
    assertEquals(tenure.last, null);
    throw error;
  } finally {
    signals[Symbol.dispose]();
  }
  return tenure;
}

Deno.test("Tenure rejects if the command ended after its lease, even if the lease's signal has not aborted", async () => {
  const error = await assertRejects(() => workUnder(silentLease(2), "true"), CliError, "expired before natslock");
  assertEquals(error.exitCode, 124);
});

Deno.test("Tenure does not start the command if the lease is over by the clock", async () => {
  const error = await assertRejects(
    () => workUnder(silentLease(0), "no-such-command"),
    CliError,
    "expired before the command",
  );
  assertEquals(error.exitCode, 124);
});

Deno.test("Tenure returns how the command ended if it ended within its lease", async () => {
  assertEquals((await workUnder(silentLease(Infinity), "sh", "-c", "exit 3")).last, { code: 3, signal: null });
});

/** Starts a run with a short lease, and stops natslock until the command has ended, which is after the lease. */
async function stoppedRun({ start, run }: CliLab, flag: string): Promise<Running> {
  await run(["bucket", "create", "locks", "--ttl", "2s"]);
  const running = start(["run", flag, "job", "--", "sh", "-c", 'echo "pid $$"; exec sleep 2.5']);
  const pid = Number(/pid (\d+)/.exec(await running.says(/pid \d+\n/))?.[1]);
  running.signal("SIGSTOP");
  await until(() => !runs(pid), "the command ends");
  running.signal("SIGCONT");
  return running;
}

Deno.test("natslock run --try exits with 124 if the command ended after the lease while natslock was stopped", () =>
  withCli(async (lab) => {
    const { code, stderr } = await (await stoppedRun(lab, "--try")).finished();
    assertEquals(code, 124, stderr);
  }));

Deno.test("natslock run --keep-trying runs the command again if it ended after the lease while natslock was stopped", () =>
  withCli(async (lab) => {
    const elected = await stoppedRun(lab, "--keep-trying");
    const text = await elected.says(/pid \d+\npid \d+\n/);
    elected.signal("SIGTERM");
    const { code, stderr } = await elected.finished();
    assertEquals(code, 143, text + stderr);
    assertFalse(/The command ended with 0/.test(stderr), stderr);
  }));
