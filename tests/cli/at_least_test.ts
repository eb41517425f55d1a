import { assertEquals, assertGreaterOrEqual, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { withLocks } from "../helpers/cli.ts";
import { timed } from "../helpers/measure.ts";

Deno.test("natslock run --at-least keeps the lock after a short command, so that a late start elsewhere finds it held", () =>
  withLocks(async ({ start, run }) => {
    const first = start(["run", "--try", "--at-least", "5s", "job", "echo", "ran"]);
    await first.says(/The command has ended; keeping "job" for another (5|4\.\d+)s\n/);
    const second = await run(["run", "--try", "--at-least", "5s", "job", "echo", "ran"]);
    assertEquals([second.code, second.stdout], [75, ""]);
    const { code, stdout } = await first.finished();
    assertEquals([code, stdout], [0, "ran\n"]);
    assertEquals((await run(["run", "--try", "job", "echo", "free"])).stdout, "free\n");
  }));

Deno.test("natslock run --at-least counts from the grant, and returns the exit code of the command", () =>
  withLocks(async ({ run }) => {
    const took = await timed(async () => {
      const { code, stderr } = await run(["run", "--at-least", "2s", "job", "sh", "-c", "sleep 1; exit 3"]);
      assertEquals([code, stderr], [3, ""]);
    });
    assertGreaterOrEqual(took, 2000);
    assertLess(await timed(() => run(["run", "--at-least", "100ms", "job", "sleep", "0.2"])), 3000);
  }));

Deno.test("natslock run --at-least releases the lock at once if the command cannot be started", () =>
  withLocks(async ({ run }) => {
    assertEquals((await run(["run", "--at-least", "1m", "job", "no-such-command"])).code, 127);
    assertEquals((await run(["run", "--try", "job", "echo", "free"])).stdout, "free\n");
  }));

Deno.test("natslock run --at-least ends on a signal, and releases the lock", () =>
  withLocks(async ({ start, run }) => {
    const running = start(["run", "--at-least", "1m", "job", "true"]);
    await running.says(/keeping "job"/);
    running.signal("SIGTERM");
    assertEquals((await running.finished()).code, 143);
    assertEquals((await run(["run", "--try", "job", "echo", "free"])).stdout, "free\n");
  }));

Deno.test("natslock run --at-least that loses the lock says so, and returns the exit code of the command", () =>
  withLocks(async ({ start, run }) => {
    const running = start(["run", "--at-least", "1m", "job", "sh", "-c", "exit 4"]);
    await running.says(/keeping "job"/);
    await run(["evict", "--yes", "job"]);
    const { code, stderr } = await running.finished();
    assertEquals(code, 4);
    assertMatch(stderr, /Lost "job" \d+(\.\d+)?s before the end of --at-least\n/);
  }, 2000));

Deno.test("natslock run --timeout 0 tries once, as --try does", () =>
  withLocks(async ({ start, run }) => {
    assertEquals((await run(["run", "--timeout", "0", "job", "echo", "ran"])).stdout, "ran\n");
    await start(["hold", "job"]).says(/Holding/);
    const { code, stdout, stderr } = await run(["run", "--timeout", "0", "job", "echo", "ran"]);
    assertEquals([code, stdout], [75, ""]);
    assertStringIncludes(stderr, 'Cannot take key "job": another candidate holds it');
  }));
