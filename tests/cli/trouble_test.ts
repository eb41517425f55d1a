import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { jetstreamManager } from "@nats-io/jetstream";
import { wsconnect } from "@nats-io/nats-core";
import { endOf } from "../../cli/src/end_of.ts";
import { AcquireTimeoutError, ConnectionError } from "../../src/base/errors.ts";
import { type CliLab, type Finished, withCli } from "../helpers/cli.ts";
import { timed } from "../helpers/measure.ts";

const ended = (error: unknown) => {
  const { exitCode, message, next } = endOf(error);
  return [exitCode, message, next];
};

Deno.test("endOf adds no next step to a refusal whose message already has one", () => {
  const full = 'Cannot write key "other": bucket "locks" is full; raise its max_bytes';
  const cause = Object.assign(new Error("maximum bytes exceeded"), { name: "JetStreamApiError", code: 10077 });
  assertEquals(ended(new ConnectionError("refused", full, { cause })), [69, full, ""]);
  assertEquals(ended(new ConnectionError("refused", full, { cause: new Error("", { cause }) })), [69, full, ""]);
  const odd = 'Cannot write key "other": the server answered "no" (10999)';
  assertEquals(ended(new ConnectionError("refused", odd)), [69, odd, "see the server log"]);
});

Deno.test("endOf reports the error behind a timeout, and its next step", () => {
  const message = 'Cannot take key "job" within 3000 ms';
  const who = 'see who holds it with "natslock status"';
  assertEquals(ended(new AcquireTimeoutError(message)), [75, message, who]);
  const cause = new ConnectionError("timeout", 'Cannot read key "job": no answer in time');
  const [code, said, next] = ended(new AcquireTimeoutError(message, { cause }));
  assertEquals([code, said], [75, `${message}: ${cause.message}`]);
  assertEquals(next, endOf(cause).next);
});

/** Creates a bucket that has no room for a record. */
async function makeFull({ server, run }: CliLab): Promise<void> {
  await run(["bucket", "create"]);
  const nc = await wsconnect({ servers: server.url });
  const { streams } = await jetstreamManager(nc);
  await streams.update("KV_locks", { max_bytes: 60 });
  await nc.close();
}

for (const way of [[], ["--try"], ["--keep-trying"], ["--timeout", "5s"]]) {
  Deno.test(`${["natslock run", ...way].join(" ")} reports which limit of a full bucket was reached, and exits`, () =>
    withCli(async (lab) => {
      await makeFull(lab);
      let finished: Finished = { code: -1, stdout: "", stderr: "" };
      const running = lab.start(["run", ...way, "other", "--", "echo", "ran"]);
      const limit = setTimeout(() => running.signal("SIGKILL"), 10_000);
      assertLess(await timed(async () => finished = await running.finished()), 8000);
      clearTimeout(limit);
      const { code, stdout, stderr } = finished;
      assertEquals([code, stdout], [78, ""], stderr);
      assertMatch(
        stderr,
        /"max_bytes" must be at least \d+ to fit a record, current value is 60; see "natslock bucket check locks"/,
      );
    }));
}

Deno.test("natslock run that waits reports that a server does not answer before the client closes the connection", () =>
  withCli(async ({ start, run, server }) => {
    await run(["bucket", "create", "--ttl", "2s"]);
    await start(["run", "job", "--", "sh", "-c", "echo held; exec sleep 30"]).says(/held/);
    const waiter = start(["run", "job", "--", "echo", "ran"]);
    await waiter.says(/Waiting for "job"/);
    server.pause();
    try {
      assertLess(await timed(() => waiter.says(/Cannot reach NATS: .*; still waiting for "job", retrying/)), 8000);
      server.resume();
      await waiter.says(/NATS is reachable again; still/);
    } finally {
      server.resume();
    }
  }));
