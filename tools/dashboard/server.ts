/**
 * Serves the page of the dashboard on this machine, with the settings of the command line.
 *
 * @module
 */

import type { DemoAct, DemoState } from "../../examples/dashboard/feed/demo_api.ts";
import type { Settings } from "../../examples/dashboard/model/link.ts";
import { buildPage } from "./page.ts";
import { answerFile, refusalOf } from "../static_files.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

/** A demo that the page can control. */
export interface Demo {
  /** Current state of the demo. */
  state(): DemoState;
  /** Does what the page asks for. */
  perform(act: DemoAct): Promise<void>;
}

/** How the page is served. */
export interface DashboardOptions {
  /** Port on loopback. Default: any free port. */
  readonly port?: number;
  /** What the page connects with. If `null`, the page asks the user. */
  readonly settings: Settings | null;
  /** The demo that the page can control. Default: none. */
  readonly demo?: Demo;
}

/** Serves the page until it is disposed. */
export class DashboardServer {
  /** What the page connects with from its next load on. If `null`, the page asks the user. */
  settings: Settings | null;
  readonly #folder: TemporaryFolder;
  readonly #options: DashboardOptions;
  /**
   * Proves that the client knows the printed address. Without it, nobody can read the credentials or control the demo.
   */
  readonly #key: string = crypto.randomUUID();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(folder: TemporaryFolder, options: DashboardOptions) {
    this.#folder = folder;
    this.settings = options.settings;
    this.#options = options;
    const where = { hostname: "127.0.0.1", port: options.port ?? 0, onListen: () => {} };
    this.#server = Deno.serve(where, (request) => this.#answer(request));
  }

  /** Builds the page and serves it. Rejects if the port is taken. */
  static async start(options: DashboardOptions): Promise<DashboardServer> {
    const folder = new TemporaryFolder("dashboard");
    try {
      await buildPage(folder.path);
      return new DashboardServer(folder, options);
    } catch (error) {
      folder.remove();
      throw error;
    }
  }

  /** Address for the browser, including the key. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/#key=${this.#key}`;
  }

  /** Stops the server and removes the built page. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    this.#folder.remove();
  }

  async #answer(request: Request): Promise<Response> {
    const refusal = refusalOf(request);
    if (refusal) return refusal;
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/api/")) return await this.#api(request, pathname.slice(5));
    return await answerFile(this.#folder.path, request);
  }

  async #api(request: Request, what: string): Promise<Response> {
    const { demo } = this.#options;
    if (request.headers.get("x-dashboard-key") !== this.#key) return new Response(null, { status: 403 });
    if (what === "settings" && this.settings) {
      return Response.json({ ...this.settings, ...demo ? { demo: true } : {} });
    }
    if (what !== "demo" || !demo) return new Response(null, { status: 404 });
    if (request.method === "POST") await demo.perform(await request.json() as DemoAct);
    return Response.json(demo.state());
  }
}
