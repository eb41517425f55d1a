import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { LockManager } from "@x/natslock";
import { runs, until, withLocks } from "../helpers/cli.ts";
import { withQueues } from "../helpers/cli_queues.ts";
import { withConnections } from "../helpers/nats.ts";

const HOLD = ["sh", "-c", "echo held; sleep 60"];

Deno.test("natslock run takes a lock from its queue in a bucket for queues, whatever its name", () =>
  withQueues(async ({ run }) => {
    const print = 'echo "$NATSLOCK_HELD|$NATSLOCK_KEY|$NATSLOCK_TOKEN|$NATSLOCK_HOLDER|$NATSLOCK_EPOCH"';
    const tokens: number[] = [];
    for (const name of ["orders 4711/ä", "orders 4711/ä"]) {
      const { code, stdout, stderr } = await run(["run", name, "sh", "-c", `${print}; exit 7`]);
      assertEquals([code, stderr], [7, ""]);
      assertMatch(stdout, /^1\|orders 4711\/ä\|\d+\|[-0-9a-f]{36}\|\d{4}-\d\d-\d\dT/);
      tokens.push(Number(stdout.split("|")[2]));
    }
    const [first = 0, second = 0] = tokens;
    assert(second > first, `${tokens}`);
  }));

Deno.test("natslock run excludes a LockManager of the library in a bucket for queues", () =>
  withQueues(async ({ server, run }) => {
    await withConnections(server.url, async (nc) => {
      await using locks = await LockManager.open({ nc, bucket: "locks" });
      await using _lock = await locks.acquire("job");
      const { code, stderr } = await run(["run", "--try", "job", "true"]);
      assertEquals(code, 75);
      assertStringIncludes(stderr, 'Cannot take key "job": another candidate holds it; see the holder with');
    });
  }));

Deno.test("natslock run --shared holds together with others, and not with an exclusive one", () =>
  withQueues(async ({ start, run }) => {
    const first = start(["run", "--shared", "index", ...HOLD]);
    await first.says(/held/);
    assertEquals((await run(["run", "--try", "--shared", "index", "echo", "too"])).stdout, "too\n");
    assertEquals((await run(["run", "--try", "index", "echo", "too"])).code, 75);
  }));

Deno.test("natslock run --limit lets at most so many hold at once, each with its weight", () =>
  withQueues(async ({ start, run }) => {
    await start(["run", "--limit", "3", "--weight", "2", "crawl", ...HOLD]).says(/held/);
    const { code, stderr } = await run(["run", "--limit", "3", "--weight", "2", "--timeout", "300ms", "crawl", "true"]);
    assertEquals(code, 75);
    assertStringIncludes(stderr, 'Cannot take key "crawl" within 300ms; see who holds it with "natslock status crawl"');
    assertEquals((await run(["run", "--try", "--limit", "3", "crawl", "echo", "third"])).stdout, "third\n");
    const other = await run(["run", "--limit", "4", "crawl", "true"]);
    assertEquals(other.code, 64);
    assertMatch(other.stderr, /Cannot use --limit: must be 3, as in an earlier request for the lock "crawl"/);
  }));

Deno.test("natslock run with several keys holds all of them or none, and passes their tokens on", () =>
  withQueues(async ({ start, run }) => {
    const both = ["run", "a", "-k", "b c", "--key=d"];
    const print = 'echo "$NATSLOCK_KEY|$NATSLOCK_TOKEN|$NATSLOCK_TOKENS"';
    assertMatch((await run([...both, "sh", "-c", print])).stdout, /^a\|(\d+)\|\1 \d+ \d+\n$/);
    await start(["run", "b c", ...HOLD]).says(/held/);
    const { code, stderr } = await run([...both, "--try", "true"]);
    assertEquals(code, 75);
    assertStringIncludes(stderr, `Cannot take key "a", "b c", "d": another candidate holds it`);
    assertStringIncludes(stderr, `"natslock status a 'b c' d"`);
    assertEquals((await run(["run", "--try", "a", "echo", "free"])).stdout, "free\n");
  }));

Deno.test("natslock run -k does not take words of the command", () =>
  withQueues(async ({ run }) => {
    const { stdout } = await run(["run", "a", "-k", "b", "echo", "-k", "c", "--limit", "x"]);
    assertEquals(stdout, "-k c --limit x\n");
  }));

Deno.test("natslock run waits in the queue, names the holder, and runs when the holder is done", () =>
  withQueues(async ({ start }) => {
    const holder = start(["run", "job", "--name", "first", ...HOLD]);
    await holder.says(/held/);
    const waiter = start(["run", "job", "echo", "ran"]);
    await waiter.says(/natslock: Waiting for "job", held by first\n/);
    holder.signal("SIGTERM");
    const { code, stdout, stderr } = await waiter.finished();
    assertEquals([code, stdout], [0, "ran\n"], stderr);
    assertEquals((await holder.finished()).code, 143);
  }));

Deno.test("natslock run passes a signal on in a bucket for queues, and frees the lock", () =>
  withQueues(async ({ start, run }) => {
    const script = 'trap "echo got it; exit 9" TERM; echo ready; while :; do sleep 0.05; done';
    const running = start(["run", "job", "bash", "-c", script]);
    await running.says(/ready/);
    running.signal("SIGTERM");
    const { code, stdout } = await running.finished();
    assertEquals([code, stdout], [9, "ready\ngot it\n"]);
    assertEquals((await run(["run", "--try", "job", "echo", "free"])).stdout, "free\n");
  }));

