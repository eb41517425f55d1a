import { assert, assertEquals } from "@std/assert";
import { freePorts } from "../../tools/nats/process.ts";

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
