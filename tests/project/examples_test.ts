import { assert, assertEquals, assertGreater, assertMatch, assertStringIncludes } from "@std/assert";
import { Locker } from "@x/natslock";
import { NatsServer } from "../../tools/nats/server.ts";
import { Example, start, tokenOf } from "./example.ts";

const EXAMPLES = new URL("../../examples/", import.meta.url);
const NAMES: readonly string[] = ["leader", "mutex", "fencing", "observe", "reconcile_loop", "worker/main"];
/** So long that no event in these tests can come from the end of a lease. */
const LONG_LEASE = 60_000;
const SHORT_LEASE = 1000;

/** The first process that reports that it leads. */
function firstToLead(candidates: readonly Example[]): Promise<{ leader: Example; token: number }> {
  return Promise.race(candidates.map(async (leader) => ({ leader, token: await leader.line(/ leads, /) })));
}

Deno.test("examples/leader.ts: after the leader was killed, another process leads with a higher token", async () => {
  await using server = await NatsServer.start();
  const env = { TTL_MS: String(SHORT_LEASE) };
  await using red = start("leader", server, { ...env, NAME: "red" });
  await using green = start("leader", server, { ...env, NAME: "green" });
  await using blue = start("leader", server, { ...env, NAME: "blue" });
  const first = await firstToLead([red, green, blue]);
  const others = [red, green, blue].filter((each) => each !== first.leader);
  await Promise.all([first.leader.line(/ has done step 2, /), ...others.map((each) => each.line(/ follows$/))]);
  assertEquals(others.filter(({ lines }) => lines.some((line) => line.includes("leads"))), []);
  first.leader.kill("SIGKILL");
  const second = await firstToLead(others);
  assertGreater(second.token, first.token);
  await Promise.all(others.map((each) => each.end("SIGTERM")));
});

Deno.test("examples/leader.ts: SIGTERM and Ctrl-C hand over long before the lease expires, with code 0", async () => {
  await using server = await NatsServer.start();
  const env = { TTL_MS: String(LONG_LEASE) };
  await using red = start("leader", server, { ...env, NAME: "red" });
  const first = await red.line(/^red leads, /);
  await using green = start("leader", server, { ...env, NAME: "green" });
  await green.line(/^green follows$/);
  assertMatch((await red.end("SIGTERM")).at(-1) ?? "", /^red stands down, token \d+: LeaseReleasedError: /);
  const second = await green.line(/^green leads, /);
  assertGreater(second, first);
  await using blue = start("leader", server, { ...env, NAME: "blue" });
  await blue.line(/^blue follows$/);
  await green.end("SIGINT");
  assertGreater(await blue.line(/^blue leads, /), second);
  await blue.end("SIGINT");
});

Deno.test("examples/mutex.ts: two processes never overlap, and no count is lost", async () => {
  await using server = await NatsServer.start();
  const env = { TTL_MS: String(LONG_LEASE), ROUNDS: "4" };
  await using red = start("mutex", server, { ...env, NAME: "red" });
  await using green = start("mutex", server, { ...env, NAME: "green" });
  const lines = [...await red.end(), ...await green.end()];
  const by = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).sort((a, b) => tokenOf(a) - tokenOf(b));
  const count = (line: string) => Number(/(\d+)$/.exec(line)?.[1]);
  const [entered, left] = [by(/ enters, /), by(/ leaves, /)];
  assertEquals(entered.map(tokenOf), left.map(tokenOf));
  assertEquals(new Set(entered.map(tokenOf)).size, 8);
  // Each holder reads what the holder with the previous token wrote. If two had been in at the same time, both would
  // have read the same number.
  assertEquals(entered.map(count), [0, 1, 2, 3, 4, 5, 6, 7]);
  assertEquals(left.map(count), [1, 2, 3, 4, 5, 6, 7, 8]);
});

Deno.test("examples/mutex.ts: a wait that times out is reported, and Ctrl-C ends a wait with code 0", async () => {
  await using server = await NatsServer.start();
  await using locker = await Locker.open({ servers: server.url, bucket: "locks", ttl: LONG_LEASE, key: "mutex" });
  await using _lease = await locker.acquire();
  await using red = start("mutex", server, { NAME: "red", ROUNDS: "2", TIMEOUT_MS: "200" });
  await using green = start("mutex", server, { NAME: "green" });
  await green.line(/^green waits$/);
  assertEquals(await green.end("SIGINT"), ["green waits"]);
  const lines = await red.end();
  assertEquals(lines.filter((line) => line.startsWith('red goes without: Cannot take key "mutex"')).length, 2);
  assertEquals(lines.filter((line) => line.includes("enters")), []);
});

Deno.test({
  name: "examples/fencing.ts: the token alone makes both resources refuse the late write",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using server = await NatsServer.start();
    await using story = start("fencing", server);
    const lines = (await story.end()).join("\n");
    for (const shape of ["SQL", "KV"]) {
      assertMatch(lines, new RegExp(`${shape}: +"A, in time" with token 1: accepted`));
      assertMatch(lines, new RegExp(`${shape}: +"B" with token 2: accepted`));
      assertMatch(lines, new RegExp(`${shape}: +"A, too late" with token 1: REFUSED`));
    }
    assertMatch(lines, /lease\.held is true[^]*A goes on[^]*lease\.held is false\nAt the end: .*"B".*"B"$/);
  },
});

Deno.test("examples/observe.ts prints every term in order, and ends with code 0", async () => {
  await using server = await NatsServer.start();
  const settings = { servers: server.url, bucket: "locks", ttl: LONG_LEASE, key: "leader" };
  await using red = await Locker.open({ ...settings, name: "red" });
  await using green = await Locker.open({ ...settings, name: "green" });
  await using people = start("observe", server);
  await using programs = new Example("observe", { NATS_URL: server.url }, ["--json"]);
  await Promise.all([people.line(/ nobody holds it$/), programs.line(/"leader":null/)]);
  const tokens: number[] = [];
  for (const locker of [red, green, red]) {
    const [{ length }, { length: other }] = [people.lines, programs.lines];
    await locker.run(async ({ token }) => {
      tokens.push(token);
      await Promise.all([people.line(/ holds it, /, length), programs.line(new RegExp(`"token":${token}\\b`), other)]);
    });
    await Promise.all([people.line(/ nobody holds it$/, length), programs.line(/"leader":null/, other)]);
  }
  const terms = tokens.map((token, i) => `${["red", "green", "red"][i]} holds it, token ${token}`);
  const told = (await people.end("SIGINT")).map((line) => line.slice(line.indexOf(" ") + 1));
  assertEquals(told, ["nobody holds it", ...terms.flatMap((term) => [term, "nobody holds it"])]);
  const names = (await programs.end("SIGTERM")).map((line) => JSON.parse(line).leader?.name ?? null);
  assertEquals(names, [null, "red", null, "green", null, "red", null]);
});

Deno.test("Each example prints its usage with --help, without the permission to connect", async () => {
  for (const name of NAMES) {
    await using example = new Example(name, {}, ["--help"], ["--allow-env", "--allow-sys"]);
    assertStringIncludes((await example.end()).join("\n"), `Usage: deno run -A examples/${name}.ts`);
  }
});

Deno.test("examples/README.md lists each example", async () => {
  const text = await Deno.readTextFile(new URL("README.md", EXAMPLES));
  for await (const { name } of Deno.readDir(EXAMPLES)) {
    if (!name.endsWith(".ts")) continue;
    assert(text.includes(`](${name})`), name);
    assert(NAMES.includes(name.slice(0, -3)), name);
  }
});
