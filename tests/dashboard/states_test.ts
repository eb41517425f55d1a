import { assertEquals, assertStringIncludes } from "@std/assert";
import { wsconnect } from "@nats-io/nats-core";
import { Kvm } from "@nats-io/kv";
import { Locker, newKeyValue } from "@x/natslock";
import type { Settings } from "../../examples/dashboard/model/link.ts";
import type { DashboardDemo } from "../../tools/dashboard/demo.ts";
import { freePorts } from "../../tools/nats/ports.ts";
import { NatsServer } from "../../tools/nats/server.ts";
import { Chromium } from "../helpers/page.ts";
import { PACE, withDemo } from "./demo.ts";
import { SIZES, Stage } from "./stage.ts";
import { permissionFiles } from "../helpers/roles.ts";

/** Settings of a user that may do everything, for buckets that the observer may not read. */
function freely(demo: DashboardDemo, bucket: string): Settings {
  return { servers: demo.server.url, bucket };
}

Deno.test("The dashboard says what is wrong with an address, credentials, rights or a bucket, and what to do", () =>
  withDemo(async (demo, chromium) => {
    const [closed = 0] = freePorts(1);
    const { settings } = demo;
    const cases: readonly (readonly [name: string, settings: Settings, title: string, advice: string])[] = [
      ["empty", settings, 'No locks in "locks" yet', "Locker.open"],
      ["refused", { ...settings, pass: "wrong" }, "refuses these credentials", "connect again"],
      ["unreachable", { ...settings, servers: `ws://127.0.0.1:${closed}` }, "Nothing answers at", "websocket {"],
      ["tcp-port", { ...settings, servers: `ws://127.0.0.1:${demo.server.port}` }, "Nothing answers at", "websocket {"],
      ["rights", { ...settings, bucket: "other" }, "This user may not see the locks", "observer.conf"],
      ["no-bucket", freely(demo, "nothing"), 'No bucket "nothing" answers', "--allow-direct"],
      ["address", { ...settings, servers: "localhost:8080" }, "This address cannot be used", "ws:// or wss://"],
    ];
    await using stage = await Stage.open(chromium, settings);
    for (const [name, given, title, advice] of cases) {
      await stage.show(given);
      assertStringIncludes(await stage.notice(title), advice);
      await stage.picture(name);
      if (name === "refused") await stage.assertAccessible();
    }
  }));

Deno.test("The dashboard connects with the settings that are typed into its form", () =>
  withDemo(async (demo, chromium) => {
    await using stage = await Stage.open(chromium, null, { size: SIZES.phone });
    const { servers, bucket, user = "", pass = "" } = demo.settings;
    await stage.page.fill("input[name=servers]", servers);
    await stage.page.fill("input[name=bucket]", bucket);
    await stage.page.fill("input[name=user]", user);
    await stage.picture("form-phone");
    await stage.page.fill("input[name=pass]", pass);
    await stage.page.click("form button");
    await stage.notice("No locks in");
    assertEquals(await stage.text("header .link"), "Live");
  }));

Deno.test("The dashboard recognizes a bucket that holds no locks", () =>
  withDemo(async (demo, chromium) => {
    const nc = await wsconnect({ servers: demo.server.url });
    const kv = await new Kvm(nc).create("config");
    await kv.put("colour", "blue");
    await nc.close();
    await using stage = await Stage.open(chromium, freely(demo, "config"));
    assertStringIncludes(await stage.notice('"config" does not look like a bucket of locks'), "another bucket");
    assertEquals(await stage.text(".tile.held dd"), "0");
  }));

Deno.test("The dashboard polls a bucket that does not republish its changes, and says so", () =>
  withDemo(async (demo, chromium) => {
    const nc = await wsconnect({ servers: demo.server.url });
    await newKeyValue(nc, "quiet", PACE.ttl, { republish: null });
    await using stage = await Stage.open(chromium, freely(demo, "quiet"));
    await stage.notice("No locks in");
    await using locker = await Locker.open({ nc, bucket: "quiet", ttl: PACE.ttl, key: "k", name: "ada" });
    await locker.acquire();
    await stage.untilPhase("k", "held", "ada");
    await stage.notice("does not republish its changes");
    await locker.close();
    await stage.untilPhase("k", "vacant", "nobody");
    await nc.close();
  }));

Deno.test("The dashboard of an observer that may not list keys shows a lock from its next renewal on", async () => {
  const files = await permissionFiles();
  const observer = (files["observer.conf"] ?? "").replace(/^.*"\$JS\.API\.DIRECT\.GET\.KV_locks"$/m, "");
  const config = `authorization { users: [
    { user: free, password: free }, { user: observer, password: o, permissions: { include "observer.conf" } } ] }
    no_auth_user: free`;
  await using server = await NatsServer.start({ config, files: { "observer.conf": observer } });
  await using chromium = await Chromium.launch();
  await using locker = await Locker.open({
    servers: server.url,
    bucket: "locks",
    ttl: PACE.ttl,
    key: "k",
    name: "ada",
  });
  await locker.acquire();
  await using stage = await Stage.open(chromium, { servers: server.url, bucket: "locks", user: "observer", pass: "o" });
  assertStringIncludes(await stage.notice("may not list the locks"), "$JS.API.DIRECT.GET.KV_locks");
  await stage.untilPhase("k", "held", "ada");
});

for (const [way, offset] of [["ahead of", 3_600_000], ["behind", -3_600_000]] as const) {
  Deno.test(`The dashboard shows the right time left in a browser whose clock is ${way} the server's, and says so`, () =>
    withDemo(async (demo, chromium) => {
      demo.startAll();
      const before = `const now = Date.now; Date.now = () => now() + ${offset};`;
      await using stage = await Stage.open(chromium, demo.settings, { before });
      await stage.untilPhase("reconciler", "held");
      await stage.notice(`clock is 1 h ${way} the server's`);
      const left = `Number(document.querySelector("[role=meter]").getAttribute("aria-valuenow"))`;
      await stage.until(`${left} > 0.5 && ${left} <= ${PACE.ttl / 1000}`);
    }));
}
