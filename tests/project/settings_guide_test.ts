/** Holds the tables of docs/settings.md against the library. */

import { assertEquals, assertGreater } from "@std/assert";
import { timingFigures } from "@x/natslock";
import { flawOf, isAtLeast } from "../../src/nats/server_version.ts";

const HOUR = 3_600_000;

/** Returns the rows of the table in docs/settings.md whose first column has this head. */
function rowsUnder(head: string): string[][] {
  const lines = Deno.readTextFileSync(new URL("../../docs/settings.md", import.meta.url)).split("\n");
  const cells = (line: string) => line.split("|").slice(1, -1).map((cell) => cell.trim());
  const isHead = (index: number) => lines[index + 1]?.startsWith("| -") ?? false;
  const begin = lines.findIndex((line, index) => cells(line)[0] === head && isHead(index)) + 2;
  const length = lines.slice(begin).findIndex((line) => !line.startsWith("|"));
  return lines.slice(begin, begin + length).map(cells);
}

Deno.test("docs/settings.md has the figures of timingFigures() for each ttl, and the requests of a holder", () => {
  const rows = rowsUnder("`ttl`");
  assertGreater(rows.length, 3);
  const seconds = (ms: number) => `${Math.round(ms / 10) / 100} s`;
  for (const row of rows) {
    const ttl = 1000 * parseInt(row[0] ?? "");
    const { crashTakeover, outageRiddenOut, skewTolerated } = timingFigures(ttl);
    // A renewal each third of the lease, and with each second one a request for the bucket's settings.
    const requests = 1.5 * HOUR / (ttl / 3);
    const times = [ttl, crashTakeover, outageRiddenOut, skewTolerated].map(seconds);
    assertEquals(row, [...times, requests.toLocaleString("en")]);
  }
});

/** Returns the release that docs/settings.md names to take instead; `null` if it does not call this one bad. */
function documentedRemedy(version: string): string | null {
  for (const [releases = "", , take = ""] of rowsUnder("releases")) {
    const [first = "", last = first] = releases.match(/[\d.]+/g) ?? [];
    const isBad = releases.startsWith("before")
      ? !isAtLeast(version, first)
      : isAtLeast(version, first) && isAtLeast(last, version);
    if (isBad) return take;
  }
  return null;
}

Deno.test("docs/settings.md calls the same releases of nats-server bad as flawOf(), with the same remedy", () => {
  for (let minor = 8; minor <= 15; minor++) {
    for (let patch = 0; patch <= 30; patch++) {
      const version = `2.${minor}.${patch}`;
      assertEquals([version, documentedRemedy(version)], [version, flawOf(version)?.take ?? null]);
    }
  }
});
