/**
 * What a hostile store answers: answers that contradict each other, that come late, and pushes without end.
 *
 * @module
 */

import { ConnectionError } from "@x/natslock";
import type { LeaseRecord } from "../../src/record.ts";
import type { Hint, ReadOutcome, WriteOutcome } from "../../src/store.ts";
import { applied, conflict, type Kind, record, saw, sawVacant, SOME, unknown } from "./hostile_answers.ts";
import type { Scene, Script } from "./hostile_store.ts";

const ours = ({ written, id }: Scene<unknown>, fields: Partial<LeaseRecord> = {}): LeaseRecord => ({
  ...written ?? record({ holder: id, attempt: "life.1" }),
  ...fields,
});

/** A look that shows our latest write at a revision. */
const sawOurs =
  (revision: number, fields: Partial<LeaseRecord> = {}) => (scene: Scene<unknown>): Promise<ReadOutcome> =>
    saw({ kind: "held", revision, record: ours(scene, fields) });

/** A look and a write that cannot both be true. */
export const CONTRADICTIONS: readonly Kind[] = [
  ["vacant at N, and a write on N is refused at N", () => ({
    read: () => sawVacant(SOME),
    write: ({ request }) => conflict(request.expected),
    remove: ({ request }) => conflict(request.expected),
  })],
  ["vacant at N, and a write on N is refused at N + 1, then vacant at N + 1, and so on", () => {
    let revision = 100;
    return { read: () => sawVacant(revision), write: () => conflict(++revision), remove: () => conflict(++revision) };
  }],
  ["vacant at N, and a write on N is refused at another", () => ({
    read: () => sawVacant(SOME),
    write: () => conflict(1000),
    remove: () => conflict(1000),
  })],
  ["vacant at N, and a write on N is refused, in flight", () => ({
    read: () => sawVacant(SOME),
    write: () => conflict(null),
    remove: () => conflict(null),
  })],
  ["vacant at N, and a write on N is refused at 0", () => ({
    read: () => sawVacant(SOME),
    write: () => conflict(0),
    remove: () => conflict(0),
  })],
  ["vacant at N, and nothing is known of a write on N", () => ({
    read: () => sawVacant(SOME),
    write: unknown,
    remove: ({ request }) => conflict(request.expected),
  })],
  ["our latest write stands at N, and a write on N is refused at N", () => ({
    read: sawOurs(1000),
    write: ({ request }) => conflict(request.expected),
    remove: ({ request }) => conflict(request.expected),
  })],
  ["our latest write stands at N, and a write on N is refused, in flight", () => ({
    read: sawOurs(1000),
    write: () => conflict(null),
    remove: () => conflict(null),
  })],
  ["our latest write stands at N, and nothing is known of a write on N", () => ({
    read: sawOurs(1000),
    write: unknown,
    remove: unknown,
  })],
  ["our own id with another attempt stands at N, and a write on N is refused at N", () => ({
    read: sawOurs(1000, { attempt: "life.1" }),
    write: ({ request }) => conflict(request.expected),
    remove: ({ request }) => conflict(request.expected),
  })],
  ["our own id with another attempt stands, and all is applied", () => {
    let revision = 1000;
    return {
      read: sawOurs(1000, { attempt: "life.1" }),
      write: () => applied(++revision),
      remove: () => applied(++revision),
    };
  }],
  ["all is applied, and the look says vacant at 0", () => {
    let revision = 1000;
    return { read: () => sawVacant(0), write: () => applied(++revision), remove: () => applied(++revision) };
  }],
  ["removals are applied, and our record stands all the same", () => {
    let revision = 1000;
    return { read: sawOurs(1000), remove: () => applied(++revision) };
  }],
  ["a stream that lost revisions: all is applied far below what was seen", () => {
    let [revision, looks] = [1, 0];
    return {
      read: () => sawVacant(looks++ === 0 ? 50_000 : revision),
      write: () => applied(++revision),
      remove: () => applied(++revision),
    };
  }],
];

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
  terms: (scene) =>
    after(scene, () => {
      throw late();
    }),
  read: (scene) => after(scene, (): ReadOutcome => ({ kind: "failed", error: late() })),
  write: (scene) => after(scene, (): WriteOutcome => ({ kind: "unknown", error: late() })),
  remove: (scene) => after(scene, (): WriteOutcome => ({ kind: "unknown", error: late() })),
} satisfies Script;

/** A line that swallows requests: each ends by its own time. */
export const SWALLOWING: readonly Kind[] = [
  ["all requests: no answer in time", () => swallow],
  ["writes: no answer in time", () => ({ write: swallow.write })],
  ["looks: no answer in time", () => ({ read: swallow.read })],
  ["removals: no answer in time", () => ({ remove: swallow.remove })],
  ["writes and removals: no answer in time", () => ({ write: swallow.write, remove: swallow.remove })],
];

let pushed = 1_000_000;
const HINTS: readonly (readonly [title: string, hint: () => Hint])[] = [
  ["vacant at ever higher revisions", () => ({ kind: "seen", sighting: { kind: "vacant", revision: ++pushed } })],
  ["vacant at 0", () => ({ kind: "seen", sighting: { kind: "vacant", revision: 0 } })],
  ["another's record at ever higher revisions", () => ({
    kind: "seen",
    sighting: { kind: "held", revision: ++pushed, record: record() },
  })],
  ["a stranger's value at ever higher revisions", () => ({
    kind: "seen",
    sighting: { kind: "foreign", revision: ++pushed },
  })],
  ["gaps", () => ({ kind: "gap" })],
  ["the line is down", () => ({ kind: "down", error: new ConnectionError("unavailable", "The line is down") })],
  ["watching is denied", () => ({ kind: "denied", error: new ConnectionError("denied", "Cannot watch: denied") })],
];

/** Pushes at each request, or all the time. */
export const PUSHES: readonly Kind[] = HINTS.flatMap(([title, hint]) => {
  const telling = <Request, Outcome>({ tell }: Scene<Request>, sane: () => Promise<Outcome>): Promise<Outcome> => {
    for (let push = 0; push < 3; push++) tell(hint());
    return sane();
  };
  return [
    [`pushes at each request: ${title}`, () => ({ read: telling, write: telling, remove: telling })],
    [`pushes each 20 ms: ${title}`, () => ({ pushes: { every: 20, hint } })],
  ] satisfies Kind[];
});
