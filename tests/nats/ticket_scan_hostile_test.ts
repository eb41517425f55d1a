/** Tests of KvTickets.scan(): an answer that is not complete is a failure, never a shorter list. */

import { PermissionViolationError } from "@nats-io/nats-core";
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { type Answer, endAt, MALFORMED, type Script, ScriptedReplica, statusOf, ticketAt } from "./scripted_replica.ts";

/** Longest wait for an answer, in ms; for answers that never come as well. */
const timeout = 60;
const FILTER = "=q.a.>";

/** Scans once. Returns the revisions, or why the scan failed. */
async function scanned(replica: ScriptedReplica, upTo?: number, from = 1): Promise<number[] | string> {
  const outcome = await replica.store.scan(FILTER, { from, upTo, timeout });
  assertEquals(replica.subscriptions, 0, "a subscription is left behind");
  if (outcome.kind === "seen") return outcome.entries.map(({ revision }) => revision);
  assert("why" in outcome.error);
  return String(outcome.error.why);
}

const answering = (...answers: readonly Answer[]) => new ScriptedReplica(() => answers);
const full = [ticketAt(1, 0), ticketAt(3, 1), ticketAt(4, 3)];
const [one, two, three] = full as [Answer, Answer, Answer];
const foreign = (changes: Readonly<Record<string, string>>) => [one, ticketAt(3, 1, { changes }), three, endAt(4, 0)];

/** A message whose writer also stored headers with the names of the server's, and a status. */
const forged = ticketAt(3, 1, {
  stored: {
    status: [204, "EOB"],
    headers: { "Nats-Stream": "X", "Nats-Sequence": "9", "Nats-Subject": "x", "Nats-Last-Sequence": "7" },
  },
});

const COMPLETE: Readonly<Record<string, readonly [answers: readonly Answer[], wanted: number[]]>> = {
  "ends with 204": [[...full, endAt(4, 0)], [1, 3, 4]],
  "is nothing but 404": [[statusOf(404, "Message Not Found")], []],
  "has a writer's headers with the names of the server's, and its status": [
    [one, forged, three, endAt(4, 0)],
    [1, 3, 4],
  ],
};

for (const [what, [answers, wanted]] of Object.entries(COMPLETE)) {
  Deno.test(`KvTickets.scan() believes an answer that ${what}`, async () => {
    assertEquals(await scanned(answering(...answers)), wanted);
  });
}

const INCOMPLETE: Readonly<Record<string, readonly [answers: readonly Answer[], why?: string]>> = {
  "never comes": [[], "timeout"],
  "is cut short": [[one, two], "timeout"],
  "has all messages but no end": [full, "timeout"],
  "lacks its first message": [[two, three, endAt(4, 0)]],
  "lacks a message in the middle": [[one, three, endAt(4, 0)]],
  "lacks its last message": [[one, two, endAt(4, 0)]],
  "lacks all its messages": [[endAt(4, 0)]],
  "ends before it begins": [[endAt(0, 0)]],
  "ends with an empty batch while more are pending": [[endAt(0, 3)]],
  "repeats a message": [[one, one, two, three, endAt(4, 0)]],
  "goes back": [[one, two, ticketAt(2, 3), endAt(2, 0)]],
  "does not tell the revision as a number": [foreign({ "Nats-Sequence": "three" })],
  "does not tell the message before it": [foreign({ "Nats-Last-Sequence": "" })],
  "does not tell when a message was stored": [foreign({ "Nats-Time-Stamp": "" })],
  "tells garbage for a time": [foreign({ "Nats-Time-Stamp": "soon" })],
  "has a message of a mirror": [foreign({ "Nats-Stream": "MIRROR" })],
  "has a message without the name of its stream": [foreign({ "Nats-Stream": "" })],
  "has a message of another bucket": [foreign({ "Nats-Subject": "$KV.other.=q.a.s.3" })],
  "has a message that is not under the filter": [foreign({ "Nats-Subject": "$KV.queues.=q.b.s.3" })],
  "has a message without a subject": [foreign({ "Nats-Subject": "" })],
  "ends without the number of pending messages": [[...full, endAt(4, 0, { "Nats-Num-Pending": "" })]],
  "ends with garbage for the number of pending messages": [[...full, endAt(4, 0, { "Nats-Num-Pending": "few" })]],
  "ends with 404 after messages": [[one, two, statusOf(404, "Message Not Found")]],
  "ends with 408": [[one, statusOf(408, "Bad Request")], "refused"],
  "is 408 alone": [[statusOf(408, "Empty Request")], "refused"],
  "is no responders": [[statusOf(503, "No Responders")]],
  "has no headers": [[{}]],
  "has headers that cannot be parsed": [[one, MALFORMED, three, endAt(4, 0)]],
  "is a denial": [[new PermissionViolationError("no", "publish", "$JS.API.DIRECT.GET.KV_queues")], "denied"],
};

