/**
 * Keeps one Chromium, in Node: `host_chromium.mjs <playwright-core> <executable> <folder of bundles>`. Reads one
 * request per line, answers in lines, ends with its input and takes the browser with it.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import process from "node:process";
import { createInterface } from "node:readline";

/** What is asked of the browser; `tab` is chosen by who asks. */
export type TabRequest =
  & { readonly tab: number }
  & (
    /** Opens a tab and has the order performed there. */
    | { readonly ask: "open"; readonly where: "page" | "worker"; readonly order: unknown }
    /** Closes the tab without any farewell. */
    | { readonly ask: "close" }
    /** Puts the tab before all others, so that those are hidden. */
    | { readonly ask: "front" }
    /** Leaves the page, as a user does who follows a link. */
    | { readonly ask: "leave" }
    /** Runs a script in the page; its JSON is the answer. */
    | { readonly ask: "script"; readonly script: string }
    /** Sends a command of the debugging protocol. */
    | { readonly ask: "command"; readonly method: string; readonly params: Record<string, unknown> }
  );

/** What the browser answers: once `done` per request, besides what the tab says. */
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

/** Without a sandbox, which a container seldom has. */
const FLAGS: readonly string[] = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--remote-debugging-port=0"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

const [library = "", executable = "", folder = "", ...more] = process.argv.slice(2);
const say = (answer: TabAnswer): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);

const profile = await mkdtemp(`${tmpdir()}/natslock-chromium-`);
// Chromium that is killed leaves temporary files behind: these go with its profile.
process.env["TMPDIR"] = profile;
const child = spawn(executable, [...FLAGS, `--user-data-dir=${profile}`, ...more, "about:blank"], {
  stdio: ["ignore", "ignore", "pipe"],
});
// However this process ends, the browser does not outlive it.
process.on("exit", () => child.kill("SIGKILL"));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void end(130));
for (const output of [process.stdout, process.stderr]) output.on("error", () => void end(1));
// From now on, since what comes next may hang.
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
  // Its own processes may still be writing for a moment.
  await rm(profile, { recursive: true, force: true, maxRetries: 10 }).catch(() => {});
  process.exit(code);
}

/** The address that it says it can be driven at. */
function addressOf({ stderr }: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    stderr?.on("data", (chunk) => {
      // Whoever started this wants to know if it hangs or fails.
      process.stderr.write(chunk);
      const found = /^DevTools listening on (\S+)\s/m.exec(text += chunk);
      if (found?.[1]) resolve(found[1]);
    });
  });
}

const { chromium } = await import(library) as Playwright;
// Playwright's defaults would keep every tab visible and its timers fast, which a user's are not.
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
