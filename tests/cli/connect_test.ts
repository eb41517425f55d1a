import { assertEquals, assertFalse, assertMatch } from "@std/assert";
import { nkeys } from "@nats-io/nats-core";
import { type CliLab, natslock, withCli } from "../helpers/cli.ts";
import { withContexts } from "../helpers/contexts.ts";
import { makeOperator } from "../helpers/operator.ts";
import { settingsOf } from "../../cli/src/settings.ts";

const PASSWORDS = 'authorization { user: ann, password: "s3cret%" }';

const ran = (lab: CliLab, args: readonly string[], env: Record<string, string> = {}) =>
  lab.run(["run", "--create", "job", ...args, "--", "echo", "ran"], { env });

Deno.test("natslock connects by TCP and by websocket, with the address from a flag or the environment", () =>
  withCli(async (lab) => {
    const { url, port } = lab.server;
    const other = { NATS_URL: "nats://127.0.0.1:1" };
    const ways = [["-s", `127.0.0.1:${port}`], ["--servers", `nats://127.0.0.1:1,127.0.0.1:${port}`], [
      "--server",
      url,
    ]];
    for (const flags of ways) {
      const { stdout, stderr } = await ran(lab, flags, other);
      assertEquals(stdout, "ran\n", `${flags}: ${stderr}`);
    }
    assertEquals((await ran(lab, [], { NATS_URL: url })).stdout, "ran\n");
  }));

Deno.test("natslock reads user and password from flags, environment, address and context", () =>
  withCli(async (lab) => {
    const address = `127.0.0.1:${lab.server.port}`;
    assertEquals((await ran(lab, ["--user", "ann", "--password", "s3cret%"])).stdout, "ran\n");
    assertEquals((await ran(lab, [], { NATS_USER: "ann", NATS_PASSWORD: "s3cret%" })).stdout, "ran\n");
    assertEquals((await ran(lab, [], { NATS_URL: `nats://ann:s3cret%25@${address}` })).stdout, "ran\n");
    const prod = { url: `nats://${address}`, user: "ann", password: "s3cret%" };
    await withContexts({ prod, wrong: { ...prod, password: "no" } }, async (home) => {
      const env = { XDG_CONFIG_HOME: home, NATS_URL: "" };
      assertEquals((await ran(lab, ["--context", "prod"], env)).stdout, "ran\n");
      assertEquals((await ran(lab, [], { ...env, NATS_CONTEXT: "prod" })).stdout, "ran\n");
      await Deno.writeTextFile(`${home}/nats/context.txt`, "prod\n");
      assertEquals((await ran(lab, [], env)).stdout, "ran\n");
      assertEquals((await ran(lab, ["--context", "wrong"], env)).code, 77);
    });
  }, PASSWORDS));

Deno.test("natslock exits with 77 if the server refuses the user, and never prints a password", () =>
  withCli(async (lab) => {
    const { code, stdout, stderr } = await ran(lab, ["-s", `nats://ann:hushhush@127.0.0.1:${lab.server.port}`]);
    assertEquals([code, stdout], [77, ""]);
    assertMatch(stderr, /the server refuses this user.*; check --user, --creds or --nkey/);
    assertFalse(stderr.includes("hushhush"));
  }, PASSWORDS));

Deno.test("natslock accepts a token in --token, or in --user without a password", () =>
  withCli(async (lab) => {
    assertEquals((await ran(lab, ["--token", "t0ken"])).stdout, "ran\n");
    assertEquals((await ran(lab, ["--user", "t0ken"])).stdout, "ran\n");
  }, 'authorization { token: "t0ken" }'));

const user = nkeys.createUser();

Deno.test("natslock reads an nkey seed from a file", () =>
  withCli(async (lab) => {
    const file = await Deno.makeTempFile({ prefix: "natslock-", suffix: ".nk" });
    try {
      await Deno.writeTextFile(file, `# a comment\n${new TextDecoder().decode(user.getSeed())}\n`);
      assertEquals((await ran(lab, ["--nkey", file])).stdout, "ran\n");
      assertEquals((await ran(lab, [], { NATS_NKEY: file })).stdout, "ran\n");
    } finally {
      await Deno.remove(file);
    }
  }, `authorization { users: [{ nkey: ${user.getPublicKey()} }] }`));

Deno.test("natslock works with a credentials file, an inbox prefix and the least permissions of an admin and a candidate", async () => {
  const operator = await makeOperator();
  const folder = await Deno.makeTempDir({ prefix: "natslock-creds-" });
  try {
    await withCli(async (lab) => {
      const as = async (role: string, ...args: string[]) => {
        const file = `${folder}/${role}.creds`;
        await Deno.writeFile(file, (await operator.user(`${role}.conf`)).creds);
        const env = { NATS_CREDS: file, NATS_INBOX_PREFIX: role === "admin" ? "_INBOX_admin" : "_INBOX_jobs" };
        return await lab.run(args, { env });
      };
      const made = await as("admin", "bucket", "create", "locks", "--ttl", "10s");
      assertEquals(made.code, 0, made.stderr);
      const { stdout, stderr } = await as("candidate", "run", "jobs.a", "--", "echo", "ran");
      assertEquals(stdout, "ran\n", stderr);
      assertEquals((await as("candidate", "run", "other.a", "--", "echo", "ran")).code, 77);
    }, operator.config);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("natslock exits with 64 and names the file or context that cannot be used", () =>
  withContexts({ proxied: { url: "nats://x", socks_proxy: "y" }, broken: {} }, async (home) => {
    await Deno.writeTextFile(`${home}/nats/context/broken.json`, "{");
    const env = { XDG_CONFIG_HOME: home };
    const said = async (...args: string[]) => {
      const { code, stderr } = await natslock(["ls", ...args], { env });
      assertEquals(code, 64, stderr);
      return stderr;
    };
    assertMatch(await said("--creds", "/nope"), /Cannot read the file "\/nope" of --creds; check/);
    assertMatch(
      await said("--context", "nope"),
      /Cannot use context "nope": it cannot be read .*; see "nats context ls"/,
    );
    assertMatch(await said("--context", "broken"), /it is not JSON/);
    assertMatch(await said("--context", "proxied"), /it sets "socks_proxy", which natslock does not support/);
    assertMatch(await said("-s", "nats://a,ws://b"), /Cannot use websocket and TCP addresses together/);
  }));

Deno.test("settingsOf prefers flags to the address, and the address to the context", () =>
  withContexts({ prod: { url: "nats://h", creds: "/nope", ca: "~/ca.pem", tls_first: true } }, (home) => {
    const env = { XDG_CONFIG_HOME: home };
    const flags = { bucket: "locks", context: "prod" };
    const byFlag = settingsOf({ ...flags, servers: "tls://a:b@h:4443", user: "ann", password: "p" }, env);
    assertEquals([byFlag.way, byFlag.servers], ["tcp", ["tls://h:4443"]]);
    assertEquals([byFlag.options.user, byFlag.options.pass], ["ann", "p"]);
    assertEquals(byFlag.options.tls, { caFile: `${Deno.env.get("HOME")}/ca.pem`, handshakeFirst: true });
    const byAddress = settingsOf({ ...flags, servers: "wss://a:b@h/path" }, env);
    assertEquals([byAddress.way, byAddress.servers, byAddress.options.user], ["websocket", ["wss://h/path"], "a"]);
    return Promise.resolve();
  }));
