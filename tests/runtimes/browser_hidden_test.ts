// deno-lint-ignore-file no-console
import { assertEquals, assertLess } from "@std/assert";
import { NatsServer } from "../../tools/nats/server.ts";
import { hindrance } from "./attempt.ts";
import { Browser } from "./browser.ts";
import { Kit, RUNTIMES } from "./runtimes.ts";

/** Lease length in milliseconds. The page is hidden for several times as long. */
const TTL = 12_000;
const HIDDEN_FOR = 42_000;
/**
 * After five minutes in a hidden page, Chromium throttles chains of timers to one per minute; with this flag after two
 * seconds.
 */
const SLOWED_DOWN_SOON = "--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/2";
/** A timer that sets the next one after 100 ms. In a visible page it would fire about 420 times. */
const CHAIN = "globalThis.ticks = 0; (function tick() { ticks++; setTimeout(tick, 100); })(); null";
/** Once per second at first, then once per minute. Without that throttling it would be 42, one per second. */
const MOST_TICKS = 20;

const chromium = RUNTIMES.find(({ name }) => name === "Chromium, page");
const reason = await hindrance(() => chromium?.install() ?? Promise.reject(new Error("no Chromium in the table")));
if (reason !== null) console.log(`A page hidden for minutes: skipped, ${reason}`);

Deno.test({
  name: "A candidate in a page hidden for minutes keeps its lease, although chains of timers run once per minute",
  ignore: reason !== null,
  fn: async () => {
    await using kit = new Kit();
    await using server = await NatsServer.start();
    await using browser = await Browser.launch(kit.folder, SLOWED_DOWN_SOON);
    const ring = { url: server.url, bucket: "hidden", ttl: TTL };
    const leader = await browser.open({ act: "campaign", name: "tab", ...ring }, "page");
    await leader.told.find(({ told }) => told === "elected", { timeout: TTL });
    await browser.open({ act: "observe", ...ring }, "page");
    for (const state of ["frozen", "active"]) {
      await leader.ask({ ask: "command", method: "Page.setWebLifecycleState", params: { state } });
    }
    assertEquals(await leader.ask({ ask: "script", script: "document.visibilityState" }), "hidden");
    await leader.ask({ ask: "script", script: CHAIN });
    await new Promise((resolve) => setTimeout(resolve, HIDDEN_FOR));
    assertLess(Number(await leader.ask({ ask: "script", script: "ticks" })), MOST_TICKS);
    assertEquals(leader.told.all.filter(({ told }) => told === "ended"), []);
    assertEquals(await leader.ask({ ask: "script", script: "lease.held" }), true);
  },
});
