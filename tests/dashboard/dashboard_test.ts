import { assertEquals, assertGreaterOrEqual, assertLess } from "@std/assert";
import { Locker } from "@x/natslock";
import { PACE, withDemo } from "./demo.ts";
import { type Frames, holdLocks, measureFrames } from "./many.ts";
import { type Sight, SIZES, Stage } from "./stage.ts";
import { eventually, percentile, summary } from "../helpers/measure.ts";

const SOON = 200;
const MANY = 1000;
const SLOW = { ttl: 15_000, interval: 5000 };

/** Returns when a row first showed a matching state, in milliseconds since the Unix epoch. */
async function seenAt(stage: Stage, key: string, fits: (sight: Sight) => boolean): Promise<number> {
  let found: Sight | undefined;
  await eventually(`row "${key}"`, async () => (found = (await stage.sights(key)).find(fits)) !== undefined);
  return found?.at ?? NaN;
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

Deno.test("The dashboard shows a grant and a release within 200 ms, with an observer's rights", () =>
  withDemo(async (demo, chromium) => {
    await using stage = await Stage.open(chromium, demo.settings);
    await stage.notice("No locks in");
    await using locker = await Locker.open({ servers: demo.server.url, bucket: "locks", ttl: PACE.ttl, key: "k" });
    const delays: number[] = [];
    for (let round = 0; round < 10; round++) {
      const { token, release } = await locker.acquire().then((lease) => ({
        token: String(lease.token),
        release: () => lease.release(),
      }));
      const granted = Date.now();
      delays.push(await seenAt(stage, "k", (sight) => sight.token === token) - granted);
      await release();
      const released = Date.now();
      const isRelease = (sight: Sight, i: number, all: Sight[]) =>
        sight.phase === "vacant" && all[i - 1]?.token === token;
      let after: Sight | undefined;
      await eventually("vacant", async () => {
        const all = await stage.sights("k");
        return (after = all.find((sight, i) => isRelease(sight, i, all))) !== undefined;
      });
      delays.push((after?.at ?? NaN) - released);
    }
    say(`dashboard: seen ${summary(delays)} after the holder knew`);
    assertLess(percentile(delays, 75), SOON);
  }));

Deno.test("The dashboard shows a killed leader's lock as held until its lease is over, then vacant, then the next", () =>
  withDemo(async (demo, chromium) => {
    await using stage = await Stage.open(chromium, demo.settings, { demo });
    await stage.page.click('button[aria-label="Start red"]');
    await stage.untilPhase("reconciler", "held", "red");
    const killed = Date.now();
    await stage.page.click('button[aria-label="Kill red"]');
    await stage.untilPhase("reconciler", "vacant", "nobody");
    const vacant = await seenAt(stage, "reconciler", ({ phase }) => phase !== "held");
    assertGreaterOrEqual(vacant - killed, PACE.ttl - PACE.interval - SOON);
    assertLess(vacant - killed, PACE.ttl + 3 * SOON);
    await stage.page.click('button[aria-label="Start green"]');
    await stage.untilPhase("reconciler", "held", "green");
    await stage.until(
      `document.querySelector(".band.expired") && document.querySelector(".tile.crash dd").innerText === "1"`,
    );
    await stage.page.click('button[aria-label="Stop green"]');
    await stage.untilPhase("reconciler", "vacant", "nobody");
    await stage.until(`document.querySelector(".band.released")`);
    await stage.pictures("list");
    await stage.page.click('[data-key="reconciler"] button');
    await stage.pictures("detail");
    const detail = await stage.text(".detail");
    assertEquals([/given back/.test(detail), /crashed: the lease ran out/.test(detail), /vacant for/.test(detail)], [
      true,
      true,
      true,
    ]);
  }));

Deno.test("The dashboard shows no lock as held while the server is down, and live states again when it is back", () =>
  withDemo(async (demo, chromium) => {
    await using stage = await Stage.open(chromium, demo.settings, { demo });
    await stage.page.click('button[aria-label="Start red"]');
    await stage.untilPhase("reconciler", "held", "red");
    await stage.page.click(".demo .heading button");
    await stage.notice("Connection lost");
    await stage.untilPhase("reconciler", "stale", "when last seen");
    assertEquals(await stage.page.evaluate(`document.querySelectorAll("[data-phase=held], .bar .fill").length`), 0);
    assertEquals(await stage.text(".tile.held dd"), "0");
    await stage.picture("connection-lost");
    await stage.page.click(".demo .heading button");
    await stage.untilPhase("reconciler", "held", "red");
    assertEquals(await stage.text("header .link"), "Live");
    assertEquals(await stage.text(".notices"), "");
  }));

Deno.test("The dashboard shows a lease as run out on time while the server is frozen and the connection seems up", () =>
  withDemo(async (demo, chromium) => {
    await using stage = await Stage.open(chromium, demo.settings, { demo });
    await stage.page.click('button[aria-label="Start red"]');
    await stage.untilPhase("reconciler", "held", "red");
    demo.server.pause();
    await stage.untilPhase("reconciler", "overdue");
    assertEquals([await stage.text(".tile.held dd"), await stage.text('[role="row"] .time')], ["0", "over"]);
    await stage.picture("run-out");
    demo.server.resume();
    await stage.untilPhase("reconciler", "held", "red");
  }));

Deno.test("The dashboard shows 1,000 locks that renew, scrolls smoothly, and keeps few rows in the document", () =>
  withDemo(async (demo, chromium) => {
    await using _holding = await holdLocks(demo.server.url, MANY, SLOW.ttl);
    await using stage = await Stage.open(chromium, demo.settings);
    await stage.until(`document.querySelector(".tile.held dd")?.innerText === "1,000"`);
    assertLess(await stage.page.evaluate<number>(`document.querySelectorAll("[data-key]").length`), 60);
    const frames: Frames = await measureFrames(stage, 3000);
    say(
      `dashboard: 1,000 locks, ${
        JSON.stringify(frames, (_, value) => Number(value) ? Number(value.toFixed(1)) : value)
      }`,
    );
    await stage.page.evaluate("scrollTo(0, 0)");
    await stage.picture("thousand");
    await stage.page.fill("input[type=search]", "shard.0999");
    await stage.until(`document.querySelectorAll("[data-key]").length === 1`);
    // Half of the frames come at the rate of the screen. How many are late depends on the machine.
    assertLess(frames.median, 34);
  }, SLOW));

Deno.test("axe finds no problem in the dashboard: list, details and form, light and dark, also at phone width", () =>
  withDemo(async (demo, chromium) => {
    demo.startAll();
    await using stage = await Stage.open(chromium, demo.settings, { demo });
    await stage.untilPhase("reconciler", "held");
    await stage.assertAccessible();
    await stage.page.click('[data-key="reconciler"] button');
    await stage.until(`document.activeElement?.closest(".detail")`);
    await stage.assertAccessible();
    await stage.page.setViewportSize(SIZES.phone);
    await stage.assertAccessible();
    await stage.page.keyboard.press("Escape");
    await stage.assertAccessible();
    await stage.page.click("header .actions button");
    await stage.until(`document.querySelector("form")`);
    await stage.assertAccessible();
  }));

Deno.test("The dashboard can be used by keyboard alone: search, move, open, close", () =>
  withDemo(async (demo, chromium) => {
    await using _holding = await holdLocks(demo.server.url, 60, SLOW.ttl);
    await using stage = await Stage.open(chromium, demo.settings);
    await stage.until(`document.querySelectorAll("[data-key]").length > 10`);
    const focused = `document.activeElement?.closest("[data-key]")?.dataset.key`;
    await stage.page.keyboard.press("/");
    await stage.until(`document.activeElement?.type === "search"`);
    await stage.page.focus('[data-index="0"]');
    await stage.page.keyboard.press("ArrowDown");
    await stage.until(`${focused} === "shard.0001"`);
    await stage.page.keyboard.press("End");
    await stage.until(`${focused} === "shard.0059"`);
    await stage.page.keyboard.press("Enter");
    await stage.until(`document.activeElement?.closest(".detail")?.innerText.includes("shard.0059")`);
    await stage.page.keyboard.press("Escape");
    await stage.until(`!document.querySelector(".detail") && ${focused} === "shard.0059"`);
  }, SLOW));
