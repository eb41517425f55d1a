/** A live dashboard of a bucket of locks: a static page that connects to NATS directly, with an observer's rights. */

import { render } from "preact";
import { DemoApi } from "./feed/demo_api.ts";
import type { Settings } from "./model/link.ts";
import { App } from "./view/app.tsx";
import { Store } from "./view/store.ts";

/** Reads settings from an address with `?servers=wss://…&bucket=locks`. Credentials do not belong in an address. */
function settingsOfAddress(): Partial<Settings> {
  const query = new URLSearchParams(location.search);
  const [servers, bucket] = [query.get("servers"), query.get("bucket")];
  return { ...servers ? { servers } : {}, ...bucket ? { bucket } : {} };
}

async function main(): Promise<void> {
  const api = new DemoApi();
  const store = new Store();
  const given = await api.settings();
  const known: Partial<Settings> = given ?? settingsOfAddress();
  const { servers, bucket } = known;
  const connecting = servers && bucket ? store.connect({ ...known, servers, bucket }) : Promise.resolve();
  const root = document.querySelector("#app");
  if (root) render(<App store={store} api={api} known={known} />, root);
  await connecting;
}

void main();
