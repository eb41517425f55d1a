/** A Chromium that playwright-core controls from this process. */

import { createRequire } from "node:module";
import { guard, signalIfRunning, unguard } from "../../tools/nats/process.ts";
import { chromiumPath } from "./chromium.ts";
import { installed } from "../../tools/npm/packages.ts";

/** The part of a playwright-core page that the tests use. */
export interface Page {
  addInitScript(script: string): Promise<unknown>;
  reload(): Promise<unknown>;
  goto(url: string): Promise<unknown>;
  evaluate<T>(script: string): Promise<T>;
  click(selector: string): Promise<void>;
  fill(selector: string, text: string): Promise<void>;
  focus(selector: string): Promise<void>;
  keyboard: { press(key: string): Promise<void> };
  screenshot(options: { readonly path: string; readonly fullPage?: boolean }): Promise<unknown>;
  emulateMedia(options: { readonly colorScheme: "light" | "dark" }): Promise<void>;
  setViewportSize(size: Size): Promise<void>;
  on(event: "pageerror", listener: (error: Error) => void): void;
  close(): Promise<void>;
}

/** Size of a page in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

interface Context {
  newPage(): Promise<Page>;
}

interface Driven {
  newContext(options: { readonly viewport: Size; readonly deviceScaleFactor?: number }): Promise<Context>;
  close(): Promise<void>;
}

interface Playwright {
  readonly chromium: { connectOverCDP(url: string): Promise<Driven> };
}

const FLAGS: readonly string[] = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/** One headless Chromium with a fresh profile. It ends with this process. */
export class Chromium {
  /** Uncaught errors of its pages. */
  readonly errors: string[] = [];
  readonly #profile: string;
  readonly #process: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  readonly #address = Promise.withResolvers<string>();
  #driven: Driven | null = null;

  private constructor(executable: string, profile: string) {
    this.#profile = profile;
    const args = [...FLAGS, `--user-data-dir=${profile}`, "about:blank"];
    const pipes = { stdin: "null", stdout: "null", stderr: "piped" } as const;
    // A killed Chromium leaves temporary files behind. Here they are removed with the profile.
    const env = { TMPDIR: profile };
    this.#process = new Deno.Command(executable, { args, env, ...pipes }).spawn();
    guard(this);
    this.#reading = this.#read();
  }

  /** Starts Chromium and connects to it. */
  static async launch(): Promise<Chromium> {
    const folder = await installed("browser");
    const chromium = new Chromium(await chromiumPath(), await Deno.makeTempDir({ prefix: "natslock-chromium-" }));
    try {
      const playwright = createRequire(`${folder}/package.json`)("playwright-core") as Playwright;
      chromium.#driven = await playwright.chromium.connectOverCDP(await chromium.#address.promise);
      return chromium;
    } catch (error) {
      await chromium[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Opens a page in a context of its own; `before` is a script that runs there first. */
  async open(url: string, viewport: Size, before = ""): Promise<Page> {
    if (!this.#driven) throw new Error("Chromium is closed");
    const page = await (await this.#driven.newContext({ viewport })).newPage();
    page.on("pageerror", (error) => this.errors.push(String(error)));
    await page.addInitScript(before);
    await page.goto(url);
    return page;
  }

  /** Closes Chromium and removes its profile. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#driven?.close();
    signalIfRunning(this.#process, "SIGKILL");
    await Promise.all([this.#process.status, this.#reading]);
    unguard(this);
    // Its child processes may still write for a moment.
    for (let tries = 0; tries < 20; tries++) {
      const removed = await Deno.remove(this.#profile, { recursive: true }).then(() => true, () => false);
      if (removed) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Kills Chromium without waiting. */
  destroy(): void {
    signalIfRunning(this.#process, "SIGKILL");
    try {
      Deno.removeSync(this.#profile, { recursive: true });
    } catch {
      // Its child processes may still write. The system removes the rest with its temporary files.
    }
  }

  async #read(): Promise<void> {
    let text = "";
    for await (const chunk of this.#process.stderr.pipeThrough(new TextDecoderStream())) {
      text = `${text}${chunk}`.slice(-4000);
      const found = /^DevTools listening on (\S+)\s/m.exec(text)?.[1];
      if (found) this.#address.resolve(found);
    }
    this.#address.reject(new Error(`Chromium ended at once. It said:\n${text}`));
    this.#address.promise.catch(() => {});
  }
}
