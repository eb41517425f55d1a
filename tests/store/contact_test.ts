import { assertEquals } from "@std/assert";
import { ConnectionError } from "../../src/base/errors.ts";
import { ManualClock } from "../../src/memory/manual_clock.ts";
import { ageOfAnswer, Contact } from "../../src/store/contact.ts";

/** How long an unanswered request counts after the last one, in ms. */
const MEMORY = 1000;

const timeout = new ConnectionError("timeout", "no answer");
const unanswered = { kind: "failed", error: timeout };

/** A contact that was asked before, and its clock. */
function measured(): [contact: Contact, clock: ManualClock] {
  const clock = new ManualClock();
  const contact = new Contact(clock);
  assertEquals([contact.last, contact.unansweredFor(MEMORY)], [null, 0]);
  return [contact, clock];
}

const pending = () => new Promise<object>(() => {});

Deno.test("Contact.last counts from the last answer", async () => {
  const [contact, clock] = measured();
  contact.follow(Promise.resolve({ kind: "applied" }), ageOfAnswer);
  await clock.advance(30);
  assertEquals(contact.last, 30);
});

Deno.test("Contact.last counts from a push", async () => {
  const [contact, clock] = measured();
  await clock.advance(5);
  contact.heard();
  await clock.advance(7);
  assertEquals(contact.last, 7);
});

Deno.test("Contact.last does not count a request that was not answered", async () => {
  const [contact, clock] = measured();
  contact.follow(Promise.resolve(unanswered), ageOfAnswer);
  await clock.advance(30);
  assertEquals(contact.last, null);
});

Deno.test("Contact.last counts a kept answer from when it was given", async () => {
  const [contact, clock] = measured();
  await clock.advance(100);
  contact.follow(Promise.resolve(null), () => 40);
  await clock.advance(1);
  assertEquals(contact.last, 41);
});

for (const why of ["denied", "refused", "bucket_missing", "contended"] as const) {
  Deno.test(`ageOfAnswer() counts "${why}" as an answer`, () => {
    assertEquals(ageOfAnswer({ error: new ConnectionError(why, "no") }), 0);
  });
}

for (const why of ["timeout", "unavailable", "closed"] as const) {
  Deno.test(`ageOfAnswer() does not count "${why}" as an answer`, () => {
    assertEquals(ageOfAnswer({ error: new ConnectionError(why, "no") }), null);
  });
}

Deno.test("Contact.unansweredFor() counts from the sending of a request in flight", async () => {
  const [contact, clock] = measured();
  await clock.advance(10);
  contact.follow(pending(), ageOfAnswer);
  await clock.advance(20);
  assertEquals(contact.unansweredFor(MEMORY), 20);
});

Deno.test("Contact.unansweredFor() counts a streak of unanswered requests from its first one", async () => {
  const [contact, clock] = measured();
  for (let tries = 0; tries < 5; tries++) {
    contact.follow(Promise.resolve(unanswered), ageOfAnswer);
    await clock.advance(400);
  }
  assertEquals(contact.unansweredFor(MEMORY), 2000);
});

Deno.test("Contact.unansweredFor() is 0 after an answer, although an older request is in flight", async () => {
  const [contact, clock] = measured();
  contact.follow(pending(), ageOfAnswer);
  await clock.advance(10);
  contact.follow(Promise.resolve({ kind: "seen" }), ageOfAnswer);
  await clock.advance(50);
  assertEquals(contact.unansweredFor(MEMORY), 0);
});

Deno.test("Contact.unansweredFor() does not count a request that was sent before the last answer", async () => {
  const [contact, clock] = measured();
  const late = Promise.withResolvers<object>();
  contact.follow(late.promise, ageOfAnswer);
  await clock.advance(10);
  contact.heard();
  late.resolve(unanswered);
  await clock.advance(10);
  assertEquals(contact.unansweredFor(MEMORY), 0);
});

Deno.test("Contact.unansweredFor() forgets when no request has been in flight for long enough", async () => {
  const [contact, clock] = measured();
  contact.follow(Promise.resolve(unanswered), ageOfAnswer);
  await clock.advance(MEMORY - 1);
  assertEquals(contact.unansweredFor(MEMORY), MEMORY - 1);
  await clock.advance(1);
  assertEquals(contact.unansweredFor(MEMORY), 0);
});

Deno.test("Contact.unansweredFor() counts a request that was in flight before the first question from that question", async () => {
  const clock = new ManualClock();
  const contact = new Contact(clock);
  contact.follow(pending(), ageOfAnswer);
  await clock.advance(500);
  assertEquals(contact.unansweredFor(MEMORY), 0);
  await clock.advance(30);
  assertEquals(contact.unansweredFor(MEMORY), 30);
});

Deno.test("Contact.follow() returns the same promise, so that nobody waits longer", () => {
  const [contact] = measured();
  const request = pending();
  assertEquals(contact.follow(request, ageOfAnswer) === request, true);
});

Deno.test("Contact.follow() ignores an outcome that cannot be read", async () => {
  const [contact, clock] = measured();
  contact.follow(Promise.resolve(undefined as unknown as object), ageOfAnswer);
  await clock.advance(10);
  assertEquals([contact.last, contact.unansweredFor(MEMORY)], [null, 0]);
});
