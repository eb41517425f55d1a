/**
 * Serves the files of a folder to a browser on this machine.
 *
 * @module
 */

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript",
  css: "text/css",
};

/**
 * Refuses a request for a host name that another site has pointed at this machine (DNS rebinding). Returns `null` for
 * `127.0.0.1` and `localhost`.
 */
export function refusalOf(request: Request): Response | null {
  const { hostname } = new URL(request.url);
  return hostname === "127.0.0.1" || hostname === "localhost" ? null : new Response(null, { status: 421 });
}

/** Answers with the requested file. Never reads a file outside of the folder. */
export async function answerFile(folder: string, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const name = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
  const type = TYPES[/^(?:\/[\w-]+)+\.(\w+)$/.exec(name)?.[1] ?? ""];
  const bytes = type && await Deno.readFile(`${folder}${name}`).catch(() => null);
  if (!bytes) return new Response("There is no such page\n", { status: 404 });
  const headers = { "content-type": type, "cache-control": "no-store", "x-content-type-options": "nosniff" };
  return new Response(bytes, { headers });
}
