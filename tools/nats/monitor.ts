/**
 * Client of the HTTP monitoring endpoint of a nats-server.
 *
 * @module
 */

/** Limit of one request in milliseconds. A paused server accepts connections and never answers. */
const TIMEOUT = 2_000;

/** An answer of the endpoint. `ok` is true if the HTTP status is 2xx. */
export interface Answer {
  readonly ok: boolean;
  readonly text: string;
}

/** Sends a request to the monitoring endpoint on a loopback port. Rejects if no answer comes within 2 s. */
export async function ask(port: number, path: string): Promise<Answer> {
  const abort = new AbortController();
  // Not AbortSignal.timeout(): its timer would outlive the call, and a test would report it as a leak.
  const timer = setTimeout(() => abort.abort(new Error(`no answer to ${path}`)), TIMEOUT);
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/${path}`, { signal: abort.signal });
    return { ok: answer.ok, text: await answer.text() };
  } finally {
    clearTimeout(timer);
  }
}