for (const [what, [answers, why = "unavailable"]] of Object.entries(INCOMPLETE)) {
  Deno.test(`KvTickets.scan() fails with ${why} if the answer ${what}`, async () => {
    assertEquals(await scanned(answering(...answers)), why);
  });
}

const SECOND: Readonly<Record<string, readonly [answers: readonly Answer[], why?: string]>> = {
  "never comes": [[], "timeout"],
  "is 404, although more messages were announced": [[statusOf(404, "Message Not Found")]],
  "lacks a message in the middle": [[ticketAt(3, 0), ticketAt(5, 4), endAt(5, 0)]],
  "lacks its last message": [[ticketAt(3, 0), endAt(4, 0)]],
  "shows a message of the first page again": [[one, two, endAt(3, 0)]],
  "has a message of a mirror": [[ticketAt(3, 0, { changes: { "Nats-Stream": "MIRROR" } }), endAt(3, 0)]],
};

for (const [what, [answers, why = "unavailable"]] of Object.entries(SECOND)) {
  Deno.test(`KvTickets.scan() fails with ${why} if its second page ${what}`, async () => {
    const script: Script = (_, page) => page > 0 ? answers : [one, endAt(1, 3)];
    assertEquals(await scanned(new ScriptedReplica(script)), why);
  });
}

/** A replica with tickets at the revisions from 1 to `count`. */
function replicaOf(count: number): ScriptedReplica {
  return new ScriptedReplica(({ seq, batch = 1 }) => {
    const revisions = Array.from({ length: Math.min(batch, count - seq + 1) }, (_, index) => seq + index);
    const last = revisions.at(-1) ?? 0;
    const messages = revisions.map((revision, index) => ticketAt(revision, revisions[index - 1] ?? 0));
    return [...messages, endAt(last, count - last)];
  });
}

Deno.test("KvTickets.scan() asks for growing pages, each behind the last message, until none is pending", async () => {
  const replica = replicaOf(2500);
  assertEquals((await scanned(replica)).length, 2500);
  const next_by_subj = "$KV.queues.=q.a.>";
  const pages = [[1, 4], [5, 32], [37, 256], [293, 1024], [1317, 1024], [2341, 1024]];
  assertEquals(replica.asked, pages.map(([seq = 0, batch = 0]) => ({ seq, next_by_subj, batch })));
});

Deno.test("KvTickets.scan() reads 10,000 tickets in at most 15 requests", async () => {
  const replica = replicaOf(10_000);
  assertEquals((await scanned(replica)).length, 10_000);
  assertLessOrEqual(replica.asked.length, 15);
});

Deno.test("KvTickets.scan() goes on behind a page that the server ended early", async () => {
  const script: Script = (_, page) => page > 0 ? [ticketAt(3, 0), endAt(3, 0)] : [one, endAt(1, 1)];
  assertEquals(await scanned(new ScriptedReplica(script)), [1, 3]);
});

/** Scans up to `upTo` from a place that is known. */
const looked = (script: Script, upTo: number) => scanned(new ScriptedReplica(script), upTo, 2);

/** Answers to such a scan: one message each to the first two requests, the rest in a batch. */
const inTurn = (...rest: readonly Answer[]): Script => (_, page) =>
  page === 0 ? [ticketAt(2, 0)] : page === 1 ? [ticketAt(3, 0)] : rest;

