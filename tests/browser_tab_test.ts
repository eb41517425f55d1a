// deno-lint-ignore-file no-console
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { type Lease, Locker } from "@x/natslock";
import { NatsServer } from "../tools/nats_server.ts";
import { hindrance } from "./runtimes/attempt.ts";
import type { Browser, Tab } from "./runtimes/browser.ts";
import type { Told } from "./runtimes/program.ts";
import { Kit, RUNTIMES } from "./runtimes/runtimes.ts";

const TTL = 3000;
/** The longest wait for one thing to happen, in milliseconds. */
const PATIENCE = 15_000;

/** A tab that leads, and another candidate that waits for it outside the browser. */
interface Lab {
  readonly browser: Browser;
  readonly url: string;
  readonly leader: Tab;
  readonly other: Locker;
  /** Another tab, before all others. */
  cover(): Promise<void>;
  /** Runs a script in the leader's page; `lease` is what it holds. */
  script(text: string): Promise<unknown>;
}

const chromium = RUNTIMES.find(({ name }) => name === "Chromium, page");
const reason = await hindrance(() => chromium?.install() ?? Promise.reject(new Error("no Chromium in the table")));
if (reason !== null) console.log(`Tabs of a browser: skipped, ${reason}`);

const isElected = ({ told }: Told) => told === "elected";
const isEnded = ({ told }: Told) => told === "ended";

function test(name: string, body: (lab: Lab) => Promise<void>): void {
  Deno.test({ name, ignore: reason !== null, fn: () => inLab(body) });
}

async function inLab(body: (lab: Lab) => Promise<void>): Promise<void> {
  await using kit = new Kit();
  await using server = await NatsServer.start();
  const { url } = server;
  const ring = { url, bucket: "tabs", ttl: TTL };
  const browser = await kit.browser();
  const leader = await browser.open({ act: "campaign", name: "tab", ...ring }, "page");
  await leader.told.find(isElected, { timeout: PATIENCE });
  await using other = await Locker.open({ servers: url, bucket: ring.bucket, ttl: TTL });
  const cover = async () => void await browser.open({ act: "observe", ...ring, bucket: "none" }, "page");
  const script = (text: string) => leader.ask({ ask: "script", script: text });
  await body({ browser, url, leader, other, cover, script });
}

async function command(tab: Tab, method: string, params: Record<string, unknown>): Promise<void> {
  await tab.ask({ ask: "command", method, params });
}

/** Milliseconds until the lock is granted to who waits. */
async function timed(waiting: Promise<Lease>): Promise<number> {
  const start = performance.now();
  await waiting;
  return performance.now() - start;
}

test("A page that is frozen stands down: another is granted, and the page knows at its first look and when it wakes", async (lab) => {
  const { leader, other, script } = lab;
  await command(leader, "Page.setWebLifecycleState", { state: "frozen" });
  const next = await other.acquire({ timeout: PATIENCE });
  assertEquals(leader.told.all.filter(isEnded), []);
  assertEquals(await script("lease.held"), false);
  await command(leader, "Page.setWebLifecycleState", { state: "active" });
  const ended = await leader.told.find(isEnded, { timeout: PATIENCE });
  assertEquals(ended.told === "ended" && ended.why, "deadline");
  assert(next.held);
  await next.release();
  // It campaigns again, with a greater token.
  const again = await leader.told.find((told) => told.told === "elected" && told.token > next.token, {
    timeout: PATIENCE,
  });
  assertGreater(again.told === "elected" ? again.token : 0, next.token);
});

test("A page that is frozen and woken within its lease goes on with the same lease", async ({ leader, script }) => {
  await command(leader, "Page.setWebLifecycleState", { state: "frozen" });
  await command(leader, "Page.setWebLifecycleState", { state: "active" });
  await new Promise((resolve) => setTimeout(resolve, 1.5 * TTL));
  assertEquals(await script("lease.held"), true);
  assertEquals(leader.told.all.filter(isEnded), []);
});

test("A hidden page, whose timers come once a second, keeps its lease", async ({ leader, cover, script }) => {
  await cover();
  assertEquals(await script("document.visibilityState"), "hidden");
  await script("globalThis.ticks = 0; setInterval(() => ticks++, 10); null");
  await new Promise((resolve) => setTimeout(resolve, 2.5 * TTL));
  // Else nothing was slowed down, and this shows nothing.
  assertLess(Number(await script("ticks")), 2.5 * TTL / 1000 + 2);
  assertEquals(await script("lease.held"), true);
  assertEquals(leader.told.all.filter(isEnded), []);
});

test("A page on a processor twenty times slower keeps its lease, or has stood down before another is granted", async (lab) => {
  const { leader, other, script } = lab;
  await command(leader, "Emulation.setCPUThrottlingRate", { rate: 20 });
  const granted = await other.acquire({ timeout: 2 * TTL }).catch(() => null);
  assertEquals(await script("lease.held"), granted === null);
});

test("A lease that is released on pagehide is handed over at once when the page is left", async ({ leader, other, script }) => {
  await script(`addEventListener("pagehide", () => lease.release()); null`);
  const waiting = other.acquire({ timeout: PATIENCE });
  await leader.ask({ ask: "leave" });
  assertLess(await timed(waiting), TTL / 2);
});

test("A lease that is released on pagehide is handed over at once when the tab is closed", async ({ leader, other, script }) => {
  await script(`addEventListener("pagehide", () => lease.release()); null`);
  const waiting = other.acquire({ timeout: PATIENCE });
  await leader.kill();
  assertLess(await timed(waiting), TTL / 2);
});

test("A lease that is released on freeze is handed over at once", async ({ leader, other, script }) => {
  await script(`document.addEventListener("freeze", () => lease.release()); null`);
  const waiting = other.acquire({ timeout: PATIENCE });
  await command(leader, "Page.setWebLifecycleState", { state: "frozen" });
  assertLess(await timed(waiting), TTL / 2);
});

test("A lease that nothing releases lasts until its end when the page is left", async ({ leader, other }) => {
  const waiting = other.acquire({ timeout: PATIENCE });
  await leader.ask({ ask: "leave" });
  assertGreater(await timed(waiting), TTL / 2);
});
