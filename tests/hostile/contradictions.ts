/**
 * What a hostile store answers: reads and writes that contradict each other, and random answers.
 *
 * @module
 */

import type { KeyState, LeaseRecord } from "../../src/store/record.ts";
import type { Hint, ReadOutcome, RemoveRequest, WriteOutcome } from "../../src/store/store.ts";
import { Chance } from "../sim/chance.ts";
import { applied, conflict, failed, type Kind, record, saw, sawVacant, SOME, unknown } from "./answers.ts";
import type { Scene, Script } from "./store.ts";

const ours = ({ written, id }: Scene<unknown>, fields: Partial<LeaseRecord> = {}): LeaseRecord => ({
  ...written ?? record({ holder: id, attempt: "life.1" }),
  ...fields,
});

/** Outcome of a read that finds our latest write at a revision. */
const sawOurs =
  (revision: number, fields: Partial<LeaseRecord> = {}) => (scene: Scene<unknown>): Promise<ReadOutcome> =>
    saw({ kind: "held", revision, record: ours(scene, fields) });

/** Pairs of answers to a read and a write that cannot both be true. */
export const CONTRADICTIONS: readonly Kind[] = [
  ["vacant at N, and a write that expects N is refused at N", () => ({
    read: () => sawVacant(SOME),
    write: ({ request }) => conflict(request.expected),
    remove: ({ request }) => conflict(request.expected),
  })],
  ["vacant at N, and a write that expects N is refused at N + 1, then vacant at N + 1, and so on", () => {
    let revision = 100;
    return { read: () => sawVacant(revision), write: () => conflict(++revision), remove: () => conflict(++revision) };
  }],
  ["vacant at N, and a write that expects N is refused at another revision", () => ({
    read: () => sawVacant(SOME),
    write: () => conflict(1000),
    remove: () => conflict(1000),
  })],
  ["vacant at N, and a write that expects N is refused because a write is in flight", () => ({
    read: () => sawVacant(SOME),
    write: () => conflict(null),
    remove: () => conflict(null),
  })],
  ["vacant at N, and a write that expects N is refused at 0", () => ({
    read: () => sawVacant(SOME),
    write: () => conflict(0),
    remove: () => conflict(0),
  })],
  ["vacant at N, and a write that expects N is unknown", () => ({
    read: () => sawVacant(SOME),
    write: unknown,
    remove: ({ request }) => conflict(request.expected),
  })],
  ["our latest write is at N, and a write that expects N is refused at N", () => ({
    read: sawOurs(1000),
    write: ({ request }) => conflict(request.expected),
    remove: ({ request }) => conflict(request.expected),
  })],
  ["our latest write is at N, and a write that expects N is refused because a write is in flight", () => ({
    read: sawOurs(1000),
    write: () => conflict(null),
    remove: () => conflict(null),
  })],
  ["our latest write is at N, and a write that expects N is unknown", () => ({
    read: sawOurs(1000),
    write: unknown,
    remove: unknown,
  })],
  ["our own id with another attempt is at N, and a write that expects N is refused at N", () => ({
    read: sawOurs(1000, { attempt: "life.1" }),
    write: ({ request }) => conflict(request.expected),
    remove: ({ request }) => conflict(request.expected),
  })],
  ["our own id with another attempt stays, and every write is applied", () => {
    let revision = 1000;
    return {
      read: sawOurs(1000, { attempt: "life.1" }),
      write: () => applied(++revision),
      remove: () => applied(++revision),
    };
  }],
  ["every write is applied, and the read finds the key vacant at 0", () => {
    let revision = 1000;
    return { read: () => sawVacant(0), write: () => applied(++revision), remove: () => applied(++revision) };
  }],
  ["removals are applied, and our record stays", () => {
    let revision = 1000;
    return { read: sawOurs(1000), remove: () => applied(++revision) };
  }],
  ["a stream that lost revisions: every write is applied far below what was seen", () => {
    let [revision, looks] = [1, 0];
    return {
      read: () => sawVacant(looks++ === 0 ? 50_000 : revision),
      write: () => applied(++revision),
      remove: () => applied(++revision),
    };
  }],
];

/** Number of seeds for random answers; each is one row. */
const SEEDS = 12;

function randomKeyState(scene: Scene<unknown>, chance: Chance, revision: () => number): KeyState {
  return chance.pick<() => KeyState>([
    () => ({ kind: "vacant", revision: revision() }),
    () => ({ kind: "foreign", revision: revision() }),
    () => ({ kind: "held", revision: revision(), record: record() }),
    () => ({ kind: "held", revision: revision(), record: ours(scene) }),
    () => ({ kind: "held", revision: revision(), record: ours(scene, { attempt: "life.1" }) }),
  ])();
}

/** Gives random answers with revisions near those that were written, but none that ends a wait permanently. */
function dice(seed: number): Script {
  const chance = new Chance(seed);
  let [top, epoch] = [10, 0];
  const revision = () => chance.pick([0, SOME, top, top, ++top, chance.between(0, top)]);
  const keyState = (scene: Scene<unknown>) => randomKeyState(scene, chance, revision);
  const push = (scene: Scene<unknown>) => {
    if (chance.happens(0.2)) {
      scene.tell(chance.pick<Hint>([{ kind: "gap" }, { kind: "seen", keyState: keyState(scene) }]));
    }
  };
  const edit = (scene: Scene<RemoveRequest>, sane: () => Promise<WriteOutcome>): Promise<WriteOutcome> => {
    push(scene);
    return chance.pick([
      () => applied(revision()),
      () => conflict(revision()),
      () => conflict(scene.request.expected),
      () => conflict(null),
      () => failed("unavailable"),
      unknown,
      () => sane().then(unknown),
      sane,
    ])();
  };
  return {
    keepsSettings: true,
    settings: async (_, sane) => {
      if (chance.happens(0.1)) throw (await failed("unavailable")).error;
      return { ...await sane(), epoch: `epoch ${chance.happens(0.3) ? ++epoch : epoch}` };
    },
    read: (scene, sane) => {
      push(scene);
      return chance.pick([() => saw(keyState(scene)), () => saw(keyState(scene)), () => failed("unavailable"), sane])();
    },
    write: edit,
    remove: edit,
  };
}

/** Random answers, to find cases that the tables above do not list. */
export const DICE: readonly Kind[] = Array.from(
  { length: SEEDS },
  (_, seed) => [`all requests: random answers of seed ${seed}`, () => dice(seed)],
);
