import { assertEquals, assertGreater, assertMatch } from "@std/assert";
import { Outage } from "../../cli/src/outage.ts";
import { Signals } from "../../cli/src/signals.ts";
import { Tenure } from "../../cli/src/tenure.ts";
import { ConnectionError } from "../../src/base/errors.ts";
import type { LockEvent } from "../../src/lease/events.ts";
import { ManualClock } from "../../src/memory/manual_clock.ts";
import { withCli, withLocks } from "../helpers/cli.ts";

const error = new ConnectionError("timeout", 'Cannot read key "job": no answer in time');
const about = { key: "job", id: crypto.randomUUID() };
const hold = { ...about, token: 1, age: 0 };

/** Returns the lines that a Tenure prints for some events of one candidate. */
function saidOf(...events: readonly LockEvent[]): string[] {
  const clock = new ManualClock();
  const signals = new Signals(clock);
  signals[Symbol.dispose]();
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  const tenure = new Tenure({ key: "job", command: ["true"], grace: 0, clock, signals, quiet: true, say });
  for (const event of events) tenure.hear(event);
  return lines;
}

const DOWN = `Cannot reach NATS: ${error.message}; still `;

Deno.test("Tenure reports once that NATS cannot be reached while it waits, and once that it is reachable again", () => {
  const [waiting, retrying, recovered] = [
    { type: "waiting", holder: "", ...about },
    { type: "retrying", error, ...about },
    { type: "recovered", ...about },
  ] as const;
  const lines = saidOf(waiting, retrying, retrying, recovered, recovered);
  assertEquals(lines, [`${DOWN}waiting for "job", retrying`, 'NATS is reachable again; still waiting for "job"']);
  assertEquals(saidOf(retrying), [`${DOWN}trying to take "job", retrying`]);
  assertEquals(saidOf(waiting, retrying, recovered, retrying).length, 3);
});

Deno.test("Tenure reports that NATS is reachable again when the lock is granted", () => {
  const lines = saidOf({ type: "retrying", error, ...about }, { type: "acquired", ...hold });
  assertMatch(lines[1] ?? "", /^NATS is reachable again/);
});

Deno.test("Tenure reports once per streak that a renewal failed and that the lease is at risk", () => {
  const renewed = { type: "renewed", remaining: 9000, ...hold } as const;
  const failed = { type: "renewal_failed", remaining: 6000, error, ...hold } as const;
  const atRisk = { type: "at_risk", remaining: 4000, ...hold } as const;
  const streak = [
    `Could not renew the lease of "job": ${error.message}; retrying, 6s left`,
    'Cannot renew the lease of "job"; it ends in 4s',
  ];
  const lines = saidOf({ type: "acquired", ...hold }, failed, failed, atRisk, failed, renewed, failed, atRisk);
  assertEquals(lines, [...streak, ...streak]);
});

Deno.test("Tenure reports once what a failed release may leave behind, depending on whether the lock was ever held", () => {
  const failed = { type: "release_failed", error, ...about } as const;
  const renewed = { type: "renewed", remaining: 9000, ...hold } as const;
  const left = "any such record expires by itself";
  assertEquals(saidOf(failed, failed), [
    `Cannot check for a leftover record of "job": ${error.message}; ${left}`,
  ]);
  const [line] = saidOf({ type: "acquired", ...hold }, renewed, failed);
  assertEquals(line, `Cannot release "job": ${error.message}; its lease expires by itself`);
});

Deno.test("Outage prints one line however many keys fail, and one line when the last of them works again", () => {
  const lines: string[] = [];
  const outage = new Outage({ meanwhile: () => "watching", say: (line) => void lines.push(line) });
  for (const key of ["a", "b", "c"]) outage.hear({ type: "retrying", error, ...about, key });
  outage.hear({ type: "recovered", ...about, key: "a" });
  outage.hear({ type: "observed", leader: null, ...about, key: "b" });
  assertEquals(lines, [`${DOWN}watching, retrying`]);
  outage.hear({ type: "recovered", ...about, key: "c" });
  assertEquals(lines.slice(1), ["NATS is reachable again; still watching"]);
});

Deno.test("Outage reports changed bucket settings once, however many candidates notice, and what is wrong with them", () => {
  const lines: string[] = [];
  const outage = new Outage({ meanwhile: () => "", say: (line) => void lines.push(line) });
  const toTwo = { max_msgs_per_subject: { before: 1, after: 2 } };
  for (const key of ["a", "b"]) outage.hear({ type: "bucket_changed", ...about, key, changes: toTwo, error });
  const back = { max_msgs_per_subject: { before: 2, after: 1 } };
  outage.hear({ type: "bucket_changed", ...about, changes: back, error: null });
  const said = (change: string) => `The bucket settings have changed: max_msgs_per_subject ${change}`;
  assertEquals(lines, [said("1 -> 2"), error.message, said("2 -> 1")]);
});

const AWAY = /Cannot reach NATS: .*; still (.*), retrying/;
const BACK = /NATS is reachable again; still (.*)/;

for (
  const [what, args, doing] of [
    ["run that waits", ["run", "job", "--", "echo", "ran"], 'waiting for "job"'],
    ["run that holds", ["run", "other", "--", "sh", "-c", "echo Waiting; sleep 50"], 'holding "other" for another'],
    ["watch --json", ["watch", "--json"], 'watching bucket "locks"'],
  ] as const
) {
  Deno.test(`natslock ${what} prints one line when the server is down, and one when it is back`, () =>
    withLocks(async ({ start, server }) => {
      await start(["run", "job", "--", "sh", "-c", "echo held; sleep 50"]).says(/held/);
      const running = start(args);
      await running.says(/Waiting|"state":"held"/);
      await server.kill();
      const [, meanwhile = ""] = AWAY.exec(await running.says(AWAY)) ?? [];
      assertGreater(meanwhile.length, doing.length - 1);
      assertEquals(meanwhile.slice(0, doing.length), doing);
      await server.restart();
      await running.says(BACK);
      running.signal("SIGTERM");
      const { stderr } = await running.finished();
      assertEquals(stderr.match(/Cannot reach NATS/g)?.length, 1, stderr);
      assertEquals(stderr.match(/NATS is reachable again/g)?.length, 1, stderr);
    }));
}

Deno.test("natslock watch reports that the server is down even if the bucket has no lock", () =>
  withCli(async ({ start, run, server }) => {
    await run(["bucket", "create"]);
    const watching = start(["watch"]);
    await watching.says(/TIME/);
    await server.kill();
    await watching.says(AWAY);
    await server.restart();
    await watching.says(BACK);
  }));
