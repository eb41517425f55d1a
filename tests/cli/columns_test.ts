import { assert, assertEquals, assertLessOrEqual, assertMatch, assertStringIncludes } from "@std/assert";
import { lineOf, shortened, Shortener, tableOf, widthsOf } from "../../cli/src/columns.ts";
import { selectionOf } from "../../cli/src/filter.ts";
import { dateAndTime, timeOfDay } from "../../cli/src/time.ts";
import { type CliLab, withCli } from "../helpers/cli.ts";
import { Terminal } from "../helpers/terminal.ts";

const LONG = "jobs.nightly.europe.reports.with-a-long-name";
const KEYS = [`${LONG}-0001`, `${LONG}-0002`, "job"];

async function holdAll({ start, run }: CliLab): Promise<void> {
  await run(["bucket", "create"]);
  for (const key of KEYS) await start(["run", key, "--", "sh", "-c", "echo held; sleep 60"]).says(/held/);
}

/** Runs a line on a terminal with 40 columns. Returns its text when it matches `wanted`. */
async function narrow({ env }: CliLab, line: string, wanted: RegExp): Promise<string> {
  await using terminal = new Terminal(`stty cols 40; ${line}; sleep 60`, env);
  return await terminal.shows(wanted);
}

Deno.test("natslock ls and watch fit 40 columns, and each shortened key stands for one lock", () =>
  withCli(async (lab) => {
    await holdAll(lab);
    for (const command of ["ls", "watch"]) {
      const text = await narrow(lab, `natslock ${command}`, /000[12] +sh@[^]*000[12] +sh@/);
      assertLessOrEqual(Math.max(...text.split("\n").map((line) => line.length)), 40, text);
      assertMatch(text, /jobs\.\S*…\S*0001 +sh@/);
    }
  }));

Deno.test("natslock ls, watch and status print whole keys in a pipe and as JSON", () =>
  withCli(async (lab) => {
    await holdAll(lab);
    for (const flags of [[], ["--json"]]) {
      const watching = lab.start(["watch", ...flags]);
      const shown = [await lab.run(["ls", ...flags]), await lab.run(["status", ">", ...flags])];
      const text = await watching.says(/0001[^]*0002|0002[^]*0001/);
      for (const key of KEYS) {
        for (const one of [text, ...shown.map(({ stdout }) => stdout)]) assertStringIncludes(one, key);
      }
    }
  }));

Deno.test("natslock ls, watch and status accept the same keys and filters", () =>
  withCli(async (lab) => {
    await lab.run(["bucket", "create"]);
    for (const key of ["jobs.a", "jobs.b.c", "other"]) {
      await lab.start(["run", key, "--", "sh", "-c", "echo held; sleep 60"]).says(/held/);
    }
    const selections: readonly (readonly [words: string[], found: string[]])[] = [
      [["jobs.*"], ["jobs.a"]],
      [["jobs.>"], ["jobs.a", "jobs.b.c"]],
      [["other", "*.b.*"], ["jobs.b.c", "other"]],
    ];
    for (const [words, found] of selections) {
      const watching = lab.start(["watch", "--json", ...words]);
      const keysIn = (text: string) => [...text.matchAll(/"key":"([^"]+)"/g)].map(([, key = ""]) => key).sort();
      const every = new RegExp(`(?:"key"[^]*){${found.length}}`);
      assertEquals(keysIn(await watching.says(every)), found);
      for (const command of ["ls", "status"]) {
        assertEquals(keysIn((await lab.run([command, "--json", ...words])).stdout), found);
      }
    }
  }));

Deno.test("natslock ls, watch and status exit with 64 for a word that is neither a key nor a filter", () =>
  withCli(async ({ run }) => {
    await run(["bucket", "create"]);
    for (const command of ["ls", "watch", "status"]) {
      const { code, stdout, stderr } = await run([command, "jobs*"]);
      assertEquals([code, stdout], [64, ""]);
      assertStringIncludes(stderr, 'Cannot use key "jobs*": "*" must be a whole part between dots');
    }
  }));

Deno.test("natslock watch shows nothing of a key that no lock can have", () =>
  withCli(async (lab) => {
    await lab.run(["bucket", "create"]);
    const watching = lab.start(["watch", "--json"]);
    const { connect } = await import("@nats-io/transport-node");
    const nc = await connect({ servers: lab.env.NATS_URL ?? "" });
    await nc.request("$KV.locks.odd#key", crypto.randomUUID());
    await nc.request("$KV.locks.good", crypto.randomUUID());
    await nc.close();
    const text = await watching.says(/"good"/);
    assert(!text.includes("odd"), text);
  }));

Deno.test("selectionOf sorts words into keys and filters", () => {
  assertEquals(selectionOf(["a.b", "a.*", ">", "a.b"]), { keys: ["a.b"], filters: ["a.*", ">"] });
});

Deno.test("shortened leaves out the middle, also of characters that are two columns wide", () => {
  assertEquals(["abcdefghij", "abc"].map((text) => shortened(text, 7)), ["abc…hij", "abc"]);
  assertEquals(shortened("日本語日本語", 7), "日本…語");
});

Deno.test("Shortener returns the whole text if its shortened form already stands for another", () => {
  const keys = new Shortener();
  assertEquals(["aaaXbbb", "aaaYbbb", "aaaXbbb"].map((key) => keys.shorten(key, 5)), ["aa…bb", "aaaYbbb", "aa…bb"]);
});

Deno.test("widthsOf takes what is missing from the widest flexible column, and leaves the others as they are", () => {
  const rows = [["k".repeat(30), "h".repeat(10), "fixed"]];
  assertEquals(widthsOf(rows, { width: 40, flexible: [0, 1] }), [21, 10, 5]);
  assertEquals(widthsOf(rows, { width: Infinity, flexible: [0, 1] }), [30, 10, 5]);
});

Deno.test("lineOf goes on in the next line after a text that is wider than its column, but not in a pipe", () => {
  assertEquals(lineOf(["abcdef", "x"], [3, 1], 20), "abcdef\n     x");
  assertEquals(lineOf(["abcdef", "x"], [3, 1], Infinity), "abcdef  x");
});

Deno.test("tableOf prints a key whole if its shortened form is not distinct", () => {
  const rows = [["KEY", "LEFT"], [`a${"x".repeat(20)}b`, "1s"], [`a${"x".repeat(9)}y${"x".repeat(10)}b`, "2s"]];
  const lines = tableOf(rows, { width: 20, flexible: [0] }).split("\n");
  assertEquals(lines.length, 4);
  assertEquals(lines[2], rows[2]?.[0]);
  assertMatch(lines[3] ?? "", /^ +2s$/);
});

Deno.test("dateAndTime and timeOfDay are in local time and name the zone", () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5);
  assertEquals(Date.parse(dateAndTime(at).replace(" ", "T").replace(" ", "")), at);
  assertMatch(timeOfDay(at), /^\d\d:04:05 [+-]\d\d:\d\d$|^\d\d:\d\d:05 [+-]\d\d:\d\d$/);
});
