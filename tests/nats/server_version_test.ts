import { assertEquals, assertMatch } from "@std/assert";
import { newKeyValue } from "@x/natslock";
import { flawOf, isAtLeast, warnOfServer } from "../../src/nats/server_version.ts";
import { PINNED_VERSION } from "../../tools/nats/install.ts";
import { withServer } from "../helpers/nats.ts";
import { VERSIONS } from "../matrix/versions.ts";

const BAD: readonly (readonly [version: string, take: string])[] = [
  ["2.8.4", "2.9.25"],
  ["2.9.20", "2.9.25"],
  ["2.10.19", "2.10.29"],
  ["2.10.20", "2.10.29"],
  ["2.10.22", "2.10.29"],
  ["2.11.0", "2.11.17"],
  ["2.11.1", "2.11.17"],
  ["2.11.7", "2.11.17"],
  ["2.11.9", "2.11.17"],
  ["2.12.0", "2.12.15"],
  ["2.12.0-RC.1", "2.12.15"],
];

for (const [version, take] of BAD) {
  Deno.test(`flawOf() names ${take} as the release to use instead of ${version}`, () => {
    assertEquals(flawOf(version)?.take, take);
  });
}

for (const version of ["2.9.21", "2.10.18", "2.10.23", "2.11.10", "2.12.1", PINNED_VERSION, "3.0.0", "", "unknown"]) {
  Deno.test(`flawOf() knows no flaw of "${version}"`, () => {
    assertEquals(flawOf(version), null);
  });
}

Deno.test("flawOf() names only releases without a known flaw, which the matrix tests", () => {
  const named = new Set(BAD.map(([version]) => flawOf(version)?.take ?? ""));
  assertEquals([...named].map(flawOf), [...named].map(() => null));
  assertEquals([...named].filter((version) => !VERSIONS.includes(version)), []);
});

for (
  const [version, since, wanted] of [["2.9.25", "2.11", false], ["2.11.0", "2.11", true], ["", "2.11", false]] as const
) {
  Deno.test(`isAtLeast() is ${wanted} for "${version}" and ${since}`, () => {
    assertEquals(isAtLeast(version, since), wanted);
  });
}

/** Returns a logger that keeps its warnings. */
function keeper(): { readonly warnings: unknown[][]; readonly logger: Parameters<typeof warnOfServer>[1] } {
  const warnings: unknown[][] = [];
  const logger = { debug: () => {}, info: () => {}, warn: (...line: unknown[]) => void warnings.push(line) };
  return { warnings, logger };
}

Deno.test("warnOfServer() warns once about a connection's server, and again when the connection moves to another bad one", () => {
  const { warnings, logger } = keeper();
  const nc = { info: { version: "2.12.0" } };
  warnOfServer(nc, logger);
  warnOfServer(nc, logger);
  nc.info = { version: "2.10.19" };
  warnOfServer(nc, logger);
  assertEquals(warnings.map(([, about]) => about), [
    { server: "2.12.0", take: "2.12.15" },
    { server: "2.10.19", take: "2.10.29" },
  ]);
});

Deno.test("newKeyValue() warns about a bad server, and not about a good one", () =>
  withServer(async ({ nc }) => {
    const { warnings, logger } = keeper();
    await newKeyValue(nc, "locks", 3000, { logger });
    assertEquals(warnings, []);
    Object.assign(nc.info ?? {}, { version: "2.12.0" });
    await newKeyValue(nc, "locks", 3000, { logger });
    await newKeyValue(nc, "others", 3000, { logger });
    const [[line, about] = []] = warnings;
    assertEquals([warnings.length, about], [1, { server: "2.12.0", take: "2.12.15" }]);
    assertMatch(String(line), /^nats-server 2\.12\.0 can keep .+: use 2\.12\.15 or later$/);
  }));
