import { assert, assertEquals } from "@std/assert";
import { setupOf } from "../../src/locks/options.ts";
import { SessionMonitors } from "../../src/locks/session_monitor.ts";
import { Fleet, TTL } from "./fleet.ts";

Deno.test("SessionMonitors remembers the latest 1,000 dead sessions, and finds out again that a forgotten one is dead", async () => {
  await using fleet = new Fleet(0);
  const { store, clock } = fleet;
  const monitors = new SessionMonitors(setupOf({ store, clock, ttl: TTL }, new AbortController().signal).context);
  const sessions = Array.from({ length: 1001 }, () => crypto.randomUUID());
  const [oldest = "", ...latest] = sessions;
  for (const session of sessions) assert(await fleet.until(monitors.ask(session, () => {})));
  assertEquals([monitors.isDead(oldest), latest.every((session) => monitors.isDead(session))], [false, true]);
  assert(await fleet.until(monitors.ask(oldest, () => {})));
  assert(monitors.isDead(oldest));
  monitors.stop();
});
