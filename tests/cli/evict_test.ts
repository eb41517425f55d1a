import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type CliLab, withCli } from "../helpers/cli.ts";
import { Terminal } from "../helpers/terminal.ts";

/** Holds "job" until it is evicted. Returns the token. */
async function hold({ start }: CliLab, ...flags: string[]): Promise<string> {
  const text = await start([
    "run",
    "--create",
    "job",
    ...flags,
    "--",
    "sh",
    "-c",
    "echo token $NATSLOCK_TOKEN; sleep 60",
  ])
    .says(/token \d+\n/);
  return /\d+/.exec(text)?.[0] ?? "";
}

Deno.test("natslock evict --yes frees the lock, reports it, and another candidate is granted the lock", () =>
  withCli(async (lab) => {
    const token = await hold(lab, "--name", "nightly");
    const { code, stdout, stderr } = await lab.run(["evict", "--yes", "job"]);
    assertEquals([code, stdout], [0, ""]);
    assertMatch(
      stderr,
      new RegExp(`^natslock: Evicted nightly \\(token ${token}\\) from "job"; the lock is free`),
    );
    assertEquals((await lab.run(["run", "--try", "job", "--", "echo", "granted"])).stdout, "granted\n");
  }));

Deno.test("natslock release is an alias of evict, and does nothing if the lock is free", () =>
  withCli(async ({ run }) => {
    await run(["bucket", "create"]);
    const { code, stderr } = await run(["release", "--yes", "job"]);
    assertEquals([code, stderr], [0, 'natslock: Nothing to do: "job" is free\n']);
  }));

Deno.test("natslock evict without --yes and without a terminal changes nothing and exits with 64", () =>
  withCli(async (lab) => {
    await hold(lab);
    const { code, stderr } = await lab.run(["evict", "job"]);
    assertEquals(code, 64);
    assertMatch(stderr, /there is no terminal; use --yes to evict without asking\n$/);
    assertStringIncludes((await lab.run(["status", "job"])).stdout, "held");
  }));

Deno.test("natslock evict --if-token does not evict a holder with another token", () =>
  withCli(async (lab) => {
    const token = await hold(lab);
    const { code, stderr } = await lab.run(["evict", "--yes", "job", "--if-token", `${Number(token) - 1}`]);
    assertEquals(code, 75);
    assertStringIncludes(stderr, `its token is ${token}, not`);
    assertStringIncludes((await lab.run(["status", "job"])).stdout, "held");
    assertEquals((await lab.run(["evict", "--yes", "job", "--if-token", token])).code, 0);
  }));

Deno.test("natslock evict shows the holder and asks on a terminal; the answer no exits with 1 and changes nothing", () =>
  withCli(async (lab) => {
    const token = await hold(lab, "--name", "nightly");
    await using terminal = new Terminal("natslock evict job; echo code $?", lab.env);
    const text = await terminal.shows(/Evict it\? \(y\/N\)/);
    assertMatch(text, new RegExp(`"job" is held by nightly for \\d\\S*s \\(token ${token}\\)\n`));
    assertMatch(text, /The holder notices at its next renewal, up to 5s later; until then two holders may be active/);
    terminal.type("\r");
    await terminal.ended();
    assertMatch(terminal.text, /Nothing was changed\ncode 1\n/);
    assertStringIncludes((await lab.run(["status", "job"])).stdout, "held");
  }));

Deno.test("natslock evict evicts a holder that renewed before the question was answered with yes", () =>
  withCli(async (lab) => {
    await lab.run(["bucket", "create", "locks", "--ttl", "2s"]);
    await hold(lab);
    await using terminal = new Terminal("natslock evict job; echo code $?", lab.env);
    await terminal.shows(/Evict it\?/);
    const revision = async () => {
      const { stdout } = await lab.run(["status", "job", "--json"]);
      return (JSON.parse(stdout) as { revision: number }).revision;
    };
    for (const before = await revision(); await revision() === before;);
    terminal.type("y\r");
    await terminal.ended();
    assertMatch(terminal.text, /Evicted sh@.*\ncode 0\n/);
  }));

Deno.test("natslock evict never removes another hold than the one it showed", () =>
  withCli(async (lab) => {
    const first = lab.start(["run", "--create", "job", "--", "sh", "-c", "echo held; sleep 60"]);
    await first.says(/held/);
    await using terminal = new Terminal("natslock evict job; echo code $?", lab.env);
    await terminal.shows(/Evict it\?/);
    first.signal("SIGTERM");
    await first.finished();
    await hold(lab, "--name", "successor");
    terminal.type("y\r");
    await terminal.ended();
    assertMatch(terminal.text, /the record has changed since it was shown; nothing was changed/);
    assertMatch(terminal.text, /code 75\n/);
    assertStringIncludes((await lab.run(["status", "job"])).stdout, "successor");
  }));
