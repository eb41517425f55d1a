import { assertEquals, assertLess, assertRejects, assertStringIncludes } from "@std/assert";
import { Locker, type OpenOptions } from "@x/natslock";
import { connectionError } from "../helpers/errors.ts";
import { elapse, eventually } from "../helpers/measure.ts";
import { withServer } from "../helpers/nats.ts";
import { Proxy } from "../helpers/proxy.ts";
import { type Silence, SilentServer } from "./silent_server.ts";
import { rejection, within } from "../runtimes/expect.ts";

const PLACE = { bucket: "locks", ttl: 3000 } as const;
/** Servers in the given order, with a short timeout. */
const SOON: OpenOptions["connection"] = { noRandomize: true, timeout: 500 };
/** Longest time for one address in ms: the timeout, the wait for the close, and some for a slow machine. */
const MOST = 500 + 1000 + 500;
const SILENCES: readonly Silence[] = ["accepts", "agrees", "greets"];
const GIVEN_UP = new Error("given up");

for (const silence of SILENCES) {
  Deno.test(`Locker.open() ends in time on a server that ${silence} and then stays silent`, async () => {
    await using server = new SilentServer(silence);
    const opening = Locker.open({ ...PLACE, servers: server.url, connection: SOON });
    const error = await within(MOST, "the end of open()", connectionError(opening));
    assertEquals([error.why, server.taken], ["timeout", 1]);
    assertStringIncludes(error.message, server.url);
  });

  Deno.test(`Locker.open() tries the next server if the first one ${silence} and then stays silent`, () =>
    withServer(async ({ server }) => {
      await using silent = new SilentServer(silence);
      const opening = Locker.open({ ...PLACE, servers: [silent.url, server.url], connection: SOON });
      await using locker = await within(MOST + 1000, "open()", opening);
      assertEquals(await locker.acquireLead(), true);
    }));

  Deno.test(`Locker.open() rejects at once when its signal aborts on a server that ${silence}, and tries no other`, async () => {
    await using first = new SilentServer(silence);
    await using second = new SilentServer(silence);
    const stop = new AbortController();
    const servers = [first.url, second.url];
    const opening = Locker.open({ ...PLACE, servers, connection: SOON, signal: stop.signal });
    opening.catch(() => {});
    await eventually("a connection", () => first.taken === 1);
    stop.abort(GIVEN_UP);
    assertEquals(await within(100, "the end of open()", rejection(opening)), GIVEN_UP);
    await elapse(MOST);
    assertEquals(second.taken, 0);
  });
}

Deno.test("Locker.open() with an aborted signal does not connect", async () => {
  await using server = new SilentServer("accepts");
  const opening = Locker.open({ ...PLACE, servers: server.url, connection: SOON, signal: AbortSignal.abort(GIVEN_UP) });
  assertEquals(await within(100, "the end of open()", rejection(opening)), GIVEN_UP);
  assertEquals(server.taken, 0);
});

Deno.test("Locker.open() closes a connection that opens after its signal has aborted", () =>
  withServer(async ({ server }) => {
    const stop = new AbortController();
    const sockets: WebSocket[] = [];
    const wsFactory = (url: string) => {
      sockets.push(new WebSocket(url));
      stop.abort(GIVEN_UP);
      return Promise.resolve({ socket: sockets[0] as WebSocket, encrypted: false });
    };
    const connection = { wsFactory };
    const opening = Locker.open({ ...PLACE, servers: server.url, connection, signal: stop.signal });
    assertEquals(await within(2000, "the end of open()", rejection(opening)), GIVEN_UP);
    await eventually("the socket to close", () => sockets[0]?.readyState === WebSocket.CLOSED);
  }));

Deno.test("Locker.open() on a connection of the user leaves it open when the signal aborts", () =>
  withServer(async ({ server, connect }) => {
    await using proxy = new Proxy(server.wsPort);
    const nc = await connect(proxy.url);
    proxy.forwardAnswers = false;
    const stop = new AbortController();
    const opening = Locker.open({ ...PLACE, nc, signal: stop.signal });
    stop.abort(GIVEN_UP);
    assertEquals(await within(100, "the end of open()", rejection(opening)), GIVEN_UP);
    assertEquals(nc.isClosed(), false);
    // The pending request ends by its own timeout before the test's connection is closed.
    await within(10_000, "the last request", rejection(Locker.open({ ...PLACE, nc })));
  }));

Deno.test("Locker.open() ends in time if the network drops everything after the connection is open", () =>
  withServer(async ({ server }) => {
    await using proxy = new Proxy(server.wsPort);
    const wsFactory = (url: string) => {
      const socket = new WebSocket(url);
      const send = socket.send.bind(socket);
      socket.send = (data) => {
        if (!new TextDecoder().decode(data as Uint8Array).includes("STREAM.INFO")) return send(data);
        proxy.forwardRequests = proxy.forwardAnswers = false;
      };
      return Promise.resolve({ socket, encrypted: false });
    };
    const start = performance.now();
    const opening = Locker.open({ ...PLACE, servers: proxy.url, connection: { wsFactory } });
    assertEquals((await within(12_000, "the end of open()", connectionError(opening))).why, "timeout");
    assertLess(performance.now() - start, 10_000 + 1000);
  }));

Deno.test("Locker.open() refuses timing options that contradict each other before it connects", async () => {
  await using server = new SilentServer("accepts");
  const open = () => Locker.open({ ...PLACE, servers: server.url, timing: { renewEvery: 3000 } });
  await assertRejects(open, Error, '"renewEvery"');
  assertEquals(server.taken, 0);
});
