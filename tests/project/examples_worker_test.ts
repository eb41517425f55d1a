import { assertEquals, assertGreater, assertMatch } from "@std/assert";
import { NatsServer } from "../../tools/nats/server.ts";
import { Example, start } from "./example.ts";

/** So long that no event in these tests can come from the end of a lease. */
const LONG_LEASE = "60000";
const SHORT_LEASE = "1500";

Deno.test("examples/worker: the worker leads and works, and a stop hands over immediately with code 0", async () => {
  await using server = await NatsServer.start();
  await using red = start("worker/main", server, { NAME: "red", TTL_MS: LONG_LEASE });
  const first = await red.line(/^red leads, token \d+$/);
  await using green = start("worker/main", server, { NAME: "green", TTL_MS: LONG_LEASE });
  await Promise.all([green.line(/^green follows$/), red.line(/^red has done step 2, /)]);
  assertMatch((await red.end("SIGTERM")).at(-1) ?? "", /^red stands down, token \d+: LeaseReleasedError: /);
  assertGreater(await green.line(/^green leads, /), first);
  assertMatch((await green.end("SIGINT")).at(-1) ?? "", /^green stands down, /);
});

Deno.test("examples/worker: another leads with a higher token after the leader was killed", async () => {
  await using server = await NatsServer.start();
  await using red = start("worker/main", server, { NAME: "red", TTL_MS: SHORT_LEASE });
  const first = await red.line(/^red leads, /);
  await using green = start("worker/main", server, { NAME: "green", TTL_MS: SHORT_LEASE });
  await green.line(/^green follows$/);
  red.kill("SIGKILL");
  assertGreater(await green.line(/^green leads, /), first);
  await green.end("SIGTERM");
});

Deno.test("examples/worker: reports an unreachable server and exits with code 1", async () => {
  await using red = new Example("worker/main", { NAME: "red", NATS_URL: "ws://127.0.0.1:1" });
  await red.line(/^red failed: Cannot connect to ws:\/\/127\.0\.0\.1:1: /);
  assertEquals(await red.code(), 1);
});
