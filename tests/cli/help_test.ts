import { assertEquals, assertLessOrEqual, assertMatch, assertStringIncludes } from "@std/assert";
import { duration, exactly, shortly } from "../../cli/src/duration.ts";
import { VERSION } from "../../cli/src/version.ts";
import { natslock } from "../helpers/cli.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));

const COMMANDS = [
  "",
  "run",
  "status",
  "ls",
  "watch",
  "evict",
  "bucket",
  "bucket create",
  "bucket check",
  "bucket delete",
  "timing",
];

for (const command of [...COMMANDS, "completion"]) {
  Deno.test(`natslock ${command} --help fits on a screen and has an example`, async () => {
    const { code, stdout, stderr } = await natslock([...command.split(" ").filter(Boolean), "--help"]);
    assertEquals([code, stderr], [0, ""]);
    const lines = stdout.trimEnd().split("\n");
    assertLessOrEqual(lines.length, 24, stdout);
    assertLessOrEqual(Math.max(...lines.map((line) => line.length)), 80, stdout);
    assertMatch(stdout, /\nExample:\n {2}(?:eval "\$\()?natslock /);
  });
}

Deno.test("natslock help shows the help of a command, and the connection settings", async () => {
  assertEquals(
    (await natslock(["help", "bucket", "check"])).stdout,
    (await natslock(["bucket", "check", "--help"])).stdout,
  );
  const { stdout } = await natslock(["help", "connection"]);
  for (const name of ["NATS_URL", "NATS_CREDS", "NATS_NKEY", "--tlsca"]) assertStringIncludes(stdout, name);
});

Deno.test("natslock help queues fits on a screen and explains the flags of queues", async () => {
  const { code, stdout } = await natslock(["help", "queues"]);
  const lines = stdout.trimEnd().split("\n");
  assertEquals(code, 0);
  assertLessOrEqual(lines.length, 24, stdout);
  assertLessOrEqual(Math.max(...lines.map((line) => line.length)), 80, stdout);
  for (const flag of ["--shared", "--limit", "--weight", "--key", "--queues"]) assertStringIncludes(stdout, flag);
});

Deno.test("natslock --version prints the version of deno.json", async () => {
  const { version } = JSON.parse(await read("deno.json")) as { version: string };
  assertEquals(VERSION, version);
  assertEquals((await natslock(["--version"])).stdout, `${version}\n`);
});

Deno.test("natslock timing prints the times of a lease and what follows from them, also as JSON", async () => {
  const { code, stdout } = await natslock(["timing", "--ttl", "30s"]);
  assertEquals(code, 0);
  assertMatch(stdout, /^lease length: +30s\nrenewal interval: +10s\nmargin: +3s, .*27s\nretry interval: +1s/);
  assertMatch(stdout, /takeover after a crash: +at most 30.5s\n/);
  const figures = JSON.parse((await natslock(["timing", "--ttl", "30s", "--json"])).stdout) as Record<string, number>;
  assertEquals([figures.renewEvery, figures.margin, figures.crashTakeover], [10_000, 3000, 30_500]);
  const uneven = (await natslock(["timing", "--ttl", "10s", "--json"])).stdout;
  assertMatch(uneven, /"renewEvery":3333,/);
});

Deno.test("natslock timing exits with 64 if the times do not fit together", async () => {
  const { code, stderr } = await natslock(["timing", "--ttl", "3s", "--renew", "3s"]);
  assertEquals(code, 64);
  const [renewing, lasting] = [/3s \+ 0\.2s \+ 0\.75s = 3\.95s/, /3s - 0\.3s = 2\.7s/];
  assertMatch(stderr, /--renew \+ --retry \+ --request-timeout must be less than --ttl - --margin/);
  assertMatch(stderr, new RegExp(`${renewing.source} and ${lasting.source}; see "natslock timing --help"\n$`));
});

Deno.test("duration parses durations in the format of Go", () => {
  const read = ["15s", "500ms", "1m30s", "1.5h", "0"].map((text) => duration(text, "--ttl"));
  assertEquals(read, [15_000, 500, 90_000, 5_400_000, 0]);
});

Deno.test("exactly formats a duration as a user writes it", () => {
  const written = [0, 5, 750, 1500, 15_000, 60_000, 90_000, 10_000 / 3].map(exactly);
  assertEquals(written, ["0", "5ms", "750ms", "1.5s", "15s", "1m", "90s", "3.333s"]);
});

Deno.test("shortly formats a duration with at most two units", () => {
  const written = [0, 750, 13_500, 15_000, 90_000, 7_500_000, 90_000_000].map(shortly);
  assertEquals(written, ["0s", "0.75s", "13.5s", "15s", "1m30s", "2h5m", "1d1h"]);
});
