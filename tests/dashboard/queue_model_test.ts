import { assertEquals } from "@std/assert";
import { Board } from "../../examples/dashboard/model/board.ts";
import type { Change } from "../../examples/dashboard/model/change.ts";
import { queuesOf } from "../../examples/dashboard/model/queues.ts";
import { sessionKey, ticketKey } from "../../src/locks/names.ts";
import type { Ticket } from "../../src/store/ticket.ts";

const [ADA, BOB] = ["a", "b"].map((last) => `00000000-0000-4000-8000-00000000000${last}`) as [string, string];
const TTL = 1000;

const recordOf = (holder: string, name: string, ttl: number | null) => ({
  ...{ holder, attempt: "n", token: null, name, since: null, ttl, meta: {} },
});

function session(holder: string, name: string, revision: number, at = 0): Change {
  const keyState = { kind: "held", revision, record: recordOf(holder, name, TTL) } as const;
  return { key: sessionKey(holder), keyState, at, previous: 0 };
}

function request(holder: string, revision: number, claim: Partial<Ticket> = {}): Change {
  const keyState = { kind: "held", revision, record: recordOf(holder, "", null) } as const;
  const usual = { mode: "exclusive", limit: null, weight: 1 } as const;
  const ticket: Ticket = { session: holder, attempt: "n", lock: "job", since: null, ...usual, ...claim };
  return { key: ticketKey("job", holder, revision), keyState, at: 0, previous: 0, ticket };
}

/** A board, and what it shows of the only queue at a time. */
function lab(...changes: readonly Change[]) {
  const clocks = { local: 0, wall: 0 };
  const board = new Board({ now: () => clocks.local, wall: () => clocks.wall }, TTL, () => {});
  for (const change of changes) board.apply(change);
  const look = (isComplete = true) => queuesOf({ locks: board.locks, phase: (lock) => board.phase(lock), isComplete });
  const states = (isComplete?: boolean) =>
    look(isComplete).queues.flatMap(({ requests }) => requests.map(({ holder, state }) => `${holder} ${state}`));
  const pass = (ms: number) => clocks.wall = clocks.local = ms;
  return { board, look, states, pass };
}

Deno.test("queuesOf() gives the requests of a lock in the order of their places, whatever order they were found in", () => {
  const { states, look } = lab(request(BOB, 4), session(BOB, "bob", 3), session(ADA, "ada", 1), request(ADA, 2));
  assertEquals(states(), ["ada held", "bob waiting"]);
  assertEquals(look().sessions.map(({ holder, holds, waits }) => [holder, holds, waits]), [["ada", 1, 0], [
    "bob",
    0,
    1,
  ]]);
});

Deno.test("queuesOf() lets shared requests hold up to their limit", () => {
  const claim = { mode: "shared", limit: 3, weight: 2 } as const;
  const requests = [request(ADA, 2, claim), request(ADA, 3, { ...claim, weight: 1 }), request(ADA, 4, claim)];
  assertEquals(lab(session(ADA, "ada", 1), ...requests).states(), ["ada held", "ada held", "ada waiting"]);
});

Deno.test("queuesOf() shows requests as gone when the lease of their session is over, and as waiting behind them", () => {
  const { board, states, pass } = lab(session(ADA, "ada", 1), request(ADA, 2), request(BOB, 3));
  pass(TTL - 100);
  board.apply(session(BOB, "bob", 4, TTL - 100));
  pass(TTL);
  assertEquals(states(), ["ada gone", "bob waiting"]);
});

Deno.test("queuesOf() shows requests without a session as unknown until all records were seen, then as gone", () => {
  const { states } = lab(request(ADA, 2));
  assertEquals([states(false), states(true)], [[`${ADA} stale`], [`${ADA} gone`]]);
});

Deno.test("queuesOf() shows all requests as unknown after the connection was lost", () => {
  const { board, states } = lab(session(ADA, "ada", 1), request(ADA, 2));
  board.lost();
  assertEquals(states(), ["ada stale"]);
});

Deno.test("queuesOf() lets a request that cannot be read block those behind it", () => {
  const odd = { ...request(ADA, 2), ticket: null };
  assertEquals(lab(session(ADA, "ada", 1), odd, request(ADA, 3, { mode: "shared" })).states(), [
    "ada held",
    "ada waiting",
  ]);
});

Deno.test("Board counts no sessions and requests as locks, and forgets those that are gone", () => {
  const { board, look } = lab(session(ADA, "ada", 1), request(ADA, 2));
  assertEquals([board.count().all, board.locks.size], [0, 2]);
  const { key } = request(ADA, 2);
  board.apply({ key, keyState: { kind: "vacant", revision: 5 }, at: 1, previous: 2 });
  board.nothing(key, 5);
  assertEquals([board.locks.size, look().queues.length], [1, 0]);
});
