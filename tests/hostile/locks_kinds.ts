/**
 * What a hostile store answers to a lock manager: each kind of answer that one of its requests can get.
 *
 * @module
 */

import type { ReadOutcome, WriteOutcome } from "../../src/store/store.ts";
import type { Push, ScanOutcome, StoredEntry } from "../../src/store/ticket_store.ts";
import { applied, conflict, failed, record, saw, sawVacant, SOME, unknown } from "./answers.ts";

/** The session whose ticket a lying store shows at the first place. */
export const GHOST = "0000000f-0000-4000-8000-000000000000";

/** What the answer to one request depends on. */
export interface Asked<Outcome> {
  /** The key of the request, or its filter. */
  readonly key: string;
  /** Carries the request out in a sane store. */
  sane(): Outcome;
}

type Answer<Outcome> = (asked: Asked<Outcome>) => Outcome | Promise<Outcome>;

/** The answers that are false. To all other requests the sane store answers. */
export interface Lies {
  readonly append?: Answer<WriteOutcome>;
  readonly removeTicket?: Answer<WriteOutcome>;
  readonly readTicket?: Answer<ReadOutcome>;
  readonly scan?: Answer<ScanOutcome>;
  readonly writeSession?: Answer<WriteOutcome>;
  readonly removeSession?: Answer<WriteOutcome>;
  readonly readSession?: Answer<ReadOutcome>;
  /** What is pushed for a key every millisecond. */
  readonly push?: (key: string) => Push;
}

/** One kind of lie: a title, and a function that returns new answers for each lock manager. */
export type LocksKind = readonly [title: string, lies: () => Lies];

const REASONS = ["unavailable", "timeout", "refused", "denied", "closed", "bucket_missing"] as const;

const plain = () => new Error("a plain error of the store");

/** A revision above all others, higher each time. */
function rising(): () => number {
  let revision = 1000;
  return () => ++revision;
}

const WRITES: readonly (readonly [title: string, answer: () => Answer<WriteOutcome>])[] = [
  ...REASONS.map((why) => [`failed, ${why}`, () => () => failed(why)] as const),
  ["a rejection with a plain Error", () => () => Promise.reject(plain())],
  ["a plain Error thrown by the answer", () => () => {
    throw plain();
  }],
  ["unknown at once, not carried out", () => unknown],
  ["unknown at once, carried out", () => ({ sane }) => (sane(), unknown())],
  ["refused because a write is in flight", () => () => conflict(null)],
  ...[0, SOME, 1000].flatMap((revision) =>
    [
      [`refused at ${revision}`, () => () => conflict(revision)],
      [`applied at ${revision} each time`, () => () => applied(revision)],
    ] as const
  ),
  ["refused at ever higher revisions", () => {
    const next = rising();
    return () => conflict(next());
  }],
  ["applied at ever higher revisions, not carried out", () => {
    const next = rising();
    return () => applied(next());
  }],
];

const READS: readonly (readonly [title: string, answer: () => Answer<ReadOutcome>])[] = [
  ...REASONS.map((why) => [`failed, ${why}`, () => () => failed(why)] as const),
  ["vacant at 0", () => () => sawVacant(0)],
  ["vacant at ever higher revisions", () => {
    const next = rising();
    return () => sawVacant(next());
  }],
  ["a foreign value at ever higher revisions", () => {
    const next = rising();
    return () => saw({ kind: "foreign", revision: next() });
  }],
  ["another's record at ever higher revisions", () => {
    const next = rising();
    return () => saw({ kind: "held", revision: next(), record: record() }, 0);
  }],
];

/** A ticket of another session at the first place of the queue of each lock. */
function ghostOf(filter: string): StoredEntry {
  const key = filter.replace(">", `${GHOST}.0`);
  const ticket = { session: GHOST, attempt: "other.1", lock: "a", mode: "exclusive", limit: null, weight: 1, since: 0 };
  const keyState = { kind: "held", revision: 1, record: record() } as const;
  return { key, revision: 1, storedAt: 0, keyState, ticket: { ...ticket, mode: "exclusive" } };
}

/** A queue that shows a ghost before all others. */
const haunted: Answer<ScanOutcome> = ({ key, sane }) => {
  const outcome = sane();
  if (outcome.kind === "failed" || !/^=q\.[^*]/.test(key)) return outcome;
  return { ...outcome, entries: [ghostOf(key), ...outcome.entries] };
};

/** Answers about the ghost: `lies` for its keys, the sane store's for all others. */
function ofGhost<Outcome>(lie: Answer<Outcome>): Answer<Outcome> {
  return (asked) => asked.key.includes(GHOST) ? lie(asked) : asked.sane();
}

