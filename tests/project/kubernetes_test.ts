import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { NatsServer } from "../../tools/nats/server.ts";
import { leaseTiming } from "../../src/lease/timing.ts";
import { eventually } from "../helpers/measure.ts";
import { type Example, start } from "./example.ts";

/** So long that no event in these tests can come from the end of a lease. */
const LONG_LEASE = 60_000;

interface Answer {
  readonly status: number;
  readonly isLeader: boolean;
  readonly token: number | null;
  readonly leader: string | undefined;
}

/** Asks an instance "are you the leader". */
async function ask(instance: Example): Promise<Answer> {
  await instance.line(/ listens on /);
  const port = /"port":(\d+)/.exec(instance.lines.join("\n"))?.[1];
  const response = await fetch(`http://127.0.0.1:${port}/leader`);
  return { status: response.status, ...await response.json() };
}

Deno.test("examples/kubernetes/leader.ts: only the leader answers 200, and SIGTERM hands over at once", async () => {
  await using server = await NatsServer.start();
  const env = { TTL_MS: String(LONG_LEASE), PORT: "0" };
  await using red = start("kubernetes/leader", server, { ...env, NAME: "red" });
  const token = await red.line(/^red leads, /);
  await using green = start("kubernetes/leader", server, { ...env, NAME: "green" });
  await eventually("green knows its leader", async () => (await ask(green)).leader === "red");
  assertEquals(await ask(green), { status: 503, isLeader: false, token: null, leader: "red" });
  await eventually("red knows its leader", async () => (await ask(red)).leader === "red");
  assertEquals(await ask(red), { status: 200, isLeader: true, token, leader: "red" });
  await red.end("SIGTERM");
  const later = await green.line(/^green leads, /);
  assertGreater(later, token);
  const { status, isLeader } = await ask(green);
  assertEquals({ status, isLeader }, { status: 200, isLeader: true });
  await green.end("SIGTERM");
});

Deno.test("examples/kubernetes/leader.yaml: the grace period covers preStop and the longest close", async () => {
  const yaml = await Deno.readTextFile(new URL("../../examples/kubernetes/leader.yaml", import.meta.url));
  const number = (pattern: RegExp): number => {
    const found = pattern.exec(yaml)?.[1];
    assert(found !== undefined, String(pattern));
    return Number(found);
  };
  const grace = number(/terminationGracePeriodSeconds: (\d+)/) * 1000;
  const preStop = number(/sleep: \{ seconds: (\d+) \}/) * 1000;
  const { ttl, margin, requestTimeout } = leaseTiming(number(/TTL_MS, value: "(\d+)"/));
  const longest = preStop + (ttl - margin) + 3 * requestTimeout + 2000;
  assertLess(longest, grace);
  assertEquals(number(/= ([\d.]+) s$/m) * 1000, longest);
});
