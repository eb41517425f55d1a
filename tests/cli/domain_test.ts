import { assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { settingsOf } from "../../cli/src/settings.ts";
import { freePorts } from "../../tools/nats/ports.ts";
import { NatsServer } from "../../tools/nats/server.ts";
import { type Finished, natslock, Running, until, withCli } from "../helpers/cli.ts";
import { withContexts } from "../helpers/contexts.ts";
import { PASSWORDS, permissionFiles } from "../helpers/roles.ts";

type Run = (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Finished>;

/** Runs a test body with a hub and a leaf node, each with a JetStream domain. `run` is connected to the leaf node. */
async function withDomains(body: (run: Run, leaf: NatsServer) => Promise<void>): Promise<void> {
  const [port = 0] = freePorts(1);
  const listen = `leafnodes { listen: "127.0.0.1:${port}" }`;
  await using _hub = await NatsServer.start({ name: "hub", jetstream: "domain: hub", config: listen });
  const remote = `leafnodes { remotes: [{ url: "nats-leaf://127.0.0.1:${port}" }] }`;
  await using leaf = await NatsServer.start({ name: "leaf", jetstream: "domain: leaf", config: remote });
  await until(async () => (await leaf.monitor("leafz") as { leafs?: unknown[] }).leafs?.length === 1, "the leaf node");
  const servers = { NATS_URL: `nats://127.0.0.1:${leaf.port}` };
  await body((args, env = {}) => natslock(args, { env: { ...servers, ...env } }), leaf);
}

const HUB = ["--js-domain", "hub"];

Deno.test("natslock --js-domain uses the JetStream of another domain in every command", () =>
  withDomains(async (run, { port }) => {
    const made = await run(["bucket", "create", ...HUB]);
    assertEquals(made.code, 0, made.stderr);
    assertEquals((await run(["ls"])).code, 78);
    const env = { NATS_URL: `nats://127.0.0.1:${port}` };
    await using holder = new Running(["run", ...HUB, "job", "--", "sh", "-c", "echo held; sleep 60"], { env });
    await holder.says(/held/);
    for (const args of [["ls"], ["status", "job"]]) {
      assertMatch((await run([...args, ...HUB, "--json"])).stdout, /"key":"job","state":"held"/);
    }
    await using watching = new Running(["watch", ...HUB, "--json"], { env });
    await watching.says(/"key":"job","state":"held"/);
    assertEquals((await run(["bucket", "check", ...HUB])).code, 0);
    assertEquals((await run(["evict", "job", "--yes", ...HUB])).code, 0);
    await watching.says(/"key":"job","state":"free"/);
  }));

Deno.test("natslock reads jetstream_domain and jetstream_api_prefix from a context, and a flag goes before both", () =>
  withDomains((run) =>
    withContexts({
      domain: { jetstream_domain: "hub" },
      prefix: { jetstream_api_prefix: "$JS.hub.API" },
      wrong: { jetstream_domain: "nowhere", jetstream_api_prefix: "JS.nowhere.API" },
    }, async (home) => {
      const env = { XDG_CONFIG_HOME: home };
      await run(["bucket", "create", ...HUB]);
      for (const context of ["domain", "prefix"]) {
        const { code, stderr } = await run(["ls", "--context", context], env);
        assertEquals(code, 0, `${context}: ${stderr}`);
      }
      assertEquals((await run(["ls", "--context", "wrong", ...HUB], env)).code, 0);
      assertEquals((await run(["ls", "--context", "wrong", "--js-api-prefix", "$JS.hub.API."], env)).code, 0);
      assertEquals((await run(["ls", "--context", "wrong"], env)).code, 69);
    })
  ));

Deno.test("natslock --js-api-prefix works with the rights of a tenant, whose account imports the API", async () => {
  const config = 'include "accounts.conf"';
  await using server = await NatsServer.start({ config, files: await permissionFiles(), env: PASSWORDS });
  const as = (user: string, ...args: string[]) => {
    const password = PASSWORDS[`${user.toUpperCase()}_PASSWORD`] ?? "";
    const env = { NATS_URL: `nats://127.0.0.1:${server.port}`, NATS_USER: user, NATS_PASSWORD: password };
    return natslock(args, { env: { ...env, NATS_INBOX_PREFIX: `_INBOX_${user}` } });
  };
  assertEquals((await as("admin", "bucket", "create")).code, 0);
  const { stdout, stderr } = await as("jobs", "run", "--js-api-prefix", "$JS.locks.API", "jobs.a", "--", "echo", "ran");
  assertEquals(stdout, "ran\n", stderr);
  assertEquals((await as("jobs", "status", "--js-api-prefix", "$JS.locks.API", "jobs.a")).stdout, "jobs.a  free\n");
});

Deno.test("natslock exits with 64 for a domain or prefix that cannot be in a subject", async () => {
  const said = async (...args: string[]) => {
    const { code, stderr } = await natslock(["ls", ...args]);
    assertEquals(code, 64, stderr);
    return stderr;
  };
  assertStringIncludes(await said("--js-domain", "a.b"), 'Cannot use --js-domain "a.b": must be one word without dots');
  assertStringIncludes(await said("--js-api-prefix", "JS.>"), 'Cannot use --js-api-prefix "JS.>": must be a subject');
  assertStringIncludes(await said("--js-api-prefix", "JS", ...HUB), "Cannot use --js-domain with --js-api-prefix");
});

Deno.test("natslock keeps the query of a websocket address, and never prints it", () =>
  withCli(async ({ server }) => {
    const asked: string[] = [];
    await using proxy = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      const { pathname, search } = new URL(request.url);
      asked.push(pathname + search);
      const { socket, response } = Deno.upgradeWebSocket(request);
      const backend = new WebSocket(server.url);
      backend.binaryType = "arraybuffer";
      socket.onmessage = ({ data }) => backend.send(data);
      backend.onmessage = ({ data }) => socket.send(data);
      socket.onclose = () => backend.close();
      return response;
    });
    const address = `ws://127.0.0.1:${proxy.addr.port}/nats?key=s3cret&region=eu`;
    const { code, stderr } = await natslock(["bucket", "create", "-s", address]);
    assertEquals([code, asked], [0, ["/nats?key=s3cret&region=eu"]], stderr);
    const refused = await natslock(["ls", "-s", "ws://127.0.0.1:1/?key=s3cret"]);
    assertEquals([refused.code, refused.stderr.includes("s3cret")], [69, false], refused.stderr);
  }));

Deno.test("natslock says soon that an address names a port of the other kind, and which address to use", () =>
  withCli(async ({ server: { port, wsPort } }) => {
    const wrong = [
      [`ws://127.0.0.1:${port}`, "NATS", `nats://127.0.0.1:${port}`],
      [`nats://127.0.0.1:${wsPort}`, "websocket", `ws://127.0.0.1:${wsPort}`],
    ];
    for (const [address = "", kind, instead] of wrong) {
      const start = performance.now();
      const { code, stderr } = await natslock(["ls", "-s", address]);
      assertLess(performance.now() - start, 4000);
      assertEquals([code, stderr], [
        69,
        `natslock: Cannot connect to ${address}: this looks like a ${kind} port; use ${instead}\n`,
      ]);
    }
  }));

Deno.test("settingsOf keeps path and query of an address, and drops user and password", () => {
  const { servers } = settingsOf({ bucket: "locks", servers: "wss://a:b@h/?x=1,wss://h/p?y=2" }, {
    XDG_CONFIG_HOME: "/nonexistent",
  });
  assertEquals(servers, ["wss://h/?x=1", "wss://h/p?y=2"]);
});
