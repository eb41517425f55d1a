import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { type CliLab, type Running, withLocks } from "../helpers/cli.ts";
import { timed } from "../helpers/measure.ts";
import { Terminal } from "../helpers/terminal.ts";

const AWAY = /Cannot reach NATS: .*; still (.*), retrying\n/;
const BACK = /NATS is reachable again; still (.*)\n/;

/** Longest time until a line about NATS must be there, in milliseconds: two seconds, and what a busy machine adds. */
const LONGEST = 2000 + 1000;

/** How NATS goes away and comes back. */
const OUTAGES: Readonly<
  Record<string, { down(lab: CliLab): void | Promise<void>; up(lab: CliLab): void | Promise<void> }>
> = {
  "is killed": { down: ({ server }) => server.kill(), up: ({ server }) => server.restart() },
  "does not answer": { down: ({ server }) => server.pause(), up: ({ server }) => server.resume() },
};

/** Starts what is to notice the outage, and resolves to it and to what it says that it is doing. */
const WAYS: Readonly<Record<string, (lab: CliLab) => Promise<readonly [Running, RegExp]>>> = {
  "natslock run that holds": async ({ start }) => {
    const running = start(["run", "job", "sh", "-c", "echo ready; exec sleep 50"]);
    await running.says(/ready/);
    return [running, /^holding "job" for another /];
  },
  "natslock run that waits": async ({ start }) => {
    await start(["hold", "job"]).says(/Holding/);
    const running = start(["run", "job", "true"]);
    await running.says(/Waiting/);
    return [running, /^waiting for "job"/];
  },
  "natslock hold": async ({ start }) => {
    const running = start(["hold", "job"]);
    await running.says(/Holding/);
    return [running, /^holding "job" for another /];
  },
};

for (const [way, begin] of Object.entries(WAYS)) {
  for (const [what, { down, up }] of Object.entries(OUTAGES)) {
    Deno.test(`${way} says within 2 s that a server ${what}, and when it is back`, () =>
      withLocks(async (lab) => {
        const [running, doing] = await begin(lab);
        await down(lab);
        try {
          assertLess(await timed(() => running.says(AWAY)), LONGEST);
          assertMatch(AWAY.exec(await running.says(AWAY))?.[1] ?? "", doing);
        } finally {
          await up(lab);
        }
        assertLess(await timed(() => running.says(BACK)), LONGEST);
        running.signal("SIGTERM");
        assertEquals((await running.finished()).stderr.match(/Cannot reach NATS/g)?.length, 1);
      }, 60_000));
  }
}

Deno.test("natslock run says on a terminal, without -v, that renewals fail, that the lease is at risk, and what is lost", () =>
  withLocks(async ({ env, server }) => {
    await using terminal = new Terminal("natslock run job -c 'echo ready; exec sleep 50'; echo code $?", env);
    await terminal.shows(/ready/);
    server.pause();
    try {
      await terminal.shows(/Cannot reach NATS: no answer for 1s; still holding "job"/);
      await terminal.shows(/Could not renew the lease of "job": .*; retrying, \S+s left\n/);
      await terminal.shows(/Cannot renew the lease of "job"; it ends in \S+s\n/);
      await terminal.shows(/Lost "job" \(deadline\): sending TERM, then KILL in \S+s\n/);
    } finally {
      server.resume();
    }
    await terminal.shows(/code 124/);
  }, 4000));
