/**
 * What a hostile store answers: each kind of answer that a request can get.
 *
 * @module
 */

import { BucketConfigError, ConnectionError, type ConnectionErrorReason } from "@x/natslock";
import type { KeyState, LeaseRecord } from "../../src/store/record.ts";
import type { ReadOutcome, WriteOutcome } from "../../src/store/store.ts";
import type { Script } from "./store.ts";

/** One kind of answer: a title, and a function that returns a new script for each Locker. */
export type Kind = readonly [title: string, script: () => Script];

/** Revision of the key that a lying store reports. */
export const SOME = 7;

/** Outcome of a read that finds this key state. */
export const saw = (keyState: KeyState, age?: number): Promise<ReadOutcome> =>
  Promise.resolve({ kind: "seen", keyState, ...(age === undefined ? {} : { age }) });

/** Outcome of a read that finds the key vacant. */
export const sawVacant = (revision: number): Promise<ReadOutcome> => saw({ kind: "vacant", revision });

/** Outcome of a write that is refused because the key is at `current`. */
export const conflict = (current: number | null): Promise<WriteOutcome> =>
  Promise.resolve({ kind: "conflict", current });

/** Outcome of a write that is reported as stored. */
export const applied = (revision: number): Promise<WriteOutcome> => Promise.resolve({ kind: "applied", revision });

/** Outcome of a write that may or may not be stored. */
export const unknown = (): Promise<WriteOutcome> => Promise.resolve({ kind: "unknown", error: trouble("timeout") });

/** Returns a record, by default of another holder. */
export function record(fields: Partial<LeaseRecord> = {}): LeaseRecord {
  const holder = "0000000f-0000-4000-8000-000000000000";
  return { holder, attempt: "other.1", token: null, name: "", since: 0, ttl: 10_000, meta: {}, ...fields };
}

const trouble = (why: ConnectionErrorReason): ConnectionError => new ConnectionError(why, `Cannot do it: ${why}`);

/** Outcome of a request that was certainly not carried out. */
export const failed = (why: ConnectionErrorReason): Promise<{ kind: "failed"; error: ConnectionError }> =>
  Promise.resolve({ kind: "failed", error: trouble(why) });

const TROUBLES: readonly ConnectionErrorReason[] = ["unavailable", "refused", "denied", "closed", "bucket_missing"];

const plain = () => new Error("a plain error of the store");

const rejects = () => Promise.reject(plain());

const throws = () => {
  throw plain();
};

type Outcomes = Required<Pick<Script, "settings" | "read" | "write" | "remove">>;

/** The ways in which a request fails: as a value where the store returns one, else as a rejection. */
const FAILURES: readonly (readonly [title: string, outcomes: Outcomes])[] = [
  ...TROUBLES.map((why) => {
    const value = () => failed(why);
    return [`failed, ${why}`, all(() => Promise.reject(trouble(why)), value)] as const;
  }),
  ["a rejection with a plain Error", all(rejects, rejects)],
  ["a plain Error thrown at once", all(throws, throws)],
];

function all(settings: () => Promise<never>, value: () => ReturnType<typeof failed>): Outcomes {
  return { settings, read: value, write: value, remove: value };
}

/** Failures of one kind of request, of writes and removals, or of all. */
export const FAILING: readonly Kind[] = FAILURES.flatMap(([title, { settings, read, write, remove }]) =>
  [
    [`settings: ${title}`, () => ({ settings })],
    [`reads: ${title}`, () => ({ read })],
    [`writes: ${title}`, () => ({ write })],
    [`removals: ${title}`, () => ({ remove })],
    [`writes and removals: ${title}`, () => ({ write, remove })],
    [`all requests: ${title}`, () => ({ settings, read, write, remove })],
  ] satisfies Kind[]
);

