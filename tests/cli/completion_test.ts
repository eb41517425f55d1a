import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { type CliLab, natslock, withCli } from "../helpers/cli.ts";
import { withContexts } from "../helpers/contexts.ts";
import { hasShell, Shell, type ShellName } from "../helpers/shells.ts";

/** Candidates for the last word, and whether files can follow. */
async function offered(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<[string[], boolean]> {
  const { code, stdout } = await natslock(["complete", "--", ...words], { env });
  assertEquals(code, 0);
  const lines = stdout.trimEnd().split("\n");
  const files = lines.pop();
  return [lines.map((line) => line.split("\t")[0] ?? ""), files === ":0"];
}

async function hold({ start, run }: CliLab, ...keys: string[]): Promise<void> {
  await run(["bucket", "create"]);
  for (const key of keys) await start(["run", key, "--", "sh", "-c", "echo held; sleep 60"]).says(/held/);
}

const SHELLS: readonly ShellName[] = ["bash", "zsh", "fish"];

for (const name of SHELLS) {
  Deno.test(`natslock completion ${name} completes commands, flags, keys of locks, and files after -- in a real ${name}`, async () => {
    if (!await hasShell(name)) return;
    await withCli(async (lab) => {
      await hold(lab, "nightly.report", "other");
      await using shell = await Shell.start(name, ["script.sh", "me.creds"], lab.env);
      await shell.completes("natslock sta", /natslock status /);
      await shell.completes("natslock run --keep", /--keep-trying /);
      await shell.completes("natslock evict ni", /evict nightly\.report /);
      await shell.completes("natslock run nightly.report -- ./scr", /-- \.\/script\.sh /);
      await shell.completes("natslock ls --creds m", /--creds me\.creds /);
      await shell.completes("natslock bucket check l", /check locks /);
    });
  });
}

Deno.test("natslock complete offers commands, subcommands and flags", async () => {
  assertEquals(await offered(["ru"]), [["run"], false]);
  assertEquals(await offered(["bucket", ""]), [["create", "check", "delete"], false]);
  assertEquals(await offered(["bucket", "create", "--storage", ""]), [["file", "memory"], false]);
  assertEquals(await offered(["bucket", "create", "--storage=m"]), [["--storage=memory"], false]);
  assertEquals(await offered(["ls", "--js"]), [["--json", "--js-domain", "--js-api-prefix"], false]);
  assertEquals(await offered(["completion", "z"]), [["zsh"], false]);
});

Deno.test("natslock complete offers the keys of the bucket and server that the line names", () =>
  withCli(async (lab) => {
    await lab.run(["bucket", "create", "mine"]);
    await lab.start(["run", "-b", "mine", "job.a", "--", "sh", "-c", "echo held; sleep 60"]).says(/held/);
    await hold(lab, "job.b", "job.c");
    assertEquals((await offered(["status", ""], lab.env))[0], ["job.b", "job.c"]);
    assertEquals((await offered(["status", "job.b", "job"], lab.env))[0], ["job.c"]);
    assertEquals((await offered(["ls", "-b", "mine", "job"], lab.env))[0], ["job.a"]);
    assertEquals((await offered(["evict", "--bucket=mine", "-s", lab.server.url, ""]))[0], ["job.a"]);
    assertEquals((await offered(["ls", "--bucket", ""], lab.env))[0], ["locks", "mine"]);
  }));

Deno.test("natslock complete offers files after -- and where the command of run begins", async () => {
  for (
    const words of [["run", "job", ""], ["run", "job", "--", ""], ["run", "job", "tar", "--c"], ["ls", "--creds", ""]]
  ) {
    assertEquals(await offered(words), [[], true], words.join(" "));
  }
});

Deno.test("natslock complete offers the names of contexts", () =>
  withContexts({ prod: {}, staging: {} }, async (home) => {
    const [names] = await offered(["ls", "--context", ""], { XDG_CONFIG_HOME: home });
    assertEquals(names.sort(), ["prod", "staging"]);
  }));

Deno.test("natslock complete offers no keys and ends soon if the server does not answer or is not there", () =>
  withCli(async ({ server, env }) => {
    assertEquals(await offered(["evict", ""], { NATS_URL: "nats://127.0.0.1:1" }), [[], false]);
    server.pause();
    const start = performance.now();
    assertEquals(await offered(["evict", ""], env), [[], false]);
    assertLess(performance.now() - start, 5000);
    server.resume();
  }));

Deno.test("natslock completion prints a script for each shell, and exits with 64 for another", async () => {
  for (const shell of [...SHELLS, "powershell"]) {
    const { code, stdout } = await natslock(["completion", shell]);
    assertEquals(code, 0);
    assertMatch(stdout, /natslock complete '?--/);
  }
  const { code, stderr } = await natslock(["completion", "csh"]);
  assert(code === 64 && stderr.includes("csh"), stderr);
});
