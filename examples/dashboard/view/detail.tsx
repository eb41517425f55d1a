/** Everything that is known about one lock. */

import { useLayoutEffect, useRef } from "preact/hooks";
import type { JSX } from "preact";
import type { Leadership } from "../../../src/lease/leadership.ts";
import type { Tenure } from "../model/tenure.ts";
import { TimeLeft } from "./bar.tsx";
import type { Shown, Store } from "./store.ts";
import { Timeline } from "./timeline.tsx";
import { clockTime, duration, ENDINGS, PHASES } from "./words.ts";

/** How many of the latest tenures are shown. */
const SHOWN = 20;

function Facts({ leader, end }: { leader: Leadership; end: number | null }): JSX.Element {
  const facts: (readonly [string, string])[] = [
    ["Name", leader.name || "none given"],
    ["Id", leader.holder || "none"],
    ["Token", String(leader.token)],
    ["Revision", String(leader.revision)],
    ["Lease", leader.ttl ? duration(leader.ttl) : "not stated by its holder"],
    ["Since", leader.since ? `${clockTime(leader.since)} by its holder's clock` : "not stated"],
    ["Good until", end ? clockTime(end) : "not known"],
    ...Object.entries(leader.meta).map(([field, value]) => [field, textOf(value)] as const),
  ];
  return (
    <dl class="facts">
      {facts.map(([term, text], i) => (
        <div key={i}>
          <dt>{term}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function Tenures({ store, tenures }: { store: Store; tenures: readonly Tenure[] }): JSX.Element {
  if (tenures.length === 0) return <p class="muted">None seen since this page was opened.</p>;
  const latest = tenures.slice(-SHOWN).reverse();
  return (
    <ol class="tenures">
      {latest.map(({ token, name, from, sawBegin, to, ending }, i) => {
        const next = latest[i - 1];
        const gap = next && to !== null ? next.from - to : 0;
        return (
          <li key={token} class={ending ?? "open"}>
            {gap >= 50 && <span class="gap">vacant for {(gap / 1000).toFixed(1)} s</span>}
            <i class={`swatch c${store.colour(name)}`} />
            <strong class="clip">{name}</strong> <span class="number">token {token}</span>
            <div class="sub">
              {sawBegin ? "" : "before "}
              {clockTime(from)} – {to === null ? "now" : clockTime(to)}, {duration((to ?? store.second.value) - from)}
              {ending && <span class={`ending ${ending}`}>{ENDINGS[ending]}</span>}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

/** What a screen reader says at each change of the lock. */
function newsOf({ lock: { key, leader }, phase }: Shown): string {
  return `${key}: ${PHASES[phase]}${phase === "held" && leader ? ` by ${leader.name || leader.holder}` : ""}`;
}

function Body({ store, shown }: { store: Store; shown: Shown }): JSX.Element {
  const { lock, phase } = shown;
  return (
    <>
      <p class="unseen" role="status">{newsOf(shown)}</p>
      <TimeLeft store={store} shown={shown} />
      {phase === "stale" && <p class="muted">This is what was seen last. It is not known who leads now.</p>}
      {lock.leader && <Facts leader={lock.leader} end={lock.end} />}
      <h3>Waiting</h3>
      <p class="muted">
        Candidates that wait leave no record, so they cannot be listed.
      </p>
      <h3>Tenures</h3>
      <Timeline store={store} shown={shown} />
      <Tenures store={store} tenures={lock.tenures} />
    </>
  );
}

/** The panel with the details, beside the list. */
export function Detail({ store, name }: { store: Store; name: string }): JSX.Element | null {
  const title = useRef<HTMLHeadingElement>(null);
  const shown = store.shown(name).value;
  const close = () => {
    store.open.value = null;
    document.querySelector<HTMLElement>(`[data-key="${CSS.escape(name)}"] button`)?.focus();
  };
  useLayoutEffect(() => title.current?.focus(), [name]);
  if (!shown) return null;
  const onKeyDown = (event: KeyboardEvent) => event.key === "Escape" && close();
  return (
    <aside class="detail" aria-label={`Lock ${name}`} onKeyDown={onKeyDown}>
      <div class="heading">
        <h2 ref={title} tabIndex={-1}>{name}</h2>
        <span class={`pill ${shown.phase}`}>{PHASES[shown.phase]}</span>
        <button type="button" class="quiet" onClick={close}>Close</button>
      </div>
      <Body store={store} shown={shown} />
    </aside>
  );
}