/** Settings that are permanently unfit, or from another stream each time. */
export const TERMS: readonly Kind[] = [
  ["settings: an unfit setting", () => {
    const complaint = { bucket: "hostile", setting: "max_age", value: 0, wanted: "the lease length" };
    return { settings: () => Promise.reject(new BucketConfigError(complaint)) };
  }],
  ["settings: another epoch each time", () => {
    let epoch = 0;
    return { settings: async (_, sane) => ({ ...await sane(), epoch: `epoch ${++epoch}` }) };
  }],
  ["settings: another epoch each time that fresh ones are requested", () => {
    let epoch = 0;
    return { keepsSettings: true, settings: async (_, sane) => ({ ...await sane(), epoch: `epoch ${++epoch}` }) };
  }],
];

/** Reads that return false key states. The sane store answers the writes. */
export const LOOKS: readonly Kind[] = [
  ["reads: vacant at a revision below all others", () => ({ read: () => sawVacant(1) })],
  ["reads: another's record at a revision below all others", () => ({
    read: () => saw({ kind: "held", revision: 1, record: record() }),
  })],
  ["reads: vacant at ever higher revisions", () => {
    let revision = 100;
    return { read: () => sawVacant(++revision) };
  }],
  ["reads: vacant at 0", () => ({ read: () => sawVacant(0) })],
  ["reads: our own id, with an attempt of an earlier Locker", () => ({
    read: ({ id }) => saw({ kind: "held", revision: 100, record: record({ holder: id, attempt: "life.1" }) }),
  })],
  ["reads: a foreign value", () => ({ read: () => saw({ kind: "foreign", revision: 100 }) })],
  ["reads: a foreign value at ever higher revisions", () => {
    let revision = 100;
    return { read: () => saw({ kind: "foreign", revision: ++revision }) };
  }],
  ["reads: another attempt of another holder each time", () => {
    let revision = 100;
    return { read: () => saw({ kind: "held", revision: ++revision, record: record({ attempt: `${revision}` }) }) };
  }],
  ...[0, 100].map((ttl): Kind => [`reads: another's record with a lease of ${ttl} ms`, () => ({
    read: () => saw({ kind: "held", revision: 100, record: record({ ttl }) }),
  })]),
  ...[0, 1e12, -1e12, NaN].map((age): Kind => [`reads: another's record that is ${age} ms old`, () => ({
    read: () => saw({ kind: "held", revision: 100, record: record() }, age),
  })]),
];

/** Writes and removals with false answers. The sane store answers the reads. */
export const WRITES: readonly Kind[] = [
  ["writes: unknown at once, not carried out", () => ({ write: unknown })],
  ["writes: unknown at once, carried out", () => ({ write: (_, sane) => sane().then(unknown) })],
  ["removals: unknown at once, not carried out", () => ({ remove: unknown })],
  ["removals: unknown at once, carried out", () => ({ remove: (_, sane) => sane().then(unknown) })],
  ["writes and removals: unknown at once", () => ({ write: unknown, remove: unknown })],
  ["writes: refused because a write is in flight", () => ({ write: () => conflict(null) })],
  ["removals: refused because a write is in flight", () => ({ remove: () => conflict(null) })],
  ["writes and removals: refused because a write is in flight", () => ({
    write: () => conflict(null),
    remove: () => conflict(null),
  })],
  ...[0, SOME, 1000].flatMap((revision): Kind[] => [
    [`writes: refused at ${revision}`, () => ({ write: () => conflict(revision) })],
    [`writes and removals: refused at ${revision}`, () => ({
      write: () => conflict(revision),
      remove: () => conflict(revision),
    })],
    [`writes: applied at ${revision} each time`, () => ({ write: () => applied(revision) })],
    [`writes and removals: applied at ${revision} each time`, () => ({
      write: () => applied(revision),
      remove: () => applied(revision),
    })],
  ]),
  ["writes: applied at ever lower revisions", () => {
    let revision = 1000;
    return { write: () => applied(--revision), remove: () => applied(--revision) };
  }],
  ["writes: refused at the revision that they expect", () => ({ write: ({ request }) => conflict(request.expected) })],
  [
    "removals: refused at the revision that they expect",
    () => ({ remove: ({ request }) => conflict(request.expected) }),
  ],
];
