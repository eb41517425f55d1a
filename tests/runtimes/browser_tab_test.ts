// deno-lint-ignore-file no-console
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { type Lease, Locker } from "@x/natslock";
import { NatsServer } from "../../tools/nats/server.ts";
import { hindrance } from "./attempt.ts";
import type { Browser, Tab } from "./browser.ts";
import type { Told } from "./program.ts";
import { Kit, RUNTIMES } from "./runtimes.ts";

const TTL = 3000;
/** A shorter lease would have no room for a timer that is one second late. */
const HIDDEN_TTL = 6000;
/** Longest wait for one event, in milliseconds. */
const PATIENCE = 15_000;

/** A tab that leads, and another candidate outside of the browser that waits for the lock. */
interface Duel {
  readonly leader: Tab;
  readonly other: Locker;
  /** Runs a script in the leader's page. In it, `lease` is the leader's lease. */
  script(text: string): Promise<unknown>;
}

const isElected = ({ told }: Told) => told === "elected";
const isEnded = ({ told }: Told) => told === "ended";

/** One browser and one server for all steps. Each step has its own tab and bucket. */
class Lab {
  readonly #browser: Browser;
  readonly #url: string;
  readonly #context: Deno.TestContext;
  #buckets = 0;

  constructor(context: Deno.TestContext, browser: Browser, url: string) {
    this.#context = context;
    this.#browser = browser;
    this.#url = url;
  }

  async step(name: string, body: (duel: Duel) => Promise<void>, ttl = TTL): Promise<void> {
    await this.#context.step(name, () => this.duel(body, ttl));
  }

  async duel(body: (duel: Duel) => Promise<void>, ttl: number): Promise<void> {
    const ring = { url: this.#url, bucket: `tab-${++this.#buckets}`, ttl };
    const leader = await this.#browser.open({ act: "campaign", name: "tab", ...ring }, "page");
    await leader.told.find(isElected, { timeout: PATIENCE });
    await using other = await Locker.open({ servers: this.#url, bucket: ring.bucket, ttl });
    await body({ leader, other, script: (text) => leader.ask({ ask: "script", script: text }) });
    await leader.kill();
  }

  /** Puts another tab in front of all others. */
  async cover(): Promise<void> {
    const order = { act: "observe", url: this.#url, bucket: "none", ttl: TTL } as const;
    await this.#browser.open(order, "page");
  }
}

async function command(tab: Tab, method: string, params: Record<string, unknown>): Promise<void> {
  await tab.ask({ ask: "command", method, params });
}

/** Milliseconds until the waiting candidate is granted the lock. */
async function timed(waiting: Promise<Lease>): Promise<number> {
  const start = performance.now();
  await waiting;
  return performance.now() - start;
}

const chromium = RUNTIMES.find(({ name }) => name === "Chromium, page");
const reason = await hindrance(() => chromium?.install() ?? Promise.reject(new Error("no Chromium in the table")));
if (reason !== null) console.log(`Tabs of a browser: skipped, ${reason}`);

Deno.test({ name: "A candidate in a tab of a browser", ignore: reason !== null, fn: inBrowser });

async function inBrowser(context: Deno.TestContext): Promise<void> {
  await using kit = new Kit();
  await using server = await NatsServer.start();
  const lab = new Lab(context, await kit.browser(), server.url);
  await lab.step("that is frozen stands down: its signal is aborted when it wakes", standsDownOnWaking);
  await lab.step(
    "that is frozen holds nothing when it is first asked after another was granted",
    holdsNothingWhileFrozen,
  );
  const hidden = "that was frozen for a moment and stays hidden, with timers once a second, keeps its lease";
  await lab.step(hidden, (duel) => keeps(lab, duel), HIDDEN_TTL);
  await lab.step("on a processor that is twenty times slower believes that it holds only if no other does", staysRight);
  await lab.step("that releases on pagehide hands over immediately when its page is left", handsOverWhenLeft);
  await lab.step("that releases on pagehide hands over immediately when it is closed", handsOverWhenClosed);
  await lab.step("that releases on freeze hands over immediately when it is frozen", handsOverWhenFrozen);
  await lab.step("that does not release is replaced at the end of its lease when its page is left", isFollowed);
}

async function standsDownOnWaking({ leader, other }: Duel): Promise<void> {
  await setState(leader, "frozen");
  const next = await other.acquire({ timeout: PATIENCE });
  assertEquals(leader.told.all.filter(isEnded), []);
  await setState(leader, "active");
  const ended = await leader.told.find(isEnded, { timeout: PATIENCE });
  assertEquals(ended.told === "ended" && ended.why, "deadline");
  await next.release();
  const isNext = (told: Told) => told.told === "elected" && told.token > next.token;
  await leader.told.find(isNext, { timeout: PATIENCE });
}

async function holdsNothingWhileFrozen({ leader, other, script }: Duel): Promise<void> {
  await setState(leader, "frozen");
  await other.acquire({ timeout: PATIENCE });
  assertEquals(await script("[lease.held, lease.remaining]"), [false, 0]);
}

async function keeps(lab: Lab, { leader, script }: Duel): Promise<void> {
  await lab.cover();
  await setState(leader, "frozen");
  await setState(leader, "active");
  assertEquals(await script("document.visibilityState"), "hidden");
  await script("globalThis.ticks = 0; setInterval(() => ticks++, 10); null");
  await new Promise((resolve) => setTimeout(resolve, 1.3 * HIDDEN_TTL));
  // Otherwise the timers were not throttled, and the test would prove nothing.
  assertLess(Number(await script("ticks")), 1.3 * HIDDEN_TTL / 100);
  assertEquals(await script("lease.held"), true);
  assertEquals(leader.told.all.filter(isEnded), []);
}

async function staysRight({ leader, other, script }: Duel): Promise<void> {
  await command(leader, "Emulation.setCPUThrottlingRate", { rate: 20 });
  const granted = await other.acquire({ timeout: 1.5 * TTL }).catch(() => null);
  // A page that is too slow may have lost its lease while its record still keeps others out.
  if (granted !== null) assertEquals(await script("lease.held"), false);
}

async function handsOverWhenLeft({ leader, other, script }: Duel): Promise<void> {
  await script(`addEventListener("pagehide", () => lease.release()); null`);
  const waiting = other.acquire({ timeout: PATIENCE });
  await leader.ask({ ask: "leave" });
  assertLess(await timed(waiting), TTL / 2);
}

async function handsOverWhenClosed({ leader, other, script }: Duel): Promise<void> {
  await script(`addEventListener("pagehide", () => lease.release()); null`);
  const waiting = other.acquire({ timeout: PATIENCE });
  await leader.kill();
  assertLess(await timed(waiting), TTL / 2);
}

async function handsOverWhenFrozen({ leader, other, script }: Duel): Promise<void> {
  await script(`document.addEventListener("freeze", () => lease.release()); null`);
  const waiting = other.acquire({ timeout: PATIENCE });
  await setState(leader, "frozen");
  assertLess(await timed(waiting), TTL / 2);
}

async function isFollowed({ leader, other }: Duel): Promise<void> {
  const waiting = other.acquire({ timeout: PATIENCE });
  await leader.ask({ ask: "leave" });
  assertGreater(await timed(waiting), TTL / 2);
}

function setState(tab: Tab, state: "frozen" | "active"): Promise<void> {
  return command(tab, "Page.setWebLifecycleState", { state });
}
