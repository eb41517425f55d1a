// deno-lint-ignore-file no-console
import {
  assertEquals,
  assertGreater,
  assertLess,
  assertMatch,
  assertObjectMatch,
  assertStringIncludes,
} from "@std/assert";
import { NatsServer } from "../../tools/nats/server.ts";
import { PageServer } from "../../tools/page/server.ts";
import { answerFile } from "../../tools/static_files.ts";
import { Chromium, type Page } from "../helpers/page.ts";
import { assertAccessible } from "../helpers/accessible.ts";
import { eventually, timed } from "../helpers/measure.ts";
import { hindrance } from "../runtimes/attempt.ts";
import { chromiumPath } from "../helpers/chromium.ts";
import { installed, installedNats } from "../../tools/npm/packages.ts";

/** So long that no event in these tests can come from the end of a lease. */
const LONG_LEASE = 60_000;
const SHORT_LEASE = 3000;
const SIZE = { width: 800, height: 900 };

type Settings = Readonly<Record<string, string>>;

/** A tab that shows the page. */
class Tab {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Text of an element. */
  text(id: string): Promise<string> {
    return this.page.evaluate<string>(`document.getElementById("${id}").innerText`);
  }

  /** The token with which the tab leads; 0 if it does not lead. */
  async token(): Promise<number> {
    return Number(/^Leads, token (\d+)$/.exec(await this.text("state"))?.[1] ?? 0);
  }

  /** Waits until the text of an element matches. */
  async says(id: string, pattern: RegExp): Promise<void> {
    await eventually(`${pattern} in "${id}"`, async () => pattern.test(await this.text(id))).catch(async (error) => {
      const text = await this.page.evaluate<string>("document.body.innerText");
      throw new Error(`Timed out; the page shows:\n${text}`, { cause: error });
    });
  }
}

/** One browser, one server and one site for all steps. Each step has its own key. */
class Lab {
  readonly chromium: Chromium;
  readonly #site: PageServer;
  readonly #servers: string;
  #key = "";

  constructor(chromium: Chromium, site: PageServer, servers: string) {
    this.chromium = chromium;
    this.#site = site;
    this.#servers = servers;
  }

  async step(context: Deno.TestContext, name: string, body: (lab: Lab) => Promise<void>): Promise<void> {
    this.#key = name.replaceAll(/\W+/g, "-");
    await context.step(name, () => body(this));
  }

