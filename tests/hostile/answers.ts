/**
 * What a hostile store answers: each kind of answer that a request can get.
 *
 * @module
 */

import { BucketConfigError, ConnectionError, type ConnectionErrorReason } from "@x/natslock";
import type { KeyState, LeaseRecord } from "../../src/store/record.ts";
import type { ReadOutcome, WriteOutcome } from "../../src/store/store.ts";
import type { Script } from "./store.ts";

/** One kind of answer: a title in plain words, and a new script for each Locker. */
export type Kind = readonly [title: string, script: () => Script];

/** Revision under the key as a lying store tells it. */
export const SOME = 7;

/** A look that shows this. */
export const saw = (keyState: KeyState, age?: number): Promise<ReadOutcome> =>
  Promise.resolve({ kind: "seen", keyState, ...(age === undefined ? {} : { age }) });

/** A look that shows nobody. */
export const sawVacant = (revision: number): Promise<ReadOutcome> => saw({ kind: "vacant", revision });

/** A write that is refused since the key stands there. */
export const conflict = (current: number | null): Promise<WriteOutcome> =>
  Promise.resolve({ kind: "conflict", current });

/** A write that is said to stand. */
export const applied = (revision: number): Promise<WriteOutcome> => Promise.resolve({ kind: "applied", revision });

/** A write of which nothing is known. */
export const unknown = (): Promise<WriteOutcome> => Promise.resolve({ kind: "unknown", error: trouble("timeout") });

/** A record, of another holder unless said otherwise. */
export function record(fields: Partial<LeaseRecord> = {}): LeaseRecord {
  const holder = "0000000f-0000-4000-8000-000000000000";
  return { holder, attempt: "other.1", token: null, name: "", since: 0, ttl: 10_000, meta: {}, ...fields };
}

const trouble = (why: ConnectionErrorReason): ConnectionError => new ConnectionError(why, `Cannot do it: ${why}`);

/** A request that was certainly not carried out. */
export const failed = (why: ConnectionErrorReason): Promise<{ kind: "failed"; error: ConnectionError }> =>
  Promise.resolve({ kind: "failed", error: trouble(why) });

const TROUBLES: readonly ConnectionErrorReason[] = ["unavailable", "refused", "denied", "closed", "bucket_missing"];

const plain = () => new Error("a plain error of the store");

const rejects = () => Promise.reject(plain());

const throws = () => {
  throw plain();
};

type Outcomes = Required<Pick<Script, "settings" | "read" | "write" | "remove">>;

/** How a request fails, as a value where the store has one. */
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

/** Failures of one kind of request, or of all. */
export const FAILING: readonly Kind[] = FAILURES.flatMap(([title, { settings, read, write, remove }]) =>
  [
    [`settings: ${title}`, () => ({ settings })],
    [`looks: ${title}`, () => ({ read })],
    [`writes: ${title}`, () => ({ write })],
    [`removals: ${title}`, () => ({ remove })],
    [`writes and removals: ${title}`, () => ({ write, remove })],
    [`all requests: ${title}`, () => ({ settings, read, write, remove })],
  ] satisfies Kind[]
);

/** Settings that are refused for good, or of another stream each time. */
export const TERMS: readonly Kind[] = [
  ["settings: a setting that is unfit", () => {
    const complaint = { bucket: "hostile", setting: "max_age", value: 0, wanted: "the lease length" };
    return { settings: () => Promise.reject(new BucketConfigError(complaint)) };
  }],
  ["settings: another epoch each time", () => {
    let epoch = 0;
    return { settings: async (_, sane) => ({ ...await sane(), epoch: `epoch ${++epoch}` }) };
  }],
  ["settings: another epoch each time that they are asked for afresh", () => {
    let epoch = 0;
    return { keepsSettings: true, settings: async (_, sane) => ({ ...await sane(), epoch: `epoch ${++epoch}` }) };
  }],
];

/** Looks that show what is not so; writes are answered by the sane store. */
export const LOOKS: readonly Kind[] = [
  ["looks: vacant at a revision below all", () => ({ read: () => sawVacant(1) })],
  ["looks: another's record at a revision below all", () => ({
    read: () => saw({ kind: "held", revision: 1, record: record() }),
  })],
  ["looks: vacant at ever higher revisions", () => {
    let revision = 100;
    return { read: () => sawVacant(++revision) };
  }],
  ["looks: vacant at 0", () => ({ read: () => sawVacant(0) })],
  ["looks: our own id, with the attempt of another life", () => ({
    read: ({ id }) => saw({ kind: "held", revision: 100, record: record({ holder: id, attempt: "life.1" }) }),
  })],
  ["looks: a stranger's value", () => ({ read: () => saw({ kind: "foreign", revision: 100 }) })],
  ["looks: a stranger's value at ever higher revisions", () => {
    let revision = 100;
    return { read: () => saw({ kind: "foreign", revision: ++revision }) };
  }],
  ["looks: another's record each time", () => {
    let revision = 100;
    return { read: () => saw({ kind: "held", revision: ++revision, record: record({ attempt: `${revision}` }) }) };
  }],
  ...[0, 100].map((ttl): Kind => [`looks: another's record with a lease of ${ttl} ms`, () => ({
    read: () => saw({ kind: "held", revision: 100, record: record({ ttl }) }),
  })]),
  ...[0, 1e12, -1e12, NaN].map((age): Kind => [`looks: another's record that has stood for ${age} ms`, () => ({
    read: () => saw({ kind: "held", revision: 100, record: record() }, age),
  })]),
];

/** Writes and removals that are answered wrongly; looks are answered by the sane store. */
export const WRITES: readonly Kind[] = [
  ["writes: unknown at once, not carried out", () => ({ write: unknown })],
  ["writes: unknown at once, carried out", () => ({ write: (_, sane) => sane().then(unknown) })],
  ["removals: unknown at once, not carried out", () => ({ remove: unknown })],
  ["removals: unknown at once, carried out", () => ({ remove: (_, sane) => sane().then(unknown) })],
  ["writes and removals: unknown at once", () => ({ write: unknown, remove: unknown })],
  ["writes: refused, something is in flight", () => ({ write: () => conflict(null) })],
  ["removals: refused, something is in flight", () => ({ remove: () => conflict(null) })],
  ["writes and removals: refused, something is in flight", () => ({
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
  ["writes: refused where they are put", () => ({ write: ({ request }) => conflict(request.expected) })],
  ["removals: refused where they are put", () => ({ remove: ({ request }) => conflict(request.expected) })],
];