Deno.test("KvTickets.scan() from a known place to an end asks for single messages first, then for growing pages", async () => {
  const replica = new ScriptedReplica(({ seq, batch }) => {
    if (batch === undefined) return [ticketAt(seq, 0)];
    const all = Array.from({ length: batch }, (_, index) => ticketAt(seq + index, index === 0 ? 0 : seq + index - 1));
    return [...all, endAt(seq + batch - 1, 1)];
  });
  assertEquals((await scanned(replica, 401, 2)).length, 400);
  const next_by_subj = "$KV.queues.=q.a.>";
  const pages = [{ seq: 2 }, { seq: 3 }, { seq: 4, batch: 32 }, { seq: 36, batch: 256 }, { seq: 292, batch: 1024 }];
  assertEquals(replica.asked, pages.map((page) => ({ ...page, next_by_subj })));
});

Deno.test("KvTickets.scan() ends when `upTo` is reached, or passed", async () => {
  assertEquals(await scanned(answering(one, two), 3), [1, 3]);
  assertEquals(await scanned(answering(one, two), 2), [1]);
  assertEquals(await looked(inTurn(), 2), [2]);
  assertEquals(await looked(inTurn(), 3), [2, 3]);
  assertEquals(await looked(inTurn(ticketAt(4, 0), ticketAt(7, 4)), 7), [2, 3, 4, 7]);
  assertEquals(await looked(inTurn(ticketAt(4, 0), ticketAt(7, 4)), 6), [2, 3, 4]);
});

Deno.test("KvTickets.scan() ends at a single message that a replica does not have", async () => {
  const none = statusOf(404, "Message Not Found");
  assertEquals(await looked(() => [none], 5), []);
  assertEquals(await looked((_, page) => page === 0 ? [two] : [none], 5), [3]);
});

const WRONG_SINGLES: Readonly<Record<string, readonly [answer: readonly Answer[], why: string]>> = {
  "never comes": [[], "timeout"],
  "is the end of a batch": [[endAt(4, 0)], "unavailable"],
  "goes back": [[ticketAt(1, 0)], "unavailable"],
  "is of a mirror": [[ticketAt(2, 0, { changes: { "Nats-Stream": "MIRROR" } })], "unavailable"],
  "is of another queue": [[ticketAt(2, 0, { changes: { "Nats-Subject": "$KV.queues.=q.b.s.1" } })], "unavailable"],
  "has no time": [[ticketAt(2, 0, { changes: { "Nats-Time-Stamp": "" } })], "unavailable"],
  "cannot be parsed": [[MALFORMED], "unavailable"],
};

for (const [what, [answers, why]] of Object.entries(WRONG_SINGLES)) {
  Deno.test(`KvTickets.scan() fails with ${why} if a single message ${what}`, async () => {
    assertEquals(await looked(() => answers, 5), why);
  });
}

Deno.test("KvTickets.scan() believes the server's headers of a single message, not the writer's", async () => {
  assertEquals(await looked(() => [forged], 3), [3]);
});

Deno.test("KvTickets.scan() sends nothing if `upTo` is before `from`", async () => {
  const replica = answering();
  assertEquals([await scanned(replica, 0), replica.asked], [[], []]);
});

Deno.test("KvTickets.scan() fails with closed if the connection is closed", async () => {
  const replica = answering();
  replica.broken = Object.assign(new Error("closed"), { name: "ClosedConnectionError" });
  const outcome = await replica.store.scan(FILTER, { from: 1, timeout });
  assert(outcome.kind === "failed" && "why" in outcome.error);
  assertEquals(outcome.error.why, "closed");
});

Deno.test("KvTickets.scan() gives each of several scans at once its own answers", async () => {
  const replica = new ScriptedReplica(({ seq }) => [ticketAt(seq, 0), endAt(seq, 0)]);
  const outcomes = await Promise.all([7, 8, 9].map((from) => replica.store.scan(FILTER, { from, timeout })));
  const found = outcomes.map((outcome) => outcome.kind === "seen" && outcome.entries.map(({ revision }) => revision));
  assertEquals(found, [[7], [8], [9]]);
  assertEquals(replica.subscriptions, 0);
});
