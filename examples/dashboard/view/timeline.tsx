/** Shows who held a lock when: one band per tenure, coloured by holder, with gaps and ends marked. */

import type { JSX } from "preact";
import type { Tenure } from "../model/tenure.ts";
import type { Shown, Store } from "./store.ts";
import { clockTime, counted, duration, ENDINGS } from "./words.ts";

interface Band {
  readonly left: number;
  readonly width: number;
  readonly tenure: Tenure;
}

/** Returns the position of a time between two others, in per cent. */
function share(time: number, from: number, to: number): number {
  return Math.max(0, Math.min(100, (time - from) / (to - from) * 100));
}

function bands({ lock, phase }: Shown, from: number, to: number): Band[] {
  // A band ends where it is not known that the hold goes on.
  const known = phase === "held" || phase === "foreign" ? to : phase === "overdue" ? lock.end ?? to : lock.storedAt;
  return lock.tenures.filter((tenure) => (tenure.to ?? known) > from).map((tenure) => {
    const left = share(tenure.from, from, to);
    return { left, width: share(tenure.to ?? known, from, to) - left, tenure };
  });
}

function describe(tenures: readonly Band[], span: number): string {
  const crashes = tenures.filter(({ tenure }) => tenure.ending === "expired").length;
  const released = tenures.filter(({ tenure }) => tenure.ending === "released").length;
  const last = `In the last ${duration(span)}`;
  return `${last}: ${counted(tenures.length, "tenure")}, ${released} given back, ${crashes} crashed`;
}

/** Returns the tool tip of a tenure. */
function tip({ name, token, from, to, ending }: Tenure): string {
  const until = to === null ? "now" : clockTime(to);
  return `${name}, token ${token}\n${clockTime(from)} to ${until}${ending ? `\n${ENDINGS[ending]}` : ""}`;
}

/** The timeline of one lock, up to now. */
export function Timeline({ store, shown }: { store: Store; shown: Shown }): JSX.Element {
  const span = store.span.value;
  const now = store.second.value || store.now.peek();
  const all = bands(shown, now - span, now);
  return (
    <div class={`timeline ${shown.phase}`} role="img" aria-label={describe(all, span)}>
      {store.blind.map(({ from, to }) => {
        const left = share(from, now - span, now);
        const width = share(to ?? now, now - span, now) - left;
        return width > 0 && <div key={from} class="blind" style={{ left: `${left}%`, width: `${width}%` }} />;
      })}
      {all.map(({ left, width, tenure }) => (
        <div
          key={tenure.token}
          class={`band c${store.colour(tenure.name)} ${tenure.ending ?? "open"}`}
          style={{ left: `${left}%`, width: `${width}%` }}
          title={tip(tenure)}
        />
      ))}
    </div>
  );
}
