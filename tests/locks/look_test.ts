import { assertEquals } from "@std/assert";
import { ConnectionError } from "../../src/base/errors.ts";
import type { LocksContext } from "../../src/locks/context.ts";
import { look, type LookRequest, placed } from "../../src/locks/look.ts";
import { ticketKey } from "../../src/locks/names.ts";
import type { ScanOutcome, ScanRequest, StoredEntry } from "../../src/store/ticket_store.ts";

const ME = "0b8ad0a6-2b3a-4b5e-9f5e-6a1d5a1c9e01";
const OTHER = "0b8ad0a6-2b3a-4b5e-9f5e-6a1d5a1c9e02";
const own = { key: ticketKey("a", ME, 0), place: 9 };
const error = new ConnectionError("timeout", "No answer");

/** An entry of a ticket, or of a marker. */
function entry(session: string, revision: number, kind: "held" | "vacant" = "held"): StoredEntry {
  const key = ticketKey("a", session, 0);
  if (kind === "vacant") return { key, revision, storedAt: 0, keyState: { kind, revision }, ticket: null };
  const about = { holder: session, attempt: "n.1", token: null, name: "", since: null, ttl: null, meta: {} };
  const claim = { mode: "shared", limit: 3, weight: 2 } as const;
  const ticket = { session, attempt: "n.1", lock: "a", ...claim, since: null };
  return { key, revision, storedAt: 0, keyState: { kind, revision, record: about }, ticket };
}

const OWN = entry(ME, 9);

/** Looks at a queue whose scans answer these, one after the other. Returns what was found and what was asked. */
async function lookAt(
  answers: readonly (ScanOutcome | readonly StoredEntry[])[],
  isGone: LookRequest["isGone"] = () => false,
): Promise<{ found: string; asked: readonly ScanRequest[] }> {
  const asked: ScanRequest[] = [];
  const scan = (_: string, request: ScanRequest): Promise<ScanOutcome> => {
    const answer = answers[asked.push(request) - 1];
    if (answer === undefined) throw new TypeError("A scan that throws");
    return Promise.resolve("kind" in answer ? answer : { kind: "seen", entries: answer });
  };
  const context = { store: { scan }, timing: { requestTimeout: 500 } } as unknown as LocksContext;
  const result = await look(context, { filter: "=q.a.>", from: 3, own, isGone });
  const found = result.kind === "seen" ? `${result.tickets.map(({ place }) => place)}` : result.kind;
  return { found: result.kind === "seen" && result.byLeader ? `${found} by the leader` : found, asked };
}

Deno.test("look() returns the tickets up to the own one", async () => {
  const { found, asked } = await lookAt([[entry(OTHER, 4), OWN, entry(OTHER, 12)]]);
  assertEquals(found, "4,9");
  assertEquals(asked, [{ from: 3, upTo: 9, timeout: 500, leader: false }]);
});

Deno.test("look() does not count markers as tickets", async () => {
  assertEquals((await lookAt([[entry(OTHER, 4, "vacant"), OWN]])).found, "9");
});

Deno.test("look() asks again if the answer does not show the own ticket", async () => {
  const { found, asked } = await lookAt([[entry(OTHER, 4)], [OWN]]);
  assertEquals([found, asked.length], ["9", 2]);
});

Deno.test("look() does not take an own ticket at another place for the own one", async () => {
  assertEquals((await lookAt([[entry(ME, 8)], [OWN]])).found, "9");
});

Deno.test("look() asks the leader after two answers that are too old", async () => {
  const { found, asked } = await lookAt([[], [], [OWN]]);
  assertEquals([found, asked.map(({ leader }) => leader)], ["9 by the leader", [false, false, true]]);
});

Deno.test("look() asks again if the answer shows a ticket that is known to be gone", async () => {
  const { found } = await lookAt([[entry(OTHER, 4), OWN], [OWN]], ({ place }) => place === 4);
  assertEquals(found, "9");
});

Deno.test("look() believes the leader about a ticket that a push said to be gone", async () => {
  const stands = [entry(OTHER, 4), OWN];
  const { found } = await lookAt([stands, stands, stands], ({ place }) => place === 4);
  assertEquals(found, "4,9 by the leader");
});

Deno.test("look() reports an own ticket that not even the leader shows", async () => {
  assertEquals((await lookAt([[], [], [entry(OTHER, 4)]])).found, "missing");
});

Deno.test("look() reports a scan that failed", async () => {
  assertEquals((await lookAt([{ kind: "failed", error }])).found, "failed");
});

Deno.test("look() takes a scan that throws for one that failed", async () => {
  assertEquals((await lookAt([])).found, "failed");
});

Deno.test("placed() returns what a ticket asks for, and whose it is", () => {
  const claim = { mode: "shared", limit: 3, weight: 2 } as const;
  assertEquals(placed(OWN), [{ ...own, session: ME, attempt: "n.1", ...claim }]);
});

Deno.test("placed() takes a message that cannot be read for an exclusive ticket", () => {
  const unreadable: StoredEntry = { ...OWN, keyState: { kind: "foreign", revision: 9 }, ticket: null };
  const claim = { mode: "exclusive", limit: null, weight: 1 } as const;
  assertEquals(placed(unreadable), [{ ...own, session: ME, attempt: null, ...claim }]);
});
