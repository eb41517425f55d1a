/** What the page asks of the server that it came from: settings, and the demo if there is one. */

import type { Settings } from "../model/link.ts";

/** One process of the demo. */
export interface DemoCandidate {
  readonly name: string;
  /** Key of the lock that it wants. */
  readonly key: string;
  readonly runs: boolean;
}

/** How the demo stands. */
export interface DemoState {
  readonly candidates: readonly DemoCandidate[];
  readonly serverRuns: boolean;
}

/** What the panel can do. */
export interface DemoAct {
  readonly act: "start" | "stop" | "kill" | "server-stop" | "server-start";
  /** The candidate that is meant; none for the server. */
  readonly name?: string;
}

/** Asks the page's own server; the key in the page's address proves that the user opened what it printed. */
export class DemoApi {
  readonly #key = new URLSearchParams(location.hash.slice(1)).get("key") ?? "";

  /** What the command line said; `null` where the page is served by anything else. */
  async settings(): Promise<Settings | null> {
    try {
      return await this.#ask("settings", {}) as Settings;
    } catch {
      return null;
    }
  }

  /** How the demo stands. */
  async state(): Promise<DemoState> {
    return await this.#ask("demo", {}) as DemoState;
  }

  /** Does something and says how the demo stands then. */
  async perform(act: DemoAct): Promise<DemoState> {
    return await this.#ask("demo", { method: "POST", body: JSON.stringify(act) }) as DemoState;
  }

  async #ask(what: string, init: RequestInit): Promise<unknown> {
    const response = await fetch(`api/${what}`, { ...init, headers: { "x-dashboard-key": this.#key } });
    if (!response.ok) throw new Error(`The page's server answers ${response.status}`);
    return await response.json();
  }
}
