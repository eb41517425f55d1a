import { assertEquals } from "@std/assert";
import { Board } from "../../examples/dashboard/model/board.ts";
import { type Change, changeOf, type ServerMessage } from "../../examples/dashboard/model/change.ts";
import { select } from "../../examples/dashboard/model/selection.ts";
import { EXPIRY_LAG, ServerTime } from "../../examples/dashboard/model/server_time.ts";

const ADA = "00000000-0000-4000-8000-00000000000a";
const HOUR = 3_600_000;
const TTL = 1000;

function grant(key: string, revision: number, at: number, previous: number | null = 0): Change {
  const record = {
    holder: ADA,
    attempt: "a",
    token: null,
    name: "ada",
    since: null,
    ttl: TTL,
    meta: { host: "node-7" },
  };
  return { key, keyState: { kind: "held", revision, record }, at, previous };
}

/** Returns a board on clocks that a test sets. */
function lab(): { board: Board; changed: string[]; clocks: { local: number; wall: number } } {
  const clocks = { local: 0, wall: 0 };
  const changed: string[] = [];
  const board = new Board({ now: () => clocks.local, wall: () => clocks.wall }, 0, (key) => changed.push(key));
  return { board, changed, clocks };
}

Deno.test("ServerTime follows the push with the shortest delay, whatever the browser's clock says", () => {
  const time = new ServerTime(HOUR, 0);
  time.pushed(5000, 130);
  time.pushed(5100, 205);
  time.pushed(5200, 340);
  assertEquals(time.now(400), 5295);
  assertEquals(time.skew(HOUR + 400, 400), HOUR + 400 - 5295);
});

Deno.test("ServerTime forgets a push after a minute, since clocks drift and servers change", () => {
  const time = new ServerTime(0, 0);
  time.pushed(9000, 0);
  time.pushed(61_000, 61_000);
  assertEquals(time.now(61_000), 61_000);
});

Deno.test("ServerTime is never before the latest record that was read, nor after the end of one that is there", () => {
  const behind = new ServerTime(0, 0);
  behind.found(70_000, 71_000, 10);
  assertEquals(behind.now(10), 70_000);
  const ahead = new ServerTime(HOUR, 0);
  ahead.found(70_000, 71_000, 10);
  assertEquals(ahead.now(10), 71_000 + EXPIRY_LAG);
});

Deno.test("ServerTime uses the browser's clock if no record contradicts it, and reports no small skews", () => {
  const time = new ServerTime(70_500, 0);
  time.found(70_000, 72_000, 0);
  assertEquals([time.now(0), time.skew(71_500, 0)], [70_500, 0]);
});

Deno.test("Board.tick() reports a lease that ran out, and asks for one read of it", () => {
  const { board, changed, clocks } = lab();
  board.apply(grant("k", 1, 0));
  changed.length = 0;
  clocks.local = TTL - 1;
  assertEquals([board.tick(500), changed], [[], []]);
  clocks.local = TTL;
  assertEquals([board.tick(500), changed], [[], ["k"]]);
  clocks.local = TTL + EXPIRY_LAG;
  assertEquals([board.tick(500), board.tick(500)], [["k"], []]);
  clocks.local += 500;
  assertEquals(board.tick(500), ["k"]);
});

Deno.test("Board.lost() leaves no lock held; a record that is read again is held", () => {
  const { board } = lab();
  board.apply(grant("k", 1, 0));
  board.lost();
  assertEquals([board.count().held, board.count().stale], [0, 1]);
  board.apply(grant("k", 1, 0, null));
  assertEquals([board.count().held, board.count().stale], [1, 0]);
});

Deno.test("Board.blind has the times in which the page received nothing", () => {
  const { board, clocks } = lab();
  clocks.local = 100;
  board.seen();
  clocks.local = 300;
  board.lost();
  board.lost();
  clocks.local = 450;
  board.seen();
  assertEquals(board.blind, [{ from: -Infinity, to: 100 }, { from: 300, to: 450 }]);
});

Deno.test("select() finds every word in key, name, id and meta, and applies the filter", () => {
  const { board } = lab();
  for (const [revision, key] of ["shard.10", "shard.9", "other"].entries()) board.apply(grant(key, revision + 1, 0));
  board.apply({ key: "shard.9", keyState: { kind: "vacant", revision: 9 }, at: 5, previous: 2 });
  const found = (search: string, filter: "all" | "held" | "vacant") =>
    select(board.locks.values(), (lock) => board.phase(lock), { search, filter, order: "key" });
  assertEquals(found("", "all"), ["other", "shard.9", "shard.10"]);
  assertEquals(found("SHARD node-7", "all"), ["shard.10"]);
  assertEquals([found("", "vacant"), found("ada", "held")], [["shard.9"], ["other", "shard.10"]]);
});

function message(said: Record<string, string>, sent: Record<string, string> = {}): ServerMessage {
  const data = new TextEncoder().encode(ADA);
  return { data, header: (name) => sent[name] ?? said[name], said: (name) => said[name] };
}

const SAID = {
  "Nats-Stream": "KV_locks",
  "Nats-Subject": "$KV.locks.jobs.leader",
  "Nats-Sequence": "7",
  "Nats-Last-Sequence": "3",
  "Nats-Time-Stamp": "2026-01-02T03:04:05.678901234Z",
};

Deno.test("changeOf() reads the server's headers, not those that a writer sent with the same names", () => {
  const change = changeOf("locks", message(SAID, { "Nats-Sequence": "99" }), true);
  const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  assertEquals([change?.key, change?.keyState.revision, change?.previous, change?.at], ["jobs.leader", 7, 3, at]);
});

Deno.test("changeOf() ignores messages that are not from the bucket's stream", () => {
  for (
    const wrong of [{ "Nats-Stream": "KV_other" }, { "Nats-Subject": "$KV.other.k" }, { "Nats-Sequence": "x" }, {
      "Nats-Time-Stamp": "",
    }]
  ) {
    assertEquals(changeOf("locks", message({ ...SAID, ...wrong }), true), null);
  }
});

Deno.test("The dashboard's model uses no browser, no NATS and no clock, its view no NATS, its feed no view", async () => {
  const rules = {
    model: /@nats-io|preact|\/view\/|\/feed\/|\b(?:document|window|performance|Date\.now|setTimeout)\b/,
    view: /@nats-io/,
    feed: /preact|\/view\//,
  };
  const wrong: string[] = [];
  for (const [part, forbidden] of Object.entries(rules)) {
    const folder = new URL(`../../examples/dashboard/${part}/`, import.meta.url);
    for await (const { name } of Deno.readDir(folder)) {
      const code = (await Deno.readTextFile(new URL(name, folder))).replace(/\/\*[^]*?\*\/|\/\/.*/g, "");
      if (forbidden.test(code)) wrong.push(`${part}/${name}: ${forbidden.exec(code)?.[0]}`);
    }
  }
  assertEquals(wrong, []);
});