Deno.test("natslock run ends a wait in a queue with the exit code of the signal, and leaves the queue", () =>
  withQueues(async ({ start, run }) => {
    const holder = start(["run", "job", ...HOLD]);
    await holder.says(/held/);
    const waiter = start(["run", "job", "echo", "ran"]);
    await waiter.says(/Waiting/);
    waiter.signal("SIGTERM");
    const { code, stdout } = await waiter.finished();
    assertEquals([code, stdout], [143, ""]);
    holder.signal("SIGTERM");
    await holder.finished();
    assertEquals((await run(["run", "--try", "job", "echo", "free"])).stdout, "free\n");
  }));

Deno.test("natslock run ends its command with 124 if its lock is stolen from the queue", () =>
  withQueues(async ({ server, start }) => {
    const holder = start(["run", "job", "sh", "-c", "echo held $$; sleep 60"]);
    const [, pid] = /held (\d+)/.exec(await holder.says(/held \d+/)) ?? [];
    await withConnections(server.url, async (nc) => {
      await using locks = await LockManager.open({ nc, bucket: "locks" });
      await using _lock = await locks.acquire("job", { steal: true });
      const { code, stderr } = await holder.finished();
      assertEquals(code, 124, stderr);
      assertMatch(stderr, /Lost "job" \(stolen\): sending TERM, then KILL in 0.\d+s\n/);
    });
    await until(() => !runs(Number(pid)), "the end of the command");
  }));

Deno.test("natslock run ends its command before its session can be buried, if NATS is away", () =>
  withQueues(async ({ server, start }) => {
    const holder = start(["run", "--ttl", "3s", "job", ...HOLD]);
    await holder.says(/held/);
    const began = performance.now();
    await server.stop();
    const { code, stderr } = await holder.finished();
    assertEquals(code, 124, stderr);
    assertMatch(stderr, /Lost "job" \(deadline\)/);
    assert(performance.now() - began < 10_000, "ended late");
  }));

Deno.test("natslock run that was stopped past its lease in a queue leaves its command no grace", () =>
  withQueues(async ({ start, run }) => {
    const holder = start(["run", "--ttl", "2s", "job", ...HOLD]);
    await holder.says(/held/);
    holder.signal("SIGSTOP");
    assertEquals((await run(["run", "--timeout", "20s", "job", "echo", "next"])).stdout, "next\n");
    holder.signal("SIGCONT");
    const { code, stderr } = await holder.finished();
    assertEquals(code, 124, stderr);
    assertMatch(stderr, /sending TERM, then KILL in 0s/);
  }));

Deno.test("natslock run --keep-trying runs again under a new lock of the queue", () =>
  withQueues(async ({ start }) => {
    const running = start(["run", "--keep-trying", "--shared", "job", "sh", "-c", "echo win $NATSLOCK_TOKEN"]);
    await running.says(/win \d+\n(.*\n)*win \d+\n/);
    running.signal("SIGTERM");
    await running.finished();
  }));

Deno.test("natslock hold takes locks from their queues, too", () =>
  withQueues(async ({ start, run }) => {
    const holding = start(["hold", "a", "-k", "b"]);
    await holding.says(/^Holding "a", "b", token \d+, \d+; Ctrl-C releases it\n/);
    assertEquals((await run(["run", "--try", "b", "true"])).code, 75);
    holding.signal("SIGINT");
    assertEquals((await holding.finished()).code, 130);
    assertEquals((await run(["run", "--try", "b", "true"])).code, 0);
  }));

Deno.test("natslock run --create makes a bucket for queues if a flag needs one", () =>
  withLocks(async ({ run }) => {
    const { code, stdout, stderr } = await run(["run", "-b", "new", "--create", "--shared", "job", "echo", "ran"]);
    assertEquals([code, stdout, stderr], [0, "ran\n", 'natslock: Created bucket "new" for queues\n']);
  }));

for (const flag of ["--shared", "--limit=2", "--key=other"]) {
  Deno.test(`natslock run ${flag} exits with 78 in a bucket that is not for queues, and says what to do`, () =>
    withLocks(async ({ run }) => {
      const { code, stdout, stderr } = await run(["run", flag, "job", "echo", "ran"]);
      assertEquals([code, stdout], [78, ""]);
      const [name] = flag.split("=");
      assertStringIncludes(
        stderr,
        `Cannot use ${name} in bucket "locks": it is not for queues (max_age: is 15s, must be 1h or more`,
      );
      assertMatch(stderr, /; use a bucket made with "natslock bucket create --queues NAME"\n$/);
    }));
}

const MISTAKES: readonly (readonly [args: readonly string[], said: string])[] = [
  [["--limit", "0"], 'Cannot use --limit "0": must be a whole number above 0'],
  [["--weight", "2"], "Cannot use --weight without --limit"],
  [["--limit", "2", "--weight", "3"], 'Cannot use --weight "3": must be a whole number from 1 to 2'],
  [["-k", "job"], 'Cannot use key "job" twice'],
  [["--key=-x"], 'Cannot use key "-x": must not begin with "-"'],
];

for (const [args, said] of MISTAKES) {
  Deno.test(`natslock run ${args.join(" ")} exits with 64`, () =>
    withLocks(async ({ run }) => {
      const { code, stderr } = await run(["run", ...args, "job", "true"]);
      assertEquals(code, 64);
      assertStringIncludes(stderr, said);
    }));
}