  async open(settings: Settings = {}): Promise<Tab> {
    const usual = { servers: this.#servers, key: this.#key, ttl: String(LONG_LEASE) };
    return new Tab(await this.chromium.open(this.#site.url({ ...usual, ...settings }), SIZE));
  }

  /** Opens two tabs. The first leads and the second waits. */
  async pair(settings: Settings = {}): Promise<readonly [leader: Tab, follower: Tab]> {
    const leader = await this.open(settings);
    await leader.says("state", /^Leads/);
    const follower = await this.open(settings);
    await follower.says("state", /^Follows/);
    return [leader, follower];
  }
}

const needed = () => Promise.all([installed("bundler"), installedNats(), installed("browser"), chromiumPath()]);
const reason = await hindrance(needed);
if (reason !== null) console.log(`The page of the examples: skipped, ${reason}`);

Deno.test({ name: "The page of examples/browser", ignore: reason !== null, fn: inBrowser });

async function inBrowser(context: Deno.TestContext): Promise<void> {
  await using server = await NatsServer.start();
  await using site = await PageServer.start();
  await using chromium = await Chromium.launch();
  const lab = new Lab(chromium, site, server.url);
  await lab.step(
    context,
    "elects one of two tabs, both show it, and resigning and stopping hand over",
    (lab) => handsOver(lab, "page"),
  );
  await lab.step(context, "does the same in workers", (lab) => handsOver(lab, "worker"));
  await lab.step(context, "hands over immediately when the leader's tab is closed", handsOverWhenClosed);
  await lab.step(context, "with a worker hands over by the end of the lease when its tab is closed", isFollowed);
  await lab.step(context, "reports an unreachable server", complains);
  await lab.step(context, "shares its copy of the NATS packages with scripts that connect themselves", sharesNats);
  await lab.step(context, "explains how to build its modules if they are missing", missesModules);
  await lab.step(context, "is accessible in light and dark", isAccessible);
  assertEquals(chromium.errors, []);
}

async function handsOver(lab: Lab, where: string): Promise<void> {
  const [leader, follower] = await lab.pair({ where });
  const first = await leader.token();
  const name = await leader.text("name");
  await leader.says("leader", new RegExp(`^${name} \\(this tab\\), token ${first}$`));
  await follower.says("leader", new RegExp(`^${name}, token ${first}$`));
  assertEquals(await follower.page.evaluate(`document.getElementById("resign").disabled`), true);
  await leader.page.click("#resign");
  await follower.says("state", /^Leads/);
  assertGreater(await follower.token(), first);
  await leader.says("state", /^Follows/);
  assertMatch(await leader.text("log"), /LeaseReleasedError: [^]*Stood down, token/);
  await follower.says("steps", /^[1-9]/);
  await follower.page.click("#stop");
  await leader.says("state", /^Leads/);
  await follower.says("state", /^No longer a candidate$/);
  // A tab that is no candidate still shows who leads.
  await follower.says("leader", new RegExp(`^${name}, token ${await leader.token()}$`));
  await leader.page.click("#stop");
  await follower.says("leader", /^Nobody$/);
}

async function handsOverWhenClosed(lab: Lab): Promise<void> {
  const [leader, follower] = await lab.pair();
  await leader.page.close();
  await follower.says("state", /^Leads/);
}

async function isFollowed(lab: Lab): Promise<void> {
  const [leader, follower] = await lab.pair({ where: "worker", ttl: String(SHORT_LEASE) });
  await leader.page.close();
  assertLess(await timed(() => follower.says("state", /^Leads/)), 2 * SHORT_LEASE);
}

async function complains(lab: Lab): Promise<void> {
  const tab = await lab.open({ servers: "ws://127.0.0.1:1" });
  await tab.says("error", /^Cannot connect to ws:\/\/127\.0\.0\.1:1: /);
  assertEquals(await tab.text("state"), "Failed");
  await assertAccessible(tab.page);
}

/** With two copies of a package, `instanceof` would fail for errors of the other copy. */
async function sharesNats(lab: Lab): Promise<void> {
  const { page } = await lab.open();
  const found = await page.evaluate<object>(`(async () => {
    const [core, { JetStreamApiError }, { Kvm }, { Locker }] = await Promise.all([
      import("@nats-io/nats-core"), import("@nats-io/jetstream"), import("@nats-io/kv"), import("@x/natslock"),
    ]);
    const why = (promise) => promise.then(() => null, (error) => error);
    const nc = await core.wsconnect({ servers: new URLSearchParams(location.search).get("servers") });
    const kv = await new Kvm(nc).open("locks");
    const lease = await new Locker({ kv, key: "shared" }).acquire();
    const { revision } = await kv.get("shared");
    const refused = await why(kv.create("shared", "mine"));
    const unreachable = await why(Locker.open({ servers: "ws://127.0.0.1:1", bucket: "b", ttl: 9000 }));
    await lease.release();
    await nc.close();
    const isOwn = [refused instanceof JetStreamApiError, unreachable.cause instanceof core.ConnectionError];
    return { isGranted: revision === lease.token, isOwn, why: [refused, unreachable.cause].map(String) };
  })()`);
  assertObjectMatch(found, { isGranted: true, isOwn: [true, true] });
}

async function missesModules(lab: Lab): Promise<void> {
  const folder = new URL("../../examples", import.meta.url).pathname;
  await using bare = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => answerFile(folder, request),
  );
  const tab = new Tab(await lab.chromium.open(`http://127.0.0.1:${bare.addr.port}/browser/`, SIZE));
  assertStringIncludes(await tab.text("state"), '"deno task page" makes them');
}

async function isAccessible(lab: Lab): Promise<void> {
  const tab = await lab.open();
  await tab.says("state", /^Leads/);
  await assertAccessible(tab.page);
}
