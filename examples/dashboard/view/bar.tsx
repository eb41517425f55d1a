/** The time left of a lease: a bar that drains by itself and refills with each renewal. */

import { useLayoutEffect, useRef } from "preact/hooks";
import type { JSX } from "preact";
import type { Shown, Store } from "./store.ts";
import { tenths } from "./words.ts";

/** How long a bar takes to refill, in milliseconds. */
const REFILL = 160;

/** Starts the animation. It runs in the compositor, without script or layout between two renewals. */
function drain(element: HTMLElement, left: number, ttl: number): () => void {
  const from = new DOMMatrix(getComputedStyle(element).transform).a;
  const full = Math.min(1, left / ttl);
  const scale = (share: number) => `scaleX(${share})`;
  const frames = [
    { transform: scale(from), offset: 0 },
    { transform: scale(full), offset: Math.min(1, REFILL / left) },
    { transform: scale(0), offset: 1 },
  ];
  const animation = element.animate(frames, { duration: left, fill: "forwards" });
  return () => {
    // The next animation starts at the current position.
    element.style.transform = getComputedStyle(element).transform;
    animation.cancel();
  };
}

/** The bar alone. */
export function Bar({ store, shown: { lock, phase } }: { store: Store; shown: Shown }): JSX.Element {
  const fill = useRef<HTMLDivElement>(null);
  const { end, revision, leader } = lock;
  const isRunning = phase === "held" && end !== null;
  useLayoutEffect(() => {
    const element = fill.current;
    const left = (end ?? 0) - store.now.peek();
    return element && leader && left > 0 ? drain(element, left, leader.ttl) : undefined;
  }, [revision, isRunning, end]);
  return (
    <div class={`bar ${phase}`} aria-hidden="true">
      {isRunning && <div class="fill" ref={fill} />}
    </div>
  );
}

/** The bar with a number beside it, and as a meter for screen readers. */
export function TimeLeft({ store, shown }: { store: Store; shown: Shown }): JSX.Element {
  const { lock: { end, leader }, phase } = shown;
  if (phase === "stale") return <span class="muted">not known now</span>;
  if (phase === "vacant" || leader === null) return <span class="muted">free to take</span>;
  if (end === null) return <span class="muted">not stated by its holder</span>;
  const left = Math.max(0, end - store.now.value);
  const text = phase === "overdue" ? "over" : tenths(left);
  return (
    <div
      class="left"
      role="meter"
      aria-label="Time left"
      aria-valuemin={0}
      aria-valuemax={leader.ttl / 1000}
      aria-valuenow={Math.min(leader.ttl, Math.round(left)) / 1000}
      aria-valuetext={text}
    >
      <Bar store={store} shown={shown} />
      <span class="number">{text}</span>
    </div>
  );
}
