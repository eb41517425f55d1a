/**
 * Serves the files of a folder to a browser on this machine.
 *
 * @module
 */

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml",
  png: "image/png",
};

/**
 * Refuses a request for a host name that another site has pointed at this machine (DNS rebinding). Returns `null` for
 * `127.0.0.1` and `localhost`.
 */
export function refusalOf(request: Request): Response | null {
  const { hostname } = new URL(request.url);
  return hostname === "127.0.0.1" || hostname === "localhost" ? null : new Response(null, { status: 421 });
}

/** Answers with the requested file. Never reads a hidden file, or one outside of the folder. */
export async function answerFile(folder: string, request: { readonly url: string }): Promise<Response> {
  const { pathname } = new URL(request.url);
  const name = decoded(pathname.endsWith("/") ? `${pathname}index.html` : pathname);
  const type = TYPES[/^(?:\/(?!\.)[^/\\\0]+)+\.(\w+)$/.exec(name)?.[1] ?? ""];
  const bytes = type && await Deno.readFile(`${folder}${name}`).catch(() => null);
  if (!bytes) return new Response("There is no such page\n", { status: 404 });
  const headers = { "content-type": type, "cache-control": "no-store", "x-content-type-options": "nosniff" };
  return new Response(bytes, { headers });
}

/** The path without percent-encoding; empty if that is malformed. */
function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return "";
  }
}
