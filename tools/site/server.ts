/** Serves a built site on this machine. */

import { answerFile, refusalOf } from "../static_files.ts";

/** Serves the files of a folder until it is disposed. */
export class SiteServer {
  readonly #folder: string;
  readonly #base: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(folder: string, base: string, port: number) {
    this.#folder = folder;
    this.#base = base;
    const where = { hostname: "127.0.0.1", port, onListen: () => {} };
    this.#server = Deno.serve(where, (request) => this.#answer(request));
  }

  /** Serves `folder` below the path `base` on a loopback port; 0 means any free port. Throws if the port is taken. */
  static start(folder: string, options: { readonly base?: string; readonly port?: number } = {}): SiteServer {
    return new SiteServer(folder, options.base ?? "/", options.port ?? 0);
  }

  /** Address of the home page. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}${this.#base}`;
  }

  /** Stops the server. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const refusal = refusalOf(request);
    if (refusal) return refusal;
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith(this.#base)) return Response.redirect(this.url);
    const url = new URL(pathname.slice(this.#base.length - 1), request.url).href;
    return await answerFile(this.#folder, { url });
  }
}
