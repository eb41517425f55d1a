/**
 * Campaigns for a lock in this tab, in the page or in a worker, and shows who leads.
 */

import { Locker } from "@x/natslock";

const WORK = "../worker/worker.js";
const form = document.querySelector("form");
const element = (id) => document.getElementById(id);

/** The page's address holds the settings, by the form's field names. The form's button reloads the page with them. */
for (const [name, value] of new URLSearchParams(location.search)) {
  const field = form.elements.namedItem(name);
  if (field) field.value = value;
}
const { where, ttl, ...settings } = Object.fromEntries(new FormData(form));
const name = `tab-${crypto.getRandomValues(new Uint16Array(1))[0].toString(16).padStart(4, "0")}`;
const options = { ...settings, ttl: Number(ttl), name };

element("name").textContent = name;
if (new URLSearchParams(location.search).has("servers")) await main().catch(fail);
else show("Not a candidate: choose a server and campaign");

async function main() {
  show("Connects");
  if (!isSecureContext) throw new Error("A candidate needs a page from https: or localhost");
  const stop = new AbortController();
  // Campaign and observer share one Locker, and so one connection, unless the worker has its own.
  const locker = await Locker.open({ ...options, onEvent });
  element("stop").addEventListener("click", () => stop.abort());
  const campaign = where === "worker" ? leadInWorker(stop.signal) : leadHere(locker, stop.signal);
  campaign.catch(fail).finally(() => enable(false));
  for await (const leader of locker.observe()) showLeader(leader);
}

/** Campaigns until the signal aborts. */
async function leadHere(locker, signal) {
  enable(true, "stop");
  try {
    await locker.lead(term, { signal });
  } catch (error) {
    // The abort is the normal end of a campaign.
    if (error !== signal.reason) throw error;
  }
  tell({ told: "ended" });
}

/** One term as leader. The record is removed only after this has settled, so two terms never overlap. */
async function term(lease) {
  const { token, signal } = lease;
  tell({ told: "leads", token });
  // A failure is reported as an event.
  const release = () => lease.release().catch(() => {});
  element("resign").addEventListener("click", release, { signal });
  // A tab that is left, closed or frozen would keep the lock until its lease expires.
  addEventListener("pagehide", release, { signal });
  document.addEventListener("freeze", release, { signal });
  let step = 0;
  const timer = setInterval(() => {
    // One step of the work goes here. Pass the token with each write. The tab may have been frozen until now.
    if (lease.held) tell({ told: "step", step: ++step, token });
  }, 1000);
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  clearInterval(timer);
  tell({ told: "stands down", token, why: String(signal.reason) });
}

/** Does the same in a worker, which is controlled by messages. */
function leadInWorker(signal) {
  enable(true, "stop");
  const worker = new Worker(WORK, { type: "module" });
  const ask = (what) => () => worker.postMessage({ ask: what });
  element("resign").addEventListener("click", ask("resign"));
  signal.addEventListener("abort", ask("stop"));
  // A worker ends with its page. This message often arrives before that. If not, or if the page is frozen, the lease
  // expires.
  addEventListener("pagehide", ask("resign"));
  worker.postMessage({ ask: "start", library: import.meta.resolve("@x/natslock"), options });
  return new Promise((resolve, reject) => {
    worker.addEventListener("message", ({ data }) => {
      tell(data);
      if (data.told === "ended") resolve(worker.terminate());
    });
    worker.addEventListener("error", () => reject(new Error(`Cannot run the worker "${WORK}"`)));
  });
}

function onEvent({ type, remaining, error }) {
  if (type === "waiting") tell({ told: "follows" });
  if (type === "at_risk") tell({ told: "at risk", remaining });
  if (type === "release_failed") tell({ told: "not given back", why: error.message });
}

/** Shows what the candidate reports, whether it runs here or in a worker. */
function tell({ told, token, step, remaining, why }) {
  if (told === "step") return void (element("steps").textContent = step);
  if (told === "failed") return fail(new Error(why));
  if (told === "at risk") return log(`Cannot renew: ${Math.round(remaining)} ms are left`);
  if (told === "not given back") return log(why);
  if (told === "leads") show(`Leads, token ${token}`, "leads");
  if (told === "stands down") show(`Stood down, token ${token}`);
  if (told === "follows") show("Follows: waits for the lead", "follows");
  if (told === "ended") show("No longer a candidate");
  if (told === "stands down") log(why);
  enable(told === "leads", "resign");
}

function show(state, kind = "none") {
  element("state").textContent = state;
  document.body.dataset.state = kind;
  document.title = `${state} - natslock`;
  log(state);
}

function showLeader(leader) {
  const who = leader && (leader.name || leader.holder || "a stranger");
  const mine = who === name ? " (this tab)" : "";
  element("leader").textContent = leader ? `${who}${mine}, token ${leader.token}` : "Nobody";
}

function enable(whether, ...ids) {
  for (const id of ids.length > 0 ? ids : ["resign", "stop"]) element(id).disabled = !whether;
}

function log(text) {
  const item = document.createElement("li");
  item.textContent = `${new Date().toLocaleTimeString()} ${text}`;
  element("log").prepend(item);
}

function fail(error) {
  element("error").textContent = error.message;
  show("Failed");
}
