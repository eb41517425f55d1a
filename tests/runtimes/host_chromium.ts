/**
 * Runs one Chromium from Node: `host_chromium.mjs <playwright-core> <executable> <folder of bundles>`. It reads one
 * request per line and answers in lines. When its input ends, it ends, and so does the browser.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import process from "node:process";
import { createInterface } from "node:readline";

/** A request to the browser. The client chooses the number in `tab`. */
export type TabRequest =
  & { readonly tab: number }
  & (
    /** Opens a tab and performs the order in it. */
    | { readonly ask: "open"; readonly where: "page" | "worker"; readonly order: unknown }
    /** Closes the tab without a release. */
    | { readonly ask: "close" }
    /** Brings the tab to the front, so that the others are hidden. */
    | { readonly ask: "front" }
    /** Leaves the page, as if the user followed a link. */
    | { readonly ask: "leave" }
    /** Runs a script in the page. The answer is its result as JSON. */
    | { readonly ask: "script"; readonly script: string }
    /** Sends a command of the debugging protocol. */
    | { readonly ask: "command"; readonly method: string; readonly params: Record<string, unknown> }
  );

/** An answer of the browser: one with `done` for each request, and one for each line that the tab prints. */
export type TabAnswer = {
  readonly tab: number;
  readonly line?: string;
  readonly done?: unknown;
  readonly error?: string;
};

interface Session {
  send(method: string, params: unknown): Promise<unknown>;
}

interface Page {
  exposeFunction(name: string, callback: (line: string) => void): Promise<void>;
  goto(url: string): Promise<unknown>;
  evaluate(script: string): Promise<unknown>;
  bringToFront(): Promise<void>;
  close(): Promise<void>;
  context(): { newCDPSession(page: Page): Promise<Session> };
}

interface Browser {
  contexts(): { newPage(): Promise<Page> }[];
}

interface Playwright {
  readonly chromium: { connectOverCDP(url: string, options: Record<string, unknown>): Promise<Browser> };
}

/** Without a sandbox, because containers rarely allow one. */
const FLAGS: readonly string[] = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--remote-debugging-port=0"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

const [library = "", executable = "", folder = "", ...more] = process.argv.slice(2);
const say = (answer: TabAnswer): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);

const profile = await mkdtemp(`${tmpdir()}/natslock-chromium-`);
// A killed Chromium leaves temporary files. They are removed with its profile.
process.env["TMPDIR"] = profile;
const child = spawn(executable, [...FLAGS, `--user-data-dir=${profile}`, ...more, "about:blank"], {
  stdio: ["ignore", "ignore", "pipe"],
});
// The browser must end with this process in every case.
process.on("exit", () => child.kill("SIGKILL"));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void end(130));
for (const output of [process.stdout, process.stderr]) output.on("error", () => void end(1));
// Registered now, because the following code may hang.
const requests = createInterface({ input: process.stdin });
requests.on("close", () => void end(0));
requests.on("line", (line) => heed(JSON.parse(line) as TabRequest));
child.on("exit", () => void end(1));

let ending = false;
async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  const runs = child.exitCode === null && child.signalCode === null;
  const gone = runs ? new Promise((resolve) => child.on("exit", resolve)) : null;
  child.kill("SIGKILL");
  await gone;
  // Processes of the browser may still write for a moment.
  await rm(profile, { recursive: true, force: true, maxRetries: 10 }).catch(() => {});
  process.exit(code);
}

/** Waits for the address of the debugging protocol. */
function addressOf({ stderr }: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    stderr?.on("data", (chunk) => {
      // Shows what Chromium prints, in case it hangs or fails.
      process.stderr.write(chunk);
      const found = /^DevTools listening on (\S+)\s/m.exec(text += chunk);
      if (found?.[1]) resolve(found[1]);
    });
  });
}

const { chromium } = await import(library) as Playwright;
// Playwright's defaults would keep every tab visible and its timers unthrottled, unlike in a user's browser.
const browser = await chromium.connectOverCDP(await addressOf(child), { noDefaults: true });
const [context] = browser.contexts();
const tabs = new Map<number, Page>();

const site = createServer((request, response) => void serve(request.url ?? "/", response));
await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
const { port } = site.address() as { readonly port: number };

async function serve(path: string, response: ServerResponse): Promise<void> {
  const name = /^\/(run_\w+\.js)$/.exec(path)?.[1];
  response.setHeader("content-type", name ? "text/javascript" : "text/html");
  const html = `<!doctype html><title>natslock</title>${path === "/" ? '<script src="/run_page.js"></script>' : ""}`;
  response.end(name ? await readFile(`${folder}/${name}`) : html);
}

function heed(request: TabRequest): void {
  const { tab } = request;
  answer(request).then(
    (done) => say({ tab, done: done ?? null }),
    (error: unknown) => say({ tab, error: String(error) }),
  );
}

async function answer(request: TabRequest): Promise<unknown> {
  const { tab } = request;
  if (request.ask === "open") return await open(request);
  const page = tabs.get(tab);
  if (!page) throw new Error(`There is no tab ${tab}`);
  if (request.ask === "close") return await page.close();
  if (request.ask === "front") return await page.bringToFront();
  if (request.ask === "leave") return await page.goto(`http://127.0.0.1:${port}/elsewhere`).then(() => null);
  if (request.ask === "script") return await page.evaluate(request.script);
  const session = await page.context().newCDPSession(page);
  return await session.send(request.method, request.params);
}

async function open({ tab, where, order }: Extract<TabRequest, { ask: "open" }>): Promise<void> {
  const page = await context?.newPage();
  if (!page) throw new Error("Chromium has no profile to open a tab in");
  tabs.set(tab, page);
  await page.exposeFunction("tell", (line) => say({ tab, line }));
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.evaluate(`order(${JSON.stringify(order)}, ${JSON.stringify(where)})`);
}

say({ tab: 0, done: null });
