import { assert, assertEquals, assertMatch, assertObjectMatch, assertStringIncludes } from "@std/assert";
import { isSelected } from "../../cli/src/requests.ts";
import type { CliLab } from "../helpers/cli.ts";
import { holdQueued, waitQueued, withQueues } from "../helpers/cli_queues.ts";

type Line = Readonly<Record<string, unknown>>;

const linesOf = (text: string): Line[] =>
  text.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line) as Line);

/** One holder and two waiters of "orders/1 x", and one of five that share "crawl". */
async function fill(lab: CliLab): Promise<void> {
  await holdQueued(lab, "alpha", "orders/1 x");
  await holdQueued(lab, "crawler", "crawl", "--limit", "5", "--weight", "2");
  await waitQueued(lab, "beta", "orders/1 x");
  await waitQueued(lab, "gamma", "orders/1 x", "--shared");
}

Deno.test("natslock ls shows holders and waiters with their places, and sessions with the number of their locks", () =>
  withQueues(async (lab) => {
    await fill(lab);
    const { code, stdout, stderr } = await lab.run(["ls"]);
    assertEquals([code, stderr], [0, ""]);
    const rows = stdout.split("\n").map((line) => line.replace(/ +\d+s?( +\d+s)?$/, "").replace(/ {2,}/g, "|"));
    assertEquals(rows.slice(0, 6), [
      "KEY|PLACE|STATE|MODE|HOLDER|AGE",
      "crawl|0|held|shared, 2 of 5|crawler",
      "orders/1 x|0|held|exclusive|alpha",
      "orders/1 x|1|waiting|exclusive|beta",
      "orders/1 x|2|waiting|shared|gamma",
      "",
    ]);
    assertMatch(
      stdout,
      /\nSESSION +HOLDS +WAITS +AGE +LEFT\nalpha +1 +0 .*\nbeta +0 +1 .*\ncrawler +1 +0 .*\ngamma +0 +1 /,
    );
    const only = await lab.run(["ls", "cr*"]);
    assert(!only.stdout.includes("orders"), only.stdout);
    assertMatch(only.stdout, /SESSION.*\ncrawler .*\n$/);
    assertMatch((await lab.run(["ls", "--ids"])).stdout, /AGE +TOKEN +ID\ncrawl .* \d+ +[-0-9a-f]{36}\n/);
  }));

Deno.test("natslock ls and status print requests and sessions as JSON", () =>
  withQueues(async (lab) => {
    await fill(lab);
    const lines = linesOf((await lab.run(["ls", "--json"])).stdout);
    const requests = lines.filter(({ key }) => key !== undefined);
    assertEquals(requests.map(({ name, state, place }) => [name, state, place]), [
      ["crawler", "held", 0],
      ["alpha", "held", 0],
      ["beta", "waiting", 1],
      ["gamma", "waiting", 2],
    ]);
    assertObjectMatch(requests[0] ?? {}, {
      key: "crawl",
      mode: "shared",
      limit: 5,
      weight: 2,
      meta: { command: "sh" },
    });
    const session = lines.find(({ session }) => session === requests[0]?.holder) ?? {};
    assertObjectMatch(session, { name: "crawler", locks: 1, waits: 0, ttl: 15_000 });
    const { stdout } = await lab.run(["status", "--json", "orders/1 x", "nothing"]);
    assertEquals(linesOf(stdout), [...requests.slice(1), { key: "nothing", state: "free" }]);
  }));

Deno.test("natslock status shows the queue of a lock in its order, and which locks are free", () =>
  withQueues(async (lab) => {
    await fill(lab);
    const { stdout } = await lab.run(["status", "orders/1 x", "crawl", "nothing"]);
    assertMatch(
      stdout,
      new RegExp(
        [
          "^orders/1 x {2}held by alpha, 2 waiting",
          " {2}0 {2}held {5}exclusive {2}alpha {2}\\d+s",
          " {2}1 {2}waiting {2}exclusive {2}beta {3}\\d+s",
          " {2}2 {2}waiting {2}shared {5}gamma {2}\\d+s",
          "",
          "crawl {2}held by crawler",
          " {2}0 {2}held {2}shared, 2 of 5 {2}crawler {2}\\d+s",
          "",
          "nothing {2}free\n$",
        ].join("\n"),
      ),
    );
  }));

