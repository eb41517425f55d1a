import { assertEquals, assertStringIncludes } from "@std/assert";
import { LockManager } from "@x/natslock";
import type { DashboardDemo } from "../../tools/dashboard/demo.ts";
import { withDemo } from "./demo.ts";
import { Stage } from "./stage.ts";

const BUCKET = "queues";

const openAs = (demo: DashboardDemo, name: string, more: object = {}) => {
  const meta = { host: "node-7", runtime: "deno" };
  return LockManager.open({ servers: demo.server.url, bucket: BUCKET, name, meta, ...more });
};

/** Waits until the page shows these requests in a queue: place, holder and state of each. */
function until(stage: Stage, name: string, wanted: readonly string[]): Promise<void> {
  const requests = `[...document.querySelectorAll('[data-queue="${name}"] .request')]`;
  const parts = `[".place", ".name", ".pill"].map((part) => request.querySelector(part).innerText.trim()).join(" ")`;
  return stage.until(`${requests}.map((request) => ${parts}).join("|") === ${JSON.stringify(wanted.join("|"))}`);
}

/** A request that still waits at the end of a test fails when its manager is closed. */
const swallow = (work: Promise<unknown>): void => void work.catch(() => {});

Deno.test("The dashboard shows who holds and who waits in which order, and sessions with the number of their locks", () =>
  withDemo(async (demo, chromium) => {
    await using ada = await openAs(demo, "ada");
    await using bob = await openAs(demo, "bob");
    await using cyd = await openAs(demo, "cyd");
    const order = await ada.acquire("orders/4711");
    for (const [manager, options] of [[bob, {}], [cyd, { mode: "shared" }]] as const) {
      swallow(manager.acquire("orders/4711", options));
      await manager.query();
    }
    for (const manager of [ada, bob]) await manager.acquire("crawl", { mode: "shared", limit: 2 });
    swallow(cyd.acquire("crawl", { mode: "shared", limit: 2 }));
    await cyd.query();
    await using stage = await Stage.open(chromium, { servers: demo.server.url, bucket: BUCKET });
    await until(stage, "orders/4711", ["0 ada Holds", "1 bob Waits", "2 cyd Waits"]);
    await until(stage, "crawl", ["0 ada Holds", "1 bob Holds", "2 cyd Waits"]);
    assertStringIncludes(await stage.text('[data-queue="crawl"]'), "shared, 1 of 2");
    assertStringIncludes(await stage.text('[data-queue="crawl"]'), "held by 2, 1 waiting");
    const rows = `[...document.querySelectorAll("[data-session]")].map((row) =>
      [".name", "td:nth-child(2)", "td:nth-child(3)"].map((part) => row.querySelector(part).innerText.trim()).join(" "))`;
    assertEquals(await stage.page.evaluate(rows), ["ada 2 0", "bob 1 1", "cyd 0 2"]);
    assertEquals(await stage.text(".notices"), "");
    await stage.assertAccessible();
    await stage.pictures("queues");
    await order.release();
    await until(stage, "orders/4711", ["0 bob Holds", "1 cyd Waits"]);
    await bob.close();
    await until(stage, "orders/4711", ["0 cyd Holds"]);
    await stage.until(`document.querySelectorAll("[data-session]").length === 2`);
  }));

Deno.test("The dashboard marks all requests as unknown while the connection is lost, and shows them again afterwards", () =>
  withDemo(async (demo, chromium) => {
    await using ada = await openAs(demo, "ada", { ttl: 60_000 });
    await ada.acquire("job");
    await using stage = await Stage.open(chromium, { servers: demo.server.url, bucket: BUCKET });
    await until(stage, "job", ["0 ada Holds"]);
    await demo.perform({ act: "server-stop" });
    await until(stage, "job", ["0 ada Unknown"]);
    await stage.picture("queues-lost");
    await demo.perform({ act: "server-start" });
    await until(stage, "job", ["0 ada Holds"]);
  }));
