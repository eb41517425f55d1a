/**
 * Serves the page of examples/browser on this machine.
 *
 * @module
 */

import { writePage } from "./modules.ts";
import { answerFile, refusalOf } from "../static_files.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

/** The page, served until it is closed. */
export class PageServer {
  readonly #folder: TemporaryFolder;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(folder: TemporaryFolder, port: number) {
    this.#folder = folder;
    const where = { hostname: "127.0.0.1", port, onListen: () => {} };
    this.#server = Deno.serve(where, (request) => this.#answer(request));
  }

  /** Makes the page and serves it on a port of loopback, 0 = any that is free; rejects if the port is taken. */
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

  /** Address of a page with these settings, which are the names of its form's fields. */
  url(settings: Readonly<Record<string, string>> = {}): string {
    const query = new URLSearchParams(settings);
    return `http://127.0.0.1:${this.#server.addr.port}/browser/${query.size > 0 ? `?${query}` : ""}`;
  }

  /** Serves no more. */
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
