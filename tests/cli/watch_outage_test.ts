import { assert, assertEquals, assertLessOrEqual, assertMatch, assertStringIncludes } from "@std/assert";
import type { Clock } from "@x/natslock";
import { ManualClock } from "../../src/memory/manual_clock.ts";
import { Outage } from "../../cli/src/outage.ts";
import { Pulse } from "../../cli/src/pulse.ts";
import { type CliLab, type Running, withCli } from "../helpers/cli.ts";
import { Proxy } from "../helpers/proxy.ts";
import { Terminal } from "../helpers/terminal.ts";

const AWAY = /Cannot reach NATS: .*; still watching bucket "locks", retrying/;
const BACK = /NATS is reachable again; still watching bucket "locks"/;

/** Two seconds, and one for a machine that runs other tests at the same time. */
const LONGEST = 2000 + 1000;

/** Starts a holder that keeps a lock until the end of the test. */
async function hold({ start, run }: CliLab, key: string): Promise<Running> {
  await run(["bucket", "create"]);
  const running = start(["run", key, "--name", `of-${key}`, "--", "sh", "-c", "echo held; sleep 60"]);
  await running.says(/held/);
  return running;
}

/** Milliseconds from the end of a cause to what the process says. */
async function delay(running: Running, wanted: RegExp, cause: () => unknown): Promise<number> {
  await cause();
  const start = performance.now();
  await running.says(wanted);
  return performance.now() - start;
}

for (const how of ["killed", "frozen"] as const) {
  Deno.test(`natslock watch reports within 2 s that the server is ${how}, marks what is stale, and prints all anew at its return`, () =>
    withCli(async (lab) => {
      const { server } = lab;
      await hold(lab, "job");
      const watching = lab.start(["watch", "--json"]);
      await watching.says(/"state":"held"/);
      const away = await delay(watching, AWAY, () => how === "killed" ? server.kill() : server.pause());
      assertLessOrEqual(away, LONGEST);
      const [, stale = ""] = /("stale":true.*)/.exec(await watching.says(/"stale":true/)) ?? [];
      assertMatch(stale, /"key":"job","state":"held".*"name":"of-job"/);
      const back = await delay(watching, BACK, () => how === "killed" ? server.restart() : server.resume());
      assertLessOrEqual(back, LONGEST);
      await watching.says(/"nats":"reachable"[^]*"stale":false,"key":"job","state":"held"/);
    }));
}

Deno.test("natslock watch --json has a line for an outage and for its end even if no lock is held", () =>
  withCli(async (lab) => {
    const { start, server } = lab;
    const holder = await hold(lab, "job");
    const watching = start(["watch", "--json"]);
    await watching.says(/"state":"held"/);
    holder.signal("SIGTERM");
    await watching.says(/"state":"free"/);
    await server.kill();
    const text = await watching.says(/"nats":"unreachable"/);
    assertMatch(text, /^\{"time":"[^"]+Z","nats":"unreachable","error":"[^"]+"\}$/m);
    await server.restart();
    assert(!(await watching.says(/"nats":"reachable"/)).includes('"stale":true'));
  }));

Deno.test("natslock watch reports a lock that was released during an outage as free when the outage ends", () =>
  withCli(async (lab) => {
    await using proxy = new Proxy(lab.server.wsPort);
    await hold(lab, "job");
    const watching = lab.start(["watch", "--json", "-s", proxy.url]);
    await watching.says(/"state":"held"/);
    proxy.forwardAnswers = false;
    await watching.says(/"stale":true,"key":"job"/);
    assertEquals((await lab.run(["evict", "--yes", "job"])).code, 0);
    proxy.forwardAnswers = true;
    proxy.cut();
    await watching.says(/"stale":false,"key":"job","state":"free"/);
  }));

Deno.test("natslock watch marks stale lines on a terminal, and prints a held lock anew at the end of the outage", () =>
  withCli(async (lab) => {
    await hold(lab, "job");
    await using terminal = new Terminal("stty cols 60; natslock watch job", lab.env);
    await terminal.shows(/\d\d:\d\d:\d\d [+-]\d\d:\d\d {2}job +of-job\n/);
    lab.server.pause();
    await terminal.shows(/of-job \(stale\)\n/);
    assertMatch(terminal.text, AWAY);
    lab.server.resume();
    const text = await terminal.shows(/reachable again[^]*job +of-job\n/);
    assertEquals(text.match(/\(stale\)/g)?.length, 1, text);
  }));

/** Pings a connection that answers only when the test says so. `lines` receives what is reported. */
function pulseOf(clock: Clock): { lines: string[]; answer: () => void; pulse: Pulse } {
  const lines: string[] = [];
  const outage = new Outage({ meanwhile: () => "watching", say: (line) => void lines.push(line) });
  let pong = () => {};
  const flush = () => new Promise<void>((resolve) => pong = resolve);
  const pulse = new Pulse(clock, outage).start({ flush, isClosed: () => false });
  return { lines, pulse, answer: () => pong() };
}

Deno.test("Pulse reports a missing answer after 1 s, and the answer when it comes", async () => {
  const clock = new ManualClock();
  const { lines, pulse, answer } = pulseOf(clock);
  await clock.advance(999);
  assertEquals(lines, []);
  await clock.advance(1);
  assertStringIncludes(lines[0] ?? "", "Cannot reach NATS: no answer for 1s");
  answer();
  await clock.advance(1);
  assertEquals(lines.length, 2);
  pulse[Symbol.dispose]();
});

Deno.test("Pulse gives an answer more time if this process itself was stopped meanwhile", async () => {
  const clock = new ManualClock();
  let stopped = 0;
  const late: Clock = {
    now: () => clock.now() + stopped,
    wall: () => clock.wall(),
    after: (delay, callback) => clock.after(delay, callback),
  };
  const { lines, pulse, answer } = pulseOf(late);
  stopped = 60_000;
  await clock.advance(1000);
  assertEquals(lines, []);
  answer();
  await clock.advance(1000);
  assertEquals(lines, []);
  pulse[Symbol.dispose]();
});

Deno.test("natslock watch exits with 78 and names the bucket if it is deleted meanwhile", () =>
  withCli(async (lab) => {
    await lab.run(["bucket", "create", "mine", "--ttl", "1s"]);
    const watching = lab.start(["watch", "-b", "mine", "job"]);
    await watching.says(/\(free\)/);
    assertEquals((await lab.run(["bucket", "delete", "mine", "--yes"])).code, 0);
    const { code, stderr } = await watching.finished();
    assertEquals(code, 78);
    assertMatch(stderr, /Cannot use bucket "mine": the bucket does not exist; .*"natslock bucket create mine"/);
  }));
