/** One lock in the list. */

import type { JSX } from "preact";
import type { Leadership } from "../../../src/lease/leadership.ts";
import { TimeLeft } from "./bar.tsx";
import type { Shown, Store } from "./store.ts";
import { Timeline } from "./timeline.tsx";
import { duration, PHASES, shortId } from "./words.ts";

/** Returns where a holder runs, as far as known, in one line. */
export function placeOf({ holder, meta }: Leadership): string {
  const said = (field: string) => typeof meta[field] === "string" ? [meta[field] as string] : [];
  return [shortId(holder), ...said("runtime"), ...said("host")].filter((text) => text !== "").join(" · ");
}

/** A holder's name with its colour. */
export function Holder({ store, shown: { lock, phase } }: { store: Store; shown: Shown }): JSX.Element {
  const { leader } = lock;
  if (phase === "vacant" || leader === null) return <span class="muted">nobody</span>;
  if (phase === "foreign") return <span class="muted">a value that is not a holder's id</span>;
  const name = leader.name || leader.holder || "a stranger";
  return (
    <>
      <span class="name">
        <i class={`swatch c${store.colour(leader.name || leader.holder)}`} />
        <span class="clip">{name}</span>
      </span>
      <span class="sub clip">{phase === "stale" ? "when last seen" : placeOf(leader)}</span>
    </>
  );
}

function Since({ store, shown: { lock, phase } }: { store: Store; shown: Shown }): JSX.Element {
  const last = lock.tenures.at(-1);
  if (phase === "stale" || !last) return <span class="muted">–</span>;
  const from = phase === "vacant" ? last.to ?? last.from : last.from;
  return <span class={phase === "vacant" ? "muted" : ""}>{duration(store.second.value - from)}</span>;
}

/** The row of a key, at its place in the list. */
export function Row({ store, name, index, top }: { store: Store; name: string; index: number; top: number }) {
  const shown = store.shown(name).value;
  if (!shown) return null;
  const { lock, phase } = shown;
  const isOpen = store.open.value === name;
  const toggle = () => store.open.value = isOpen ? null : name;
  return (
    <div
      class={`row ${phase} ${isOpen ? "open" : ""}`}
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${top}px)` }}
      data-key={name}
      data-phase={phase}
      data-token={lock.leader?.token ?? ""}
      onClick={toggle}
    >
      <div class="cell key" role="cell">
        <button type="button" class="link" data-index={index} aria-expanded={isOpen}>
          <span class="clip">{name}</span>
        </button>
        <span class={`pill ${phase}`}>{PHASES[phase]}</span>
      </div>
      <div class="cell holder" role="cell">
        <Holder store={store} shown={shown} />
      </div>
      <div class="cell token number" role="cell">{phase === "vacant" ? "" : lock.leader?.token ?? ""}</div>
      <div class="cell since number" role="cell">
        <Since store={store} shown={shown} />
      </div>
      <div class="cell time" role="cell">
        <TimeLeft store={store} shown={shown} />
      </div>
      <div class="cell line" role="cell">
        <Timeline store={store} shown={shown} />
      </div>
      <div class="cell turns number" role="cell">{lock.transitions}</div>
    </div>
  );
}
