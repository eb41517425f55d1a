/** Tests of the encoding of a ticket. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeTicket, encodeTicket, type Ticket } from "../../src/store/ticket.ts";
import { SESSION, TICKET } from "../helpers/ticket_lab.ts";

/** Decodes headers, of which some are replaced. */
function decoded(ticket: Ticket, changes: Readonly<Record<string, string>> = {}): Ticket | null {
  const headers = new Map([...encodeTicket(ticket), ...Object.entries(changes)]);
  return decodeTicket(ticket.session, (name) => headers.get(name) ?? "");
}

const NAMES: Readonly<Record<string, string>> = {
  "empty": "",
  "a NUL": "\u0000",
  "line breaks and tabs": "a\r\nNats-TTL: 1s\r\n\tb",
  "a lone high surrogate": "\ud83d",
  "a lone low surrogate": "x\udd12x",
  "surrogates in the wrong order": "\udd12\ud83d",
  "characters outside the BMP": "\u{1f512}",
  "quotes and backslashes": '"\\u0041\\"',
  "spaces at its ends": "  a  ",
  "a DEL and a line separator": "\u007f\u2028",
  "10,000 characters": "\u00e9".repeat(10_000),
};

for (const [what, lock] of Object.entries(NAMES)) {
  Deno.test(`decodeTicket() returns a name that is or has: ${what}`, () => {
    assertEquals(decoded({ ...TICKET, lock }), { ...TICKET, lock });
  });
}

Deno.test("decodeTicket() returns every ticket as it was encoded, in headers of printable ASCII", () => {
  const sharing = fc.record({
    limit: fc.option(fc.integer({ min: 1 })),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const tickets = fc.record({
    lock: fc.string({ unit: "binary", maxLength: 40 }),
    attempt: fc.uuid(),
    since: fc.option(fc.nat()),
    shared: fc.option(sharing),
  }).map(({ shared, ...ticket }): Ticket => {
    if (shared === null) return { ...TICKET, ...ticket };
    const weight = Math.max(1, Math.floor((shared.limit ?? 9) * shared.part));
    return { ...TICKET, ...ticket, mode: "shared", limit: shared.limit, weight };
  });
  fc.assert(fc.property(tickets, (ticket) => {
    assertEquals(decoded(ticket), ticket);
    for (const [name, value] of encodeTicket(ticket)) assert(/^[\x20-\x7e]+$/.test(name + value), value);
  }));
});

Deno.test("encodeTicket() leaves out what a ticket does not have", () => {
  const names = encodeTicket({ ...TICKET, since: null }).map(([name]) => name);
  assertEquals(names, ["Natslock-Attempt", "Natslock-Mode", "Natslock-Weight", "Natslock-Lock"]);
});

const SHARED: Ticket = { ...TICKET, mode: "shared", limit: 5, weight: 2 };

const UNREADABLE: readonly (readonly [header: string, value: string, ticket?: Ticket])[] = [
  ["Natslock-Attempt", ""],
  ["Natslock-Mode", ""],
  ["Natslock-Mode", "Exclusive"],
  ["Natslock-Mode", "intent"],
  ["Natslock-Lock", ""],
  ["Natslock-Lock", "orders"],
  ["Natslock-Lock", "null"],
  ["Natslock-Lock", '["orders"]'],
  ["Natslock-Lock", '"orders'],
  ["Natslock-Weight", ""],
  ["Natslock-Weight", "0"],
  ["Natslock-Weight", "-1"],
  ["Natslock-Weight", "1.5"],
  ["Natslock-Weight", "1e3"],
  ["Natslock-Weight", "99999999999999999"],
  ["Natslock-Limit", "5"],
  ["Natslock-Limit", "0", SHARED],
  ["Natslock-Limit", "-5", SHARED],
  ["Natslock-Limit", "many", SHARED],
  ["Natslock-Limit", "1", SHARED],
  ["Natslock-Weight", "6", SHARED],
];

for (const [header, value, ticket = TICKET] of UNREADABLE) {
  Deno.test(`decodeTicket() cannot read the ${ticket.mode} ticket whose ${header} is "${value}"`, () => {
    assertEquals(decoded(ticket, { [header]: value }), null);
  });
}

Deno.test("decodeTicket() ignores a time that is no whole number, since it is for people only", () => {
  assertEquals(decoded(TICKET, { "Natslock-Since": "yesterday" }), { ...TICKET, since: null });
});

Deno.test("decodeTicket() gives the ticket the session that it is told", () => {
  assertEquals(decodeTicket(SESSION, (name) => new Map(encodeTicket(TICKET)).get(name) ?? "")?.session, SESSION);
});
