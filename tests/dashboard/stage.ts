/** A dashboard in a browser, and what a test can read from it. */

import type { Settings } from "../../examples/dashboard/model/link.ts";
import type { DashboardDemo } from "../../tools/dashboard/demo.ts";
import { DashboardServer } from "../../tools/dashboard/server.ts";
import { assertAccessible } from "../helpers/accessible.ts";
import { eventually } from "../helpers/measure.ts";
import type { Chromium, Page, Size } from "../helpers/page.ts";

/** A lock as its row showed it at a time, in milliseconds since the Unix epoch. */
export interface Sight {
  readonly at: number;
  readonly key: string;
  readonly phase: string;
  readonly token: string;
}

/** Options for opening a dashboard. */
export interface StageOptions {
  readonly demo?: DashboardDemo;
  readonly size?: Size;
  /** Runs in the page before anything else. */
  readonly before?: string;
}

/** Page sizes of a desktop and of a phone, in pixels. */
export const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const;

/** The folder for pictures: `$DASHBOARD_PICTURES`, else a temporary folder. */
export const PICTURES: string = Deno.env.get("DASHBOARD_PICTURES") ?? await temporary();

const PATIENCE = 10_000;

/** Records each change of each row in the document. */
const RECORDER = `
  window.sights = [];
  const note = (row) => {
    const { key, phase, token } = row.dataset;
    window.sights.push({ at: Date.now(), key, phase, token });
  };
  new MutationObserver((changes) => {
    const rows = new Set();
    for (const { target, addedNodes } of changes) {
      if (target.dataset?.key) rows.add(target);
      for (const node of addedNodes) for (const row of node.querySelectorAll?.("[data-key]") ?? []) rows.add(row);
      for (const node of addedNodes) if (node.dataset?.key) rows.add(node);
    }
    for (const row of rows) note(row);
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-phase", "data-token"] });
`;

/** A page that shows a bucket. */
export class Stage {
  readonly page: Page;
  readonly #server: DashboardServer;

  private constructor(page: Page, server: DashboardServer) {
    this.page = page;
    this.#server = server;
  }

  /** Serves the page with these settings and opens it. */
  static async open(chromium: Chromium, settings: Settings | null, options: StageOptions = {}): Promise<Stage> {
    const { demo, size = SIZES.desktop, before = "" } = options;
    const server = await DashboardServer.start({ settings, ...demo ? { demo } : {} });
    const page = await chromium.open(server.url, size, RECORDER + before);
    return new Stage(page, server);
  }

  /** Reloads the page with other settings. */
  async show(settings: Settings): Promise<void> {
    this.#server.settings = settings;
    await this.page.reload();
  }

  /** Waits until an expression is true in the page. */
  async until(expression: string): Promise<void> {
    // Not with the driver's own wait: that evaluates code in the page, which the page's security policy forbids.
    const holds = () => this.page.evaluate<boolean>(`Boolean(${expression})`);
    await eventually(expression, holds, PATIENCE).catch(async (error) => {
      const says = await this.page.evaluate<string>("document.body.innerText");
      throw new Error(`Waited in vain for ${expression}; the page says:\n${says.slice(0, 2000)}`, { cause: error });
    });
  }

  /** Waits until a row shows a phase, and the text `holder` as its holder. */
  async untilPhase(key: string, phase: string, holder = ""): Promise<void> {
    const row = `document.querySelector('[data-key="${key}"][data-phase="${phase}"]')`;
    await this.until(`${row}?.querySelector(".holder").innerText.includes(${JSON.stringify(holder)})`);
  }

  /** Waits for a notice with this title and returns the text of all notices. */
  async notice(title: string): Promise<string> {
    const has = `document.querySelector(".notices")?.innerText.includes(${JSON.stringify(title)})`;
    await this.until(has);
    return await this.text(".notices");
  }

  /** Returns the text of an element. */
  async text(selector: string): Promise<string> {
    return await this.page.evaluate<string>(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ""`);
  }

  /** Returns what the row of a key has shown so far, oldest first. */
  async sights(key: string): Promise<Sight[]> {
    const all = await this.page.evaluate<Sight[]>("window.sights");
    return all.filter((sight) => sight.key === key);
  }

  /** Writes a picture to the folder. */
  async picture(name: string): Promise<void> {
    // The bars take a moment to refill.
    await new Promise((resolve) => setTimeout(resolve, 200));
    await this.page.screenshot({ path: `${PICTURES}/${name}.png` });
  }

  /** Writes pictures of the page in both themes, at desktop and at phone width. */
  async pictures(name: string): Promise<void> {
    await this.picture(`${name}-light`);
    await this.page.emulateMedia({ colorScheme: "dark" });
    await this.picture(`${name}-dark`);
    await this.page.setViewportSize(SIZES.phone);
    await this.picture(`${name}-phone-dark`);
    await this.page.emulateMedia({ colorScheme: "light" });
    await this.picture(`${name}-phone-light`);
    await this.page.setViewportSize(SIZES.desktop);
  }

  /** Checks the page as it is with axe, in both themes. */
  async assertAccessible(): Promise<void> {
    await assertAccessible(this.page);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.close();
    await this.#server[Symbol.asyncDispose]();
  }
}

async function temporary(): Promise<string> {
  const folder = `${Deno.env.get("TMPDIR") ?? "/tmp"}/natslock-dashboard-pictures`;
  await Deno.mkdir(folder, { recursive: true });
  return folder;
}
