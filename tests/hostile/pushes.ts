/**
 * What a hostile store does: it answers nothing in time, and pushes without end.
 *
 * @module
 */

import { ConnectionError } from "@x/natslock";
import type { Hint, ReadOutcome, WriteOutcome } from "../../src/store/store.ts";
import { type Kind, record } from "./answers.ts";
import type { Scene, Script } from "./store.ts";

const late = () => new ConnectionError("timeout", "Cannot tell how it ended: no answer in time");

function after<Outcome>({ clock, request }: Scene<{ timeout?: number | undefined }>, outcome: () => Outcome) {
  return new Promise<Outcome>((resolve, reject) => {
    clock.after(request.timeout ?? 2000, () => {
      try {
        resolve(outcome());
      } catch (error) {
        reject(error);
      }
    });
  });
}

const swallow = {
  settings: (scene) =>
    after(scene, () => {
      throw late();
    }),
  read: (scene) => after(scene, (): ReadOutcome => ({ kind: "failed", error: late() })),
  write: (scene) => after(scene, (): WriteOutcome => ({ kind: "unknown", error: late() })),
  remove: (scene) => after(scene, (): WriteOutcome => ({ kind: "unknown", error: late() })),
} satisfies Script;

/** A connection that swallows requests: each ends by its own timeout. */
export const SWALLOWING: readonly Kind[] = [
  ["all requests: no answer in time", () => swallow],
  ["settings: no answer in time", () => ({ settings: swallow.settings })],
  ["writes: no answer in time", () => ({ write: swallow.write })],
  ["reads: no answer in time", () => ({ read: swallow.read })],
  ["removals: no answer in time", () => ({ remove: swallow.remove })],
  ["writes and removals: no answer in time", () => ({ write: swallow.write, remove: swallow.remove })],
];

let pushed = 1_000_000;
const HINTS: readonly (readonly [title: string, hint: () => Hint])[] = [
  ["vacant at ever higher revisions", () => ({ kind: "seen", keyState: { kind: "vacant", revision: ++pushed } })],
  ["vacant at 0", () => ({ kind: "seen", keyState: { kind: "vacant", revision: 0 } })],
  ["another's record at ever higher revisions", () => ({
    kind: "seen",
    keyState: { kind: "held", revision: ++pushed, record: record() },
  })],
  ["a foreign value at ever higher revisions", () => ({
    kind: "seen",
    keyState: { kind: "foreign", revision: ++pushed },
  })],
  ["gaps", () => ({ kind: "gap" })],
  [
    "the connection is down",
    () => ({ kind: "down", error: new ConnectionError("unavailable", "The connection is down") }),
  ],
  ["the watch is denied", () => ({ kind: "denied", error: new ConnectionError("denied", "Cannot watch: denied") })],
];

/** Pushes at each request, or every 20 ms. */
export const PUSHES: readonly Kind[] = HINTS.flatMap(([title, hint]) => {
  const telling = <Request, Outcome>({ tell }: Scene<Request>, sane: () => Promise<Outcome>): Promise<Outcome> => {
    for (let push = 0; push < 3; push++) tell(hint());
    return sane();
  };
  const changes = hint().kind === "seen";
  return [
    [`pushes at each request: ${title}`, () => ({ read: telling, write: telling, remove: telling, changes })],
    [`pushes every 20 ms: ${title}`, () => ({ pushes: { every: 20, hint }, changes })],
  ] satisfies Kind[];
});

/** Watches that fail, or push before they have begun. */
export const WATCHES: readonly Kind[] = [
  ["watches: a plain Error thrown at once", () => ({
    watch: () => {
      throw new Error("a plain error of the store");
    },
  })],
  ...HINTS.map(([title, hint]): Kind => [`pushes before the watch has begun: ${title}`, () => ({
    watch: (listener) => listener(hint()),
  })]),
];
