/**
 * A stand-in of JSR on loopback: takes what `deno publish` sends, and gives it to Deno, npm and Bun as JSR would.
 *
 * @module
 */

import { packumentOf, type Published, publishedOf, versionMetaOf } from "./published.ts";
import { run } from "./tarball.ts";

const ROOT = new URL("../../", import.meta.url);
/** No cache keeps an answer: the next stand-in may listen on the same port. */
const FLEETING = { headers: { "cache-control": "no-store" } };

/** It has the packages of this repository, each in the version that was published last. */
export class Registry {
  /** The paths that were asked for so far. */
  readonly asked: string[] = [];
  readonly #folder: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #published = new Map<string, Published>();

  private constructor(folder: string) {
    this.#folder = folder;
    const options = { port: 0, hostname: "127.0.0.1", onListen: () => {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
  }

  /** Listens, and has `deno publish` put the packages of this repository there; `folder` takes what is made of them. */
  static async start(folder: string): Promise<Registry> {
    const registry = new Registry(folder);
    const options = ["--allow-dirty", "--no-check", "--no-provenance", "--token", "any"];
    try {
      // As `deno task publish` does: the library first.
      for (const config of ["deno.json", "cli/deno.json"]) {
        const command = [Deno.execPath(), "publish", ...options, "--config", config];
        await run(command, ROOT.pathname, { JSR_URL: registry.url });
      }
      return registry;
    } catch (error) {
      await registry[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Its address, as `JSR_URL` has it: with a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** Stops listening. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const path = decodeURIComponent(new URL(request.url).pathname);
    this.asked.push(path);
    if (request.method === "POST" && request.body !== null) {
      const published = await publishedOf(request.body, { folder: this.#folder, jsr: this.url });
      this.#published.set(published.manifest.name, published);
      return Response.json({ id: "1", status: "success", error: null });
    }
    // What `deno publish` asks first: the package is known to JSR, the version is not.
    if (/^\/api\/scopes\/[^/]+\/packages\/[^/]+$/.test(path)) return Response.json({});
    for (const published of this.#published.values()) {
      const found = await this.#find(path, published);
      if (found !== null) return found;
    }
    return Response.json({ code: "notFound", message: `There is no "${path}"` }, { ...FLEETING, status: 404 });
  }

  async #find(path: string, published: Published): Promise<Response | null> {
    const { manifest: { name, version }, files, npm } = published;
    switch (path) {
      case `/${name}/meta.json`:
        return Response.json({ latest: version, versions: { [version]: {} } }, FLEETING);
      case `/${name}/${version}_meta.json`:
        return Response.json(await versionMetaOf(published), FLEETING);
      case `/${npm.name}`:
        return Response.json(await packumentOf(published, `${this.url}${npm.name}.tgz`), FLEETING);
      case `/${npm.name}.tgz`:
        return new Response(npm.tarball, FLEETING);
    }
    const folder = `/${name}/${version}`;
    const file = path.startsWith(folder) ? files.get(path.slice(folder.length)) : undefined;
    return file === undefined ? null : new Response(file, FLEETING);
  }
}
