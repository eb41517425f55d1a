import { assert, assertEquals } from "@std/assert";
import { freePorts, type PortRange } from "../../tools/nats/ports.ts";

/** The ports that Linux gives to outgoing connections and to listeners on port 0. */
const RANGE = "/proc/sys/net/ipv4/ip_local_port_range";

Deno.test({
  name: "freePorts() returns no port that the system gives to others, so that a server gets its ports again",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const [from = 0, to = 0] = (await Deno.readTextFile(RANGE)).trim().split(/\s+/).map(Number);
    assert(from > 0 && to > from);
    assertEquals(freePorts(20).filter((port) => port >= from && port <= to), []);
  },
});

Deno.test("freePorts() returns each port once", () => {
  assertEquals(new Set([...freePorts(100), ...freePorts(100)]).size, 200);
});

/** Ports that no other test asks for. */
const UNUSED = [19_000, 19_999] as const;

/** Lets another process reserve a port of the range. Returns what it prints. */
async function reservedElsewhere(range: PortRange): Promise<string> {
  const module = new URL("../../tools/nats/ports.ts", import.meta.url).href;
  const code = `import { freePorts } from ${JSON.stringify(module)};
    try { console.log(freePorts(1, ${JSON.stringify(range)})[0]); } catch ({ message }) { console.log(message); }`;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", "--no-check", code] }).output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("freePorts() returns no port that another process has reserved, although nothing listens on it", async () => {
  const [port = 0] = freePorts(1, UNUSED);
  assertEquals(await reservedElsewhere([port, port]), `Cannot find 1 free ports from ${port} to ${port}`);
});

Deno.test("freePorts() returns a port again when the process that had reserved it has ended", async () => {
  const port = Number(await reservedElsewhere(UNUSED));
  assertEquals(freePorts(1, [port, port]), [port]);
});
