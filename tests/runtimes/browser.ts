/** A client of the process that runs Chromium. */

import type { TabAnswer, TabRequest } from "./host_chromium.ts";
import { bundle, bundleForNode } from "../../tools/npm/bundle.ts";
import { chromiumPath } from "../helpers/chromium.ts";
import { Heard } from "./lines.ts";
import { installed, nodePath } from "../../tools/npm/packages.ts";
import type { Order, Told } from "./program.ts";
import { LineProcess, type Running } from "./running.ts";

/** Time limit of one request to Chromium, in milliseconds. */
const PATIENCE = 30_000;

type WithoutTab<T> = T extends unknown ? Omit<T, "tab"> : never;

/** One tab. */
export interface Tab extends Running {
  /** Sends a request for this tab and resolves to the answer. */
  ask(request: WithoutTab<Exclude<TabRequest, { ask: "open" }>>): Promise<unknown>;
}

interface Listener {
  readonly told: Heard<Told>;
  readonly answers: Heard<TabAnswer>;
}

/** One headless Chromium with a new profile. */
export class Browser {
  readonly #process: LineProcess;
  readonly #tabs = new Map<number, Listener>([[0, listener()]]);

  private constructor(command: readonly string[]) {
    this.#process = new LineProcess(command, (line) => this.#hear(JSON.parse(line)), (why) => this.#over(why));
  }

  /** Starts Chromium with these additional flags. The bundles are written to `folder`. */
  static async launch(folder: string, ...flags: string[]): Promise<Browser> {
    for (const name of ["run_page", "run_worker"]) {
      const outfile = `${folder}/${name}.js`;
      await bundle(`tests/runtimes/${name}.ts`, outfile, { platform: "browser", format: "iife" });
    }
    const host = await bundleForNode("tests/runtimes/host_chromium.ts", folder);
    const library = `file://${await installed("browser")}/node_modules/playwright-core/index.mjs`;
    const browser = new Browser([await nodePath(24), host, library, await chromiumPath(), folder, ...flags]);
    try {
      await browser.#answer(0, 0);
      return browser;
    } catch (cause) {
      const { complaint } = browser.#process;
      await browser.close();
      throw new Error(`Cannot start Chromium. It said:\n${complaint}`, { cause });
    }
  }

  /** Opens a tab that performs an order in its page or in a dedicated worker. */
  async open(order: Order, where: "page" | "worker"): Promise<Tab> {
    const tab = this.#tabs.size;
    const { told } = this.#listen(tab);
    await this.#ask({ tab, ask: "open", where, order });
    return { told, ask: (request) => this.#ask({ ...request, tab } as TabRequest), kill: () => this.#kill(tab) };
  }

  /** Closes the browser and all its tabs. */
  async close(): Promise<void> {
    await this.#process.close();
  }

  /** Same as {@linkcode Browser.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #kill(tab: number): Promise<void> {
    await this.#ask({ tab, ask: "close" }).catch(() => {});
    this.#tabs.get(tab)?.told.finish("the tab was closed");
  }

  /** Requests of one tab must be sent one after the other. */
  async #ask(request: TabRequest): Promise<unknown> {
    const from = this.#tabs.get(request.tab)?.answers.all.length ?? 0;
    await this.#process.send(JSON.stringify(request));
    return await this.#answer(request.tab, from);
  }

  async #answer(tab: number, from: number): Promise<unknown> {
    const { answers } = this.#listen(tab);
    const answer = await answers.find(() => true, { timeout: PATIENCE, from });
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.done;
  }

  #hear(answer: TabAnswer): void {
    const { told, answers } = this.#listen(answer.tab);
    if (answer.line === undefined) answers.add(answer);
    else told.add(JSON.parse(answer.line));
  }

  #over(why: string): void {
    for (const { told, answers } of this.#tabs.values()) {
      told.finish(why);
      answers.finish(why);
    }
  }

  #listen(tab: number): Listener {
    const known = this.#tabs.get(tab) ?? listener();
    this.#tabs.set(tab, known);
    return known;
  }
}

function listener(): Listener {
  return { told: new Heard(), answers: new Heard() };
}
