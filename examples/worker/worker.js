/**
 * A dedicated worker that campaigns for a lock, holds the lease and does the work, in Deno and in browsers.
 *
 * It accepts the messages { ask: "start", library, options }, { ask: "resign" } and { ask: "stop" }. It sends
 * { told: "follows" }, "leads", "step", "at risk", "stands down", "not given back", "failed" and, at last, "ended".
 */

const stop = new AbortController();
let lease = null;

addEventListener("message", ({ data }) => {
  if (data.ask === "start") campaign(data);
  if (data.ask === "resign") lease?.release().catch(() => {}); // A failure is reported as an event.
  if (data.ask === "stop") stop.abort();
});

/** The library's address comes with the message, because the import map of a page does not apply to its workers. */
async function campaign({ library, options }) {
  try {
    const { Locker } = await import(library);
    const locker = await Locker.open({ ...options, onEvent });
    await locker.lead(term, { signal: stop.signal }).finally(() => locker.close());
  } catch (error) {
    // The abort is the normal end of a campaign.
    if (error !== stop.signal.reason) fail(error);
  }
  postMessage({ told: "ended" });
}

/** One term as leader. The record is removed only after this has settled, so two terms never overlap. */
async function term(granted) {
  lease = granted;
  const { token, signal } = lease;
  postMessage({ told: "leads", token });
  let step = 0;
  const timer = setInterval(() => {
    // One step of the work goes here. Pass the token with each write.
    if (lease.held) postMessage({ told: "step", step: ++step, token });
  }, 1000);
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  clearInterval(timer);
  postMessage({ told: "stands down", token, why: String(signal.reason) });
}

function onEvent({ type, remaining, error }) {
  if (type === "waiting") postMessage({ told: "follows" });
  if (type === "at_risk") postMessage({ told: "at risk", remaining });
  if (type === "release_failed") postMessage({ told: "not given back", why: error.message });
}

function fail(error) {
  postMessage({ told: "failed", why: error.message });
}
