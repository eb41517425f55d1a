/**
 * Serves the page of `examples/browser` on this machine.
 *
 * @module
 */

import { writePage } from "./modules.ts";
import { answerFile, refusalOf } from "../static_files.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

/** Serves the page until it is disposed. */
export class PageServer {
  readonly #folder: TemporaryFolder;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(folder: TemporaryFolder, port: number) {
    this.#folder = folder;
    const where = { hostname: "127.0.0.1", port, onListen: () => {} };
    this.#server = Deno.serve(where, (request) => this.#answer(request));
  }

  /** Builds the page and serves it on a loopback port; 0 means any free port. Rejects if the port is taken. */
  static async start(port = 0): Promise<PageServer> {
    const folder = new TemporaryFolder("page");
    try {
      await writePage(folder.path);
      return new PageServer(folder, port);
    } catch (error) {
      folder.remove();
      throw error;
    }
  }

  /** Address of the page with these settings. Their names are the names of the page's form fields. */
  url(settings: Readonly<Record<string, string>> = {}): string {
    const query = new URLSearchParams(settings);
    return `http://127.0.0.1:${this.#server.addr.port}/browser/${query.size > 0 ? `?${query}` : ""}`;
  }

  /** Stops the server and removes the built page. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    this.#folder.remove();
  }

  async #answer(request: Request): Promise<Response> {
    const refusal = refusalOf(request);
    if (refusal) return refusal;
    if (new URL(request.url).pathname === "/") return Response.redirect(this.url());
    return await answerFile(this.#folder.path, request);
  }
}