const SCANS: readonly LocksKind[] = [
  ...REASONS.map((why): LocksKind => [`scans: failed, ${why}`, () => ({ scan: () => failed(why) })]),
  ["scans: nothing", () => ({ scan: () => ({ kind: "seen", entries: [] }) })],
  ["scans and reads of tickets: nothing", () => ({
    scan: () => ({ kind: "seen", entries: [] }),
    readTicket: () => sawVacant(0),
  })],
  ["tickets: each is removed at once", () => {
    const next = rising();
    return { scan: () => ({ kind: "seen", entries: [] }), readTicket: () => sawVacant(next()) };
  }],
  ["tickets: each is applied and never stored", () => {
    const next = rising();
    return { append: () => applied(next()), readTicket: () => sawVacant(0) };
  }],
];

const alive = () => {
  const next = rising();
  return ofGhost<ReadOutcome>(() => saw({ kind: "held", revision: next(), record: record() }, 0));
};

const GHOSTS: readonly LocksKind[] = [
  ["a ghost in front: its removal is applied, and it stays", () => ({
    scan: haunted,
    removeTicket: ofGhost(() => applied(50)),
  })],
  ["a ghost in front: its removal is refused, and it stays", () => ({
    scan: haunted,
    removeTicket: ofGhost(() => conflict(50)),
  })],
  ["a ghost in front: its session lives, and its key is vacant", () => ({
    scan: haunted,
    readSession: alive(),
    readTicket: ofGhost(() => sawVacant(50)),
  })],
  ["a ghost in front: its session is a foreign value", () => ({
    scan: haunted,
    readSession: ofGhost(() => saw({ kind: "foreign", revision: 9 })),
  })],
  ["a ghost in front: its session cannot be buried", () => {
    const next = rising();
    return { scan: haunted, removeSession: ofGhost(() => conflict(next())) };
  }],
  ["a ghost in front: burials have no answer", () => ({ scan: haunted, removeSession: ofGhost(unknown) })],
];

const gap = (): Push => ({ kind: "gap" });

/** Pushes without end. Some are about a ghost in front whose session lives. */
const PUSHES: readonly LocksKind[] = [
  ["pushes: gaps", () => ({ push: gap })],
  ["pushes: gaps, behind a ghost", () => ({ push: gap, scan: haunted, readSession: alive() })],
  ["pushes: markers on each key", () => {
    const next = rising();
    return { push: (key) => ({ kind: "seen", key, keyState: { kind: "vacant", revision: next() } }) };
  }],
  ["pushes: markers on each key, behind a ghost", () => {
    const next = rising();
    return {
      push: (key) => ({ kind: "seen", key, keyState: { kind: "vacant", revision: next() } }),
      scan: haunted,
      readSession: alive(),
    };
  }],
  ["pushes: markers on each key, which reads confirm", () => {
    const next = rising();
    return {
      push: (key) => ({ kind: "seen", key, keyState: { kind: "vacant", revision: next() } }),
      readTicket: () => sawVacant(next()),
    };
  }],
  ["pushes: markers on each key, which reads confirm, behind a ghost that dies", () => {
    const next = rising();
    return {
      push: (key) => ({ kind: "seen", key, keyState: { kind: "vacant", revision: next() } }),
      readTicket: () => sawVacant(next()),
      scan: haunted,
    };
  }],
  ["pushes: records of strangers on each key", () => {
    const next = rising();
    return { push: (key) => ({ kind: "seen", key, keyState: { kind: "held", revision: next(), record: record() } }) };
  }],
];

/** All kinds of lies. */
export const LOCKS_KINDS: readonly LocksKind[] = [
  ...WRITES.flatMap(([title, answer]) =>
    [
      [`tickets: ${title}`, () => ({ append: answer() })],
      [`removals of tickets: ${title}`, () => ({ removeTicket: answer() })],
      [`tickets and their removals: ${title}`, () => ({ append: answer(), removeTicket: answer() })],
      [`records of sessions: ${title}`, () => ({ writeSession: answer() })],
      [`removals of sessions: ${title}`, () => ({ removeSession: answer() })],
    ] satisfies LocksKind[]
  ),
  ...READS.flatMap(([title, answer]) =>
    [
      [`reads of sessions: ${title}`, () => ({ readSession: answer() })],
      [`reads of tickets: ${title}`, () => ({ readTicket: answer() })],
      [`tickets: unknown; reads of them: ${title}`, () => ({ append: unknown, readTicket: answer() })],
    ] satisfies LocksKind[]
  ),
  ...SCANS,
  ...GHOSTS,
  ...PUSHES,
];
