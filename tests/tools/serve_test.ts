import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { freePorts, isFree } from "../../tools/nats/ports.ts";
import { withConnections } from "../helpers/nats.ts";
import { refused, startTool } from "./tool.ts";

interface Served {
  readonly websocket: string;
  readonly tcp: string;
}

/** Runs `deno task server` until its addresses are known, then `body`, then ends it. Resolves to its standard error. */
async function serving(args: readonly string[], body: (served: Served) => Promise<unknown>): Promise<string> {
  const child = startTool("nats/serve", ...args);
  const stderr = new Response(child.stderr).text();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    const { value } = await reader.read();
    if (value === undefined) throw new Error(`It ended: ${await stderr}`);
    await body(JSON.parse(value) as Served);
  } finally {
    if (Deno.build.os === "windows") child.kill();
    else child.kill("SIGINT");
    await reader.cancel();
    await child.status;
  }
  return await stderr;
}

/** Occupies a port of loopback, unless another program has it. */
function occupied(port: number): Disposable {
  const listener = isFree(port) ? Deno.listen({ hostname: "127.0.0.1", port }) : null;
  return { [Symbol.dispose]: () => listener?.close() };
}

Deno.test("deno task server listens on the ports of README.md, and says which of them is taken", async () => {
  let found: Served = { websocket: "", tcp: "" };
  const said = await serving([], (served) => {
    found = served;
    return withConnections(served.websocket, (nc) => nc.flush());
  });
  for (const [address, port] of [[found.tcp, 4222], [found.websocket, 8080]] as const) {
    assert(address.endsWith(`:${port}`) || said.includes(`Port ${port} is taken`), `${address}\n${said}`);
  }
  assertMatch(said, /Listens on nats:\/\/127\.0\.0\.1:\d+ and ws:\/\/127\.0\.0\.1:\d+; Ctrl-C ends it\n$/);
});

Deno.test("deno task server takes other ports if those of README.md are taken, and says so", async () => {
  using _nats = occupied(4222);
  using _web = occupied(8080);
  const said = await serving([], async ({ websocket, tcp }) => {
    assert(!tcp.endsWith(":4222") && !websocket.endsWith(":8080"));
    await withConnections(websocket, (nc) => nc.flush());
  });
  for (const port of [4222, 8080]) assertStringIncludes(said, `Port ${port} is taken`);
});

Deno.test("deno task server listens on the ports of --port and --websocket-port", async () => {
  const [port = 0, web = 0] = freePorts(2);
  await serving(["--port", `${port}`, "--websocket-port", `${web}`], ({ websocket, tcp }) => {
    assertEquals([websocket, tcp], [`ws://127.0.0.1:${web}`, `127.0.0.1:${port}`]);
    return Promise.resolve();
  });
});

Deno.test("deno task server fails if the port that was asked for is taken, is not a port or is used twice", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const taken = await refused("nats/serve", "--port", `${port}`);
  assertEquals(taken, { code: 1, text: `Cannot use port ${port}: another program listens on it\n` });
  assertEquals((await refused("nats/serve", "--port", "x")).code, 2);
  const [free = 0] = freePorts(1);
  const twice = await refused("nats/serve", "--port", `${free}`, "--websocket-port", `${free}`);
  assertMatch(twice.text, /twice/);
  assertMatch((await refused("nats/serve", "--prot", "1")).text, /--prot.*see --help\n$/);
});