Deno.test("natslock ls prints nothing on standard output if nobody asks for a lock of a bucket for queues", () =>
  withQueues(async ({ run }) => {
    assertEquals(await run(["ls"]), { code: 0, stdout: "", stderr: 'natslock: No lock is held in bucket "locks"\n' });
  }));

Deno.test("natslock ls marks the requests of a session that is gone", () =>
  withQueues(async (lab) => {
    const holder = lab.start(["hold", "--ttl", "1s", "job"]);
    await holder.says(/Holding/);
    holder.signal("SIGKILL");
    await holder.finished();
    for (;;) {
      const { stdout } = await lab.run(["status", "job", "--json"]);
      const [line = {}] = linesOf(stdout);
      if (line.state === "held") continue;
      assertObjectMatch(line, { state: "gone", place: 0, name: "" });
      break;
    }
    assertMatch((await lab.run(["status", "job"])).stdout, /^job {2}held by nobody now\n {2}0 {2}gone /);
  }));

Deno.test("natslock watch prints each request as it waits, holds and leaves, and a lock that is free again", () =>
  withQueues(async (lab) => {
    const watching = lab.start(["watch", "--json", "job"]);
    await watching.says(/"state":"free"/);
    const table = lab.start(["watch"]);
    await table.says(/TIME/);
    const alpha = await holdQueued(lab, "alpha", "job");
    await watching.says(/"state":"held".*alpha/);
    const beta = await waitQueued(lab, "beta", "job");
    await watching.says(/"state":"waiting","place":1.*beta/);
    alpha.signal("SIGTERM");
    await watching.says(/"state":"held".*beta/);
    beta.signal("SIGTERM");
    const text = await watching.says(/beta.*\n.*"state":"free"/);
    const told = linesOf(text).map(({ state, name, stale }) => [state, name, stale]);
    assertEquals(
      told.filter(([state]) => state !== "left"),
      [
        ["free", undefined, undefined],
        ["held", "alpha", false],
        ["waiting", "beta", false],
        ["held", "beta", false],
        ["free", undefined, undefined],
      ].map(([state, name]) => [state, name, false]),
    );
    assertMatch(
      await table.says(/ free/),
      /KEY +PLACE +STATE +HOLDER\n.* job +0 +held +alpha\n.* job +1 +waiting +beta\n.* job +left +alpha\n.* job +0 +held +beta\n.* job +free\n$/,
    );
  }));

Deno.test("natslock watch marks the requests that it shows as stale while NATS is away", () =>
  withQueues(async (lab) => {
    await holdQueued(lab, "alpha", "job");
    const watching = lab.start(["watch", "--json"]);
    await watching.says(/"state":"held"/);
    lab.server.pause();
    await watching.says(/"nats":"unreachable".*\n.*"stale":true,"key":"job","state":"held"/);
    lab.server.resume();
    await watching.says(/"nats":"reachable".*\n(.*\n)*.*"stale":false,"key":"job"/);
  }));

Deno.test("natslock completes the names of locks in a bucket for queues", () =>
  withQueues(async (lab) => {
    await holdQueued(lab, "alpha", "orders/1");
    for (const words of [["status", "o"], ["run", "other", "-k", "o"]]) {
      assertStringIncludes((await lab.run(["complete", "--", ...words])).stdout, "orders/1\t");
    }
  }));

Deno.test("natslock bucket delete names the holders of locks with queues", () =>
  withQueues(async (lab) => {
    await holdQueued(lab, "alpha", "a b");
    const { code, stderr } = await lab.run(["bucket", "delete", "locks", "--yes"]);
    assertEquals(code, 75);
    assertStringIncludes(stderr, '1 lock is held: "a b" by alpha');
  }));

Deno.test("isSelected matches names by filters, in which a star stands for text without dots", () => {
  const cases: readonly (readonly [word: string, name: string, isMatch: boolean])[] = [
    ["a.*", "a.b", true],
    ["a.*", "a.b.c", false],
    ["a.*", "a.", false],
    ["a.>", "a.b.c", true],
    ["a.>", "a", false],
    [">", "any text\n.x", true],
    ["orders/*", "orders/1", true],
    ["orders/*", "orders/", true],
    ["orders/*", "orders/1.x", false],
    ["a+(b", "a+(b", true],
    ["a+(*", "a+(b", true],
    ["a*", "ba", false],
  ];
  for (const [word, name, isMatch] of cases) assertEquals(isSelected(name, [word]), isMatch, `${word} ${name}`);
});
