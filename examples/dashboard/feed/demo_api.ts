/** The requests of the page to the server that served it: settings, and the demo if there is one. */

import type { Settings } from "../model/link.ts";

/** One candidate process of the demo. */
export interface DemoCandidate {
  readonly name: string;
  /** Key of the lock that it wants. */
  readonly key: string;
  readonly runs: boolean;
}

/** The state of the demo. */
export interface DemoState {
  readonly candidates: readonly DemoCandidate[];
  readonly serverRuns: boolean;
}

/** An action of the panel. */
export interface DemoAct {
  readonly act: "start" | "stop" | "kill" | "server-stop" | "server-start";
  /** Name of the candidate; missing for the server. */
  readonly name?: string;
}

/** Sends requests to the page's own server. The key in the address proves that the user opened the printed address. */
export class DemoApi {
  readonly #key = new URLSearchParams(location.hash.slice(1)).get("key") ?? "";

  /** Returns the settings of the command line; `null` if another server serves the page. */
  async settings(): Promise<Settings | null> {
    try {
      return await this.#ask("settings", {}) as Settings;
    } catch {
      return null;
    }
  }

  /** The state of the demo. */
  async state(): Promise<DemoState> {
    return await this.#ask("demo", {}) as DemoState;
  }

  /** Performs an action and returns the state of the demo after it. */
  async perform(act: DemoAct): Promise<DemoState> {
    return await this.#ask("demo", { method: "POST", body: JSON.stringify(act) }) as DemoState;
  }

  async #ask(what: string, init: RequestInit): Promise<unknown> {
    const response = await fetch(`api/${what}`, { ...init, headers: { "x-dashboard-key": this.#key } });
    if (!response.ok) throw new Error(`The page's server answers ${response.status}`);
    return await response.json();
  }
}
