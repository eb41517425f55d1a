/** Controls the demo: starts, stops and kills candidates and the server. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { JSX } from "preact";
import type { DemoAct, DemoApi, DemoCandidate, DemoState } from "../feed/demo_api.ts";
import type { Store } from "./store.ts";

const REFRESH = 500;
const ACTS: readonly (readonly [DemoAct["act"], string])[] = [["start", "Start"], ["stop", "Stop"], ["kill", "Kill"]];

interface CandidateProps {
  readonly store: Store;
  readonly candidate: DemoCandidate;
  readonly perform: (act: DemoAct) => void;
}

function CandidateLine({ store, candidate: { name, key, runs }, perform }: CandidateProps): JSX.Element {
  const shown = store.shown(key).value;
  const isLeader = shown?.lock.leader?.name === name && shown.phase === "held";
  const isDoubtful = shown?.phase === "stale" || shown?.phase === "overdue";
  const part = !runs ? "down" : !shown || isDoubtful ? "unknown" : isLeader ? "leads" : "follows";
  return (
    <li>
      <span class="name">
        <i class={`swatch c${store.colour(name)}`} />
        {name}
      </span>
      <span class={`sub ${isLeader ? "leads" : ""}`}>{part}</span>
      <span class="acts">
        {ACTS.map(([act, text]) => (
          <button
            type="button"
            key={act}
            class={act === "kill" ? "danger" : ""}
            disabled={runs === (act === "start")}
            aria-label={`${text} ${name}`}
            onClick={() => perform({ act, name })}
          >
            {text}
          </button>
        ))}
      </span>
    </li>
  );
}

/** The panel. It sends requests to the page's own server, not to NATS. */
export function DemoPanel({ store, api }: { store: Store; api: DemoApi }): JSX.Element | null {
  const state = useSignal<DemoState | null>(null);
  const problem = useSignal("");
  const tell = (asking: Promise<DemoState>) =>
    asking.then((next) => {
      state.value = next;
      problem.value = "";
    }, () => problem.value = "The demo has ended. Start it again: deno task dashboard");
  useEffect(() => {
    void tell(api.state());
    const timer = setInterval(() => void tell(api.state()), REFRESH);
    return () => clearInterval(timer);
  }, []);
  const perform = (act: DemoAct) => void tell(api.perform(act));
  if (problem.value) {
    return (
      <section class="demo" aria-label="Demo">
        <p role="alert">{problem.value}</p>
      </section>
    );
  }
  if (!state.value) return null;
  const { candidates, serverRuns } = state.value;
  const act = serverRuns ? "server-stop" : "server-start";
  const keys = [...new Set(candidates.map(({ key }) => key))];
  return (
    <details class="demo" open={innerWidth > 760}>
      <summary>Demo</summary>
      <div class="heading">
        <span class="sub">Stop releases the lock; kill lets the lease run out.</span>
        <button type="button" onClick={() => perform({ act })}>{serverRuns ? "Stop" : "Start"} nats-server</button>
      </div>
      <div class="groups">
        {keys.map((key) => (
          <div key={key}>
            <h2>{key}</h2>
            <ul>
              {candidates.filter((each) => each.key === key).map((each) => (
                <CandidateLine key={each.name} store={store} candidate={each} perform={perform} />
              ))}
            </ul>
          </div>
        ))}
      </div>
    </details>
  );
}
