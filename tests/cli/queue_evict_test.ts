import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { CliLab } from "../helpers/cli.ts";
import { holdQueued, waitQueued, withQueues } from "../helpers/cli_queues.ts";
import { Terminal } from "../helpers/terminal.ts";

/** Returns the names of those who ask for "job", in the order of the queue. */
async function queueOf({ run }: CliLab): Promise<string[]> {
  const { stdout } = await run(["status", "job", "--json"]);
  return stdout.trim().split("\n").map((line) => (JSON.parse(line) as { name: string }).name);
}

Deno.test("natslock evict removes the holder from a queue: its command ends, and the next one runs", () =>
  withQueues(async (lab) => {
    const alpha = await holdQueued(lab, "alpha", "job");
    const beta = await waitQueued(lab, "beta", "job");
    const { code, stderr } = await lab.run(["evict", "job", "--yes"]);
    assertEquals(code, 0);
    assertMatch(stderr, /^natslock: Evicted alpha \(token \d+\) from "job"\n$/);
    const ended = await alpha.finished();
    assertEquals(ended.code, 124);
    assertStringIncludes(ended.stderr, 'Lost "job" (stolen)');
    await beta.says(/held/);
    assertEquals(await queueOf(lab), ["beta"]);
  }));

Deno.test("natslock evict --place removes a waiter, which queues again at the end", () =>
  withQueues(async (lab) => {
    await holdQueued(lab, "alpha", "job");
    await waitQueued(lab, "beta", "job");
    await waitQueued(lab, "gamma", "job");
    const { code, stderr } = await lab.run(["evict", "job", "--place", "1", "--yes"]);
    assertEquals(code, 0);
    assertMatch(stderr, /Evicted beta \(token \d+\) from "job"; it queues again at the end\n$/);
    for (let queue = ["beta"]; queue.join() !== "alpha,gamma,beta";) queue = await queueOf(lab);
    assertStringIncludes((await lab.run(["evict", "job", "--place", "7", "--yes"])).stderr, "no request is at place 7");
  }));

Deno.test("natslock evict asks which of several holders, and takes its token", () =>
  withQueues(async (lab) => {
    const alpha = await holdQueued(lab, "alpha", "job", "--shared");
    await holdQueued(lab, "beta", "job", "--shared");
    const { code, stderr } = await lab.run(["evict", "job", "--yes"]);
    assertEquals(code, 64);
    assertStringIncludes(stderr, 'Cannot evict the holder of "job": 2 hold it; choose one with --place or --if-token');
    const [first = ""] = (await lab.run(["status", "job", "--json"])).stdout.split("\n");
    const { token } = JSON.parse(first) as { token: number };
    assertEquals((await lab.run(["evict", "job", "--if-token", `${token}`, "--yes"])).code, 0);
    assertEquals((await alpha.finished()).code, 124);
    const wrong = await lab.run(["evict", "job", "--if-token", `${token}`, "--yes"]);
    assertEquals(wrong.code, 75);
    assertMatch(wrong.stderr, /Cannot evict beta from "job": its token is \d+, not \d+; nothing was changed/);
  }));

Deno.test("natslock evict says so if nobody asks for the lock, and if nobody holds it", () =>
  withQueues(async ({ run }) => {
    const { code, stderr } = await run(["evict", "job", "--yes"]);
    assertEquals([code, stderr], [0, 'natslock: Nothing to do: "job" is free\n']);
  }));

Deno.test("natslock evict never removes another request than the one it showed", () =>
  withQueues(async (lab) => {
    const alpha = await holdQueued(lab, "alpha", "job");
    await using terminal = new Terminal("natslock evict job; echo code $?", lab.env);
    const text = await terminal.shows(/Evict it\?/);
    assertMatch(text, /alpha holds "job" \(place 0, token \d+, requested \d+s ago\)/);
    assertMatch(text, /It is told at once, or notices within 15s; until then two holders may be active/);
    alpha.signal("SIGTERM");
    await alpha.finished();
    await holdQueued(lab, "beta", "job");
    terminal.type("y\r");
    await terminal.ended();
    assertMatch(terminal.text, /Nothing to do: alpha left "job" meanwhile\ncode 0\n/);
    assertEquals(await queueOf(lab), ["beta"]);
  }));
