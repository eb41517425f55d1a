/**
 * The HTTP endpoint on which a nats-server tells of itself.
 *
 * @module
 */

/** A paused server accepts connections and never answers. */
const TIMEOUT = 2_000;

/** What the endpoint said, and whether it said so with a good status. */
export interface Answer {
  readonly ok: boolean;
  readonly text: string;
}

/** Asks the monitor on a port of loopback; rejects if no answer comes soon. */
export async function ask(port: number, path: string): Promise<Answer> {
  const abort = new AbortController();
  // Not AbortSignal.timeout(): its timer would outlive the call and be taken for a leak by a test.
  const timer = setTimeout(() => abort.abort(new Error(`no answer to ${path}`)), TIMEOUT);
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/${path}`, { signal: abort.signal });
    return { ok: answer.ok, text: await answer.text() };
  } finally {
    clearTimeout(timer);
  }
}
