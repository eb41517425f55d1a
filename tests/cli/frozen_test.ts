import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { type CliLab, type Finished, Running, withCli } from "../helpers/cli.ts";
import { timed } from "../helpers/measure.ts";

/** Longest time that natslock may take to end when it only waits for a frozen server, in milliseconds. */
const LONGEST_END = 8000;

/** Exits with 7 on TERM. Ends by itself after 20 s, in case that natslock does not send TERM. */
const PATIENT = 'trap "exit 7" TERM; echo ready; for i in $(seq 1000); do sleep 0.02; done';

/** Returns how a process ended. Rejects if that took longer than `LONGEST_END`. */
async function endOf(running: Running): Promise<Finished> {
  let finished: Finished | undefined;
  assertLess(await timed(async () => finished = await running.finished()), LONGEST_END);
  return finished ?? { code: -1, stdout: "", stderr: "" };
}

/**
 * Runs a test body with a server that `freeze` stops with SIGSTOP. The server continues at the end. Leases are long, so
 * request timeouts are long as well. Closing a websocket also waits for an answer of the server.
 */
function withFrozen(body: (lab: CliLab, freeze: () => void) => Promise<void>): Promise<void> {
  return withCli(async (lab) => {
    await lab.run(["bucket", "create", "--ttl", "2m"]);
    try {
      const env = { NATS_URL: lab.server.url };
      await body({ ...lab, start: (args) => lab.start(args, { env }) }, () => lab.server.pause());
    } finally {
      lab.server.resume();
    }
  });
}

for (const way of [[], ["--try"], ["--keep-trying"]]) {
  const natslock = ["natslock run", ...way].join(" ");
  Deno.test(`${natslock} ends with the exit code of the command even if the server is frozen`, () =>
    withFrozen(async ({ start }, freeze) => {
      const running = start(["run", ...way, "job", "--", "bash", "-c", PATIENT]);
      await running.says(/ready/);
      freeze();
      running.signal("SIGTERM");
      const { code, stderr } = await endOf(running);
      assertEquals(code, 7, stderr);
      assertMatch(stderr, /natslock: Cannot release "job": .*; its lease expires by itself\n$/);
    }));
}

Deno.test("natslock run that waits for the lock ends on a signal even if the server is frozen", () =>
  withFrozen(async ({ start }, freeze) => {
    await start(["run", "job", "--", "bash", "-c", PATIENT]).says(/ready/);
    const waiter = start(["run", "job", "--", "echo", "ran"]);
    await waiter.says(/Waiting for "job"/);
    freeze();
    waiter.signal("SIGINT");
    const { code, stdout } = await endOf(waiter);
    assertEquals([code, stdout], [130, ""]);
  }));

Deno.test("natslock watch ends on a signal even if the server is frozen", () =>
  withFrozen(async ({ start }, freeze) => {
    await start(["run", "job", "--", "bash", "-c", PATIENT]).says(/ready/);
    const watching = start(["watch", "--json"]);
    await watching.says(/"state":"held"/);
    freeze();
    watching.signal("SIGINT");
    assertEquals((await endOf(watching)).code, 130);
  }));

/** Runs a test body with a server that greets its clients, then reads everything and answers nothing. */
async function withSilentServer(body: (url: string) => Promise<void>): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const client of listener) void greet(client).catch(() => {});
  })();
  await body(`nats://127.0.0.1:${listener.addr.port}`);
  listener.close();
  await serving;
}

async function greet(client: Deno.Conn): Promise<void> {
  const write = (text: string) => client.write(new TextEncoder().encode(text));
  await write(
    'INFO {"server_id":"silent","version":"2.12.0","max_payload":1048576,"headers":true,"jetstream":true}\r\n',
  );
  const lines = client.readable.pipeThrough(new TextDecoderStream());
  let isGreeted = false;
  for await (const text of lines) {
    if (!isGreeted && text.includes("PING\r\n")) isGreeted = await write("PONG\r\n") > 0;
  }
}

for (const args of [["status", "job"], ["run", "--try", "job", "--", "true"]]) {
  Deno.test(`natslock ${args.join(" ")} exits with 69 if the server greets and then answers nothing`, () =>
    withSilentServer(async (url) => {
      await using running = new Running(args, { env: { NATS_URL: url } });
      const { code, stderr } = await endOf(running);
      assertEquals(code, 69, stderr);
      assertMatch(stderr, /^natslock: .*\n$/);
    }));
}
