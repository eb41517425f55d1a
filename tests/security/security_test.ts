import {
  type Authenticator,
  credsAuthenticator,
  jwtAuthenticator,
  nkeyAuthenticator,
  wsconnect,
  type WsConnectionOptions,
} from "@nats-io/nats-core";
import { createUser } from "@nats-io/nkeys";
import { assertEquals, assertGreater, assertMatch } from "@std/assert";
import { Locker } from "@x/natslock";
import { NatsServer, type NatsServerOptions } from "../../tools/nats/server.ts";
import { connectionError } from "../helpers/errors.ts";
import { Following } from "./following.ts";
import { makeOperator, type Operator } from "../helpers/operator.ts";
import { withTls } from "./tls.ts";

const TTL = 60_000;
const KEY = "jobs.leader";

interface Way {
  readonly what: string;
  readonly server: NatsServerOptions;
  /** How both candidates connect. */
  readonly good: WsConnectionOptions;
  /** Credentials that are refused. */
  readonly bad: WsConnectionOptions;
}

const settings = (servers: string, connection: WsConnectionOptions, key = KEY) => {
  return { servers, bucket: "locks", ttl: TTL, key, connection };
};

/** Connects two candidates. One is elected; after it has closed, the other is, with a higher token. */
async function elects(url: string, connection: WsConnectionOptions): Promise<void> {
  await using first = await Locker.open(settings(url, connection));
  await using second = await Locker.open(settings(url, connection));
  assertEquals([await first.acquireLead(), await second.acquireLead()], [true, false]);
  const { token } = first;
  await first.close();
  assertEquals(await second.acquireLead(), true);
  assertGreater(second.token, token ?? Infinity);
}

/** Asserts that the server refuses a connection, and that the error says why. */
async function isRefused(url: string, connection: WsConnectionOptions): Promise<void> {
  const error = await connectionError(Locker.open(settings(url, connection)));
  assertEquals([error.why, error.transient], ["denied", false]);
  assertMatch(error.message, /^Cannot connect to wss?:.*: the server refuses this user, token, key or JWT/);
}

const nkey = createUser();
const by = (authenticator: Authenticator): WsConnectionOptions => ({ authenticator });

const WAYS: readonly Way[] = [
  {
    what: "user and password",
    server: { config: `authorization { users: [ { user: jobs, password: "right" } ] }` },
    good: { user: "jobs", pass: "right" },
    bad: { user: "jobs", pass: "wrong" },
  },
  {
    what: "a token",
    server: { config: `authorization { token: "right" }` },
    good: { token: "right" },
    bad: { token: "wrong" },
  },
  {
    what: "an nkey",
    server: { config: `authorization { users: [ { nkey: ${nkey.getPublicKey()} } ] }` },
    good: by(nkeyAuthenticator(nkey.getSeed())),
    bad: by(nkeyAuthenticator(createUser().getSeed())),
  },
];

for (const { what, server: options, good, bad } of WAYS) {
  Deno.test(`Two candidates that connect with ${what} elect one, and wrong credentials are refused`, async () => {
    await using server = await NatsServer.start(options);
    await isRefused(server.url, bad);
    await elects(server.url, good);
  });
}

Deno.test("Two candidates that connect over TLS elect one, and an untrusted certificate is reported", () =>
  withTls(async ({ url, trusting }) => {
    const error = await connectionError(Locker.open(settings(url, {})));
    assertEquals([error.why, error.transient], ["unavailable", true]);
    assertMatch(error.message, /^Cannot connect to wss:.*: no server could be reached: .*certificate/);
    await elects(url, trusting);
  }));

/** Starts a server of an operator, whose bucket an admin has created. */
async function operated({ config, user }: Operator, websocket = "no_tls: true"): Promise<NatsServer> {
  const server = await NatsServer.start({ config, websocket });
  try {
    const { creds } = await user("admin.conf");
    const making = settings(server.url, { ...by(credsAuthenticator(creds)), inboxPrefix: "_INBOX_admin" });
    await (await Locker.open({ ...making, rollups: false })).close();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

Deno.test("Two candidates with JWTs of an account elect one; a JWT of another operator and an expired one are refused", async () => {
  const [operator, strange] = [await makeOperator(), await makeOperator()];
  await using server = await operated(operator);
  const stranger = await strange.user("candidate.conf");
  await isRefused(server.url, by(jwtAuthenticator(stranger.jwt, stranger.seed)));
  const old = await operator.user("candidate.conf", { seconds: -60 });
  await isRefused(server.url, by(jwtAuthenticator(old.jwt, old.seed)));
  const { jwt, seed } = await operator.user("candidate.conf");
  await elects(server.url, { ...by(jwtAuthenticator(jwt, seed)), inboxPrefix: "_INBOX_jobs" });
});

Deno.test("A lease outlives its candidate's JWT if the authenticator returns a new one", async () => {
  const operator = await makeOperator();
  await using server = await operated(operator);
  let { creds } = await operator.user("candidate.conf", { seconds: 2 });
  const next = await operator.user("candidate.conf");
  const authenticator = credsAuthenticator(() => creds);
  const nc = await wsconnect({ servers: server.url, authenticator, inboxPrefix: "_INBOX_jobs", reconnectTimeWait: 50 });
  try {
    await using locker = await Locker.open({ nc, bucket: "locks", ttl: TTL, key: KEY });
    const lease = await locker.acquire();
    for await (const { type } of nc.status()) {
      if (type === "disconnect") ({ creds } = next);
      if (type === "reconnect") break;
    }
    assertEquals([lease.held, (await locker.leader())?.token], [true, lease.token]);
    await lease.release();
  } finally {
    await nc.close();
  }
});

Deno.test("An observer follows the leader with a bearer JWT in a cookie, from an allowed origin", async () => {
  const operator = await makeOperator();
  const origin = "http://dashboard.test";
  await using server = await operated(operator, `no_tls: true, jwt_cookie: "session", allowed_origins: ["${origin}"]`);
  const [{ jwt, seed }, { jwt: bearer }] = [
    await operator.user("candidate.conf"),
    await operator.user("observer.conf", { bearer: true }),
  ];
  const as = { ...by(jwtAuthenticator(jwt, seed)), inboxPrefix: "_INBOX_jobs" };
  await using candidate = await Locker.open(settings(server.url, as));
  // A browser sends these headers by itself.
  const from = (where: string): WsConnectionOptions => {
    const headers = { Cookie: `session=${bearer}`, Origin: where };
    const wsFactory = (url: string) => Promise.resolve({ socket: new WebSocket(url, { headers }), encrypted: false });
    return { wsFactory, inboxPrefix: "_INBOX_observer" };
  };
  assertEquals((await connectionError(Locker.open(settings(server.url, from("http://evil.test"))))).why, "unavailable");
  await using observer = await Locker.open(settings(server.url, from(origin)));
  await using seen = new Following(observer);
  assertEquals(await seen.next(), null);
  const lease = await candidate.acquire();
  assertEquals((await seen.next())?.token, lease.token);
  await lease.release();
});
