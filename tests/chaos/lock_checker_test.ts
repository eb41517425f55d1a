import { assertEquals, assertMatch } from "@std/assert";
import type { Entry, Happening } from "./history.ts";
import { handOvers, lockViolations, namedDeaths, namedHolds } from "./lock_checker.ts";

const EPOCH = "2026-01-01T00:00:00Z";

interface Claim {
  readonly mode?: "exclusive" | "shared";
  readonly limit?: number;
  readonly weight?: number;
  readonly names?: readonly string[];
}

/** A request with its grant and its end. `client` has one request for each token. */
function hold(client: string, token: number, [from, until]: readonly [number, number], claim: Claim = {}): Entry[] {
  const { mode = "exclusive", limit = null, weight = 1, names = ["a"] } = claim;
  const about = { request: token, lock: "a" };
  const lines: readonly (readonly [number, Happening])[] = [
    [token, { on: "wanted", request: token, names }],
    [from, { on: "locked", ...about, mode, limit, weight, token, epoch: EPOCH }],
    [until, { on: "unlocked", ...about, why: "released", until }],
    [until, { on: "settled", request: token, why: "released" }],
  ];
  return lines.map(([at, happening]) => ({ at, client, ...happening }));
}

const found = (...holds: readonly Entry[][]): string[] => {
  const entries = holds.flat().sort((one, other) => one.at - other.at);
  return lockViolations({ entries, survivors: new Set(["x", "y", "z"]), ttl: 1000 });
};

const SHARED = { mode: "shared" } as const;
const three = (weight: number): Claim => ({ mode: "shared", limit: 3, weight });

Deno.test("lockViolations() is empty for holds in the order of their tokens, shared ones together, limits kept", () => {
  assertEquals(
    found(
      hold("x", 1, [100, 200]),
      hold("y", 2, [200, 400], SHARED),
      hold("z", 3, [210, 300], SHARED),
      hold("x", 4, [400, 500]),
      hold("y", 5, [500, 600], three(2)),
      hold("z", 6, [510, 700], three(1)),
      hold("x", 7, [600, 700], three(2)),
    ),
    [],
  );
});

const PLANTED: readonly (readonly [title: string, holds: readonly Entry[][], message: RegExp])[] = [
  ["two exclusive holds at once", [hold("x", 1, [100, 200]), hold("y", 2, [190, 300])], /begins 10 ms before the ex/],
  [
    "a shared hold beside an exclusive one",
    [hold("x", 1, [100, 200]), hold("y", 2, [150, 300], SHARED)],
    /50 ms before/,
  ],
  [
    "an exclusive hold beside a shared one",
    [hold("x", 1, [100, 200], SHARED), hold("y", 2, [150, 300])],
    /50 ms before/,
  ],
  [
    "an exclusive hold beside an early shared one that ends last",
    [hold("x", 1, [100, 500], SHARED), hold("z", 2, [100, 200], SHARED), hold("y", 3, [300, 400])],
    /200 ms before/,
  ],
  ["a grant with the smaller token afterwards", [hold("x", 2, [100, 200]), hold("y", 1, [300, 400])], /300 ms before/],
  ["two holds with one token", [hold("x", 1, [100, 200], SHARED), hold("y", 1, [300, 400], SHARED)], /have one token$/],
  [
    "too much weight at once",
    [hold("x", 1, [100, 200], three(2)), hold("y", 2, [150, 300], three(2))],
    /one of 4 of 3$/,
  ],
  ["a request without an end", [hold("x", 1, [100, 200]).slice(0, 1)], /^Request 1 of x for "a" has no end$/],
];

for (const [title, holds, message] of PLANTED) {
  Deno.test(`lockViolations() reports ${title}`, () => {
    const [first = "nothing is reported"] = found(...holds);
    assertMatch(first, message);
  });
}

Deno.test("lockViolations() ends the hold of a killed client with its last entry", () => {
  const killed = hold("killed", 1, [100, 200]).slice(0, 2);
  assertEquals(found(killed, hold("x", 2, [150, 300])), []);
  const later: Entry = { at: 180, client: "killed", on: "stalled", for: 1 };
  assertMatch(found(killed, [later], hold("x", 2, [150, 300]))[0] ?? "", /30 ms before/);
});

Deno.test("handOvers() counts from the request, or from when nothing stood before, and leaves out several names", () => {
  const entries = [
    ...hold("x", 1, [100, 200]),
    ...hold("y", 2, [230, 300], SHARED),
    ...hold("z", 3, [240, 260], { ...SHARED, names: ["a", "b"] }),
    ...hold("x", 4, [305, 400]),
  ];
  assertEquals(handOvers(namedHolds(entries)), [99, 30, 5]);
});

Deno.test("handOvers() does not count the time after the death of a client whose ticket may stand before", () => {
  const killed = hold("killed", 2, [0, 0]).slice(0, 1).map((entry) => ({ ...entry, at: 210 }));
  const entries = [...hold("x", 1, [100, 200]), ...killed, ...hold("y", 3, [290, 300])];
  const deaths = namedDeaths({ entries, survivors: new Set(["x", "y"]) });
  assertEquals(deaths, [{ lock: "a", at: 210 }]);
  assertEquals(handOvers(namedHolds(entries), { deaths, grace: 50 }), [99, 30]);
});
