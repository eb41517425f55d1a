/** The list of locks. Only visible rows are in the document. */

import { type Signal, useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { JSX } from "preact";
import { Row } from "./row.tsx";
import type { Store } from "./store.ts";
import { duration } from "./words.ts";

/** Heights of a row in pixels, as in style.css. */
const HEIGHT = { wide: 60, narrow: 136 } as const;
/** Narrower lists stack the cells of a row, as in style.css. */
const STACKED = 700;
/** How many rows beyond each end are rendered too. */
const SPARE = 4;

interface Range {
  readonly height: number;
  readonly first: number;
  readonly last: number;
}

/** Tracks which rows are visible. */
function useRange(body: { readonly current: HTMLElement | null }): Signal<Range> {
  const range = useSignal<Range>({ height: HEIGHT.wide, first: 0, last: 20 });
  useLayoutEffect(() => {
    const measure = () => {
      const height = (body.current?.clientWidth ?? innerWidth) < STACKED ? HEIGHT.narrow : HEIGHT.wide;
      const top = body.current?.getBoundingClientRect().top ?? 0;
      const first = Math.max(0, Math.floor(-top / height) - SPARE);
      const last = Math.ceil((innerHeight - top) / height) + SPARE;
      const { value } = range;
      if (value.height !== height || value.first !== first || value.last !== last) {
        range.value = { height, first, last };
      }
    };
    measure();
    addEventListener("scroll", measure, { passive: true });
    addEventListener("resize", measure);
    // Notices above the list appear and disappear.
    const timer = setInterval(measure, 500);
    return () => {
      removeEventListener("scroll", measure);
      removeEventListener("resize", measure);
      clearInterval(timer);
    };
  }, []);
  return range;
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
  Home: -Infinity,
  End: Infinity,
};

/** Moves the focus from row to row, even to rows that are not in the document yet. */
function move(event: KeyboardEvent, body: HTMLElement, count: number, height: number): void {
  const step = STEPS[event.key];
  const from = event.target instanceof HTMLElement ? event.target.dataset["index"] : undefined;
  if (step === undefined || from === undefined) return;
  event.preventDefault();
  const to = Math.max(0, Math.min(count - 1, Number(from) + step));
  const top = body.getBoundingClientRect().top + to * height;
  if (top < height || top > innerHeight - 2 * height) scrollBy({ top: top - innerHeight / 2 });
  const focus = () => body.querySelector<HTMLElement>(`[data-index="${to}"]`)?.focus();
  requestAnimationFrame(() => requestAnimationFrame(focus));
}

function Head({ store }: { store: Store }): JSX.Element {
  const titles = ["Lock", "Holder", "Token", "Since", "Time left", `Last ${duration(store.span.value)}`, "Turns"];
  return (
    <div class="row head" role="row" aria-rowindex={1}>
      {titles.map((title, column) => (
        <div key={column} class="cell" role="columnheader">
          {title}
        </div>
      ))}
    </div>
  );
}

/** The table of all selected locks. */
export function Table({ store }: { store: Store }): JSX.Element {
  const body = useRef<HTMLDivElement>(null);
  const range = useRange(body);
  const keys = store.keys.value;
  const { height, first, last } = range.value;
  const onKeyDown = (event: KeyboardEvent) => body.current && move(event, body.current, keys.length, height);
  return (
    <div class="table" role="table" aria-label="Locks" aria-rowcount={keys.length + 1}>
      <div role="rowgroup">
        <Head store={store} />
      </div>
      <div
        class="body"
        role="rowgroup"
        ref={body}
        style={{ height: `${keys.length * height}px` }}
        onKeyDown={onKeyDown}
      >
        {keys.slice(first, last).map((key, i) => (
          <Row key={key} store={store} name={key} index={first + i} top={(first + i) * height} />
        ))}
      </div>
    </div>
  );
}
