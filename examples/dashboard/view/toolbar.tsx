/** Search, filter, order, and the length of the timelines. */

import { useLayoutEffect, useRef } from "preact/hooks";
import type { JSX } from "preact";
import type { Filter, Order, Selection } from "../model/selection.ts";
import type { Store } from "./store.ts";
import { counted } from "./words.ts";

const FILTERS: readonly (readonly [Filter, string])[] = [
  ["all", "All"],
  ["held", "Held"],
  ["vacant", "Vacant"],
  ["attention", "Attention"],
];
const ORDERS: readonly (readonly [Order, string])[] = [["key", "Key"], ["recent", "Latest turn"], [
  "busiest",
  "Most turns",
]];
const SPANS: readonly (readonly [number, string])[] = [[120_000, "2 min"], [600_000, "10 min"], [3_600_000, "1 h"]];

/** Focuses the search field when the user presses "/", as code hosting sites do. */
function useSlash(): { readonly current: HTMLInputElement | null } {
  const field = useRef<HTMLInputElement>(null);
  // Before the field is painted: who sees it can press the key at once.
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && /^(?:INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.key !== "/" || isTyping) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
  return field;
}

/** The controls for what is shown. */
export function Toolbar({ store }: { store: Store }): JSX.Element {
  const field = useSlash();
  const { search, filter, order } = store.selection.value;
  const change = (part: Partial<Selection>) => store.selection.value = { ...store.selection.value, ...part };
  return (
    <div class="toolbar" role="search">
      <input
        ref={field}
        type="search"
        aria-label="Search locks by key, holder or meta"
        placeholder="Search key, holder, meta   /"
        value={search}
        onInput={(event) => change({ search: event.currentTarget.value })}
      />
      <div class="segments" role="group" aria-label="Filter">
        {FILTERS.map(([value, text]) => (
          <button
            type="button"
            key={value}
            aria-pressed={filter === value}
            onClick={() => change({ filter: value })}
          >
            {text}
          </button>
        ))}
      </div>
      <label>
        Sort
        <select value={order} onChange={(event) => change({ order: event.currentTarget.value as Order })}>
          {ORDERS.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
        </select>
      </label>
      <label>
        Timeline
        <select value={store.span.value} onChange={(event) => store.span.value = Number(event.currentTarget.value)}>
          {SPANS.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
        </select>
      </label>
      <span class="found" role="status">{counted(store.keys.value.length, "lock")}</span>
    </div>
  );
}
