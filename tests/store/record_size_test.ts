/** Tests of paddingFor() and recordSize(): all records of one hold have the same length. */

import { assertEquals, assertGreater } from "@std/assert";
import { SMALLEST_RECORD } from "../../src/nats/bucket_rules.ts";
import { decodeRecord, encodeHeaders, type LeaseRecord, paddingFor, recordSize } from "../../src/store/record.ts";

const RECORD: LeaseRecord = {
  holder: "0b5e8f1c-2d3a-4c5b-9e6f-a1b2c3d4e5f6",
  attempt: "0b5e8f1c-2d3a-4c5b-9e6f-a1b2c3d4e5f6.999999",
  token: 41,
  name: "worker-3",
  since: 1_800_000_000_123,
  ttl: 15_000,
  meta: { host: "a" },
};

for (const expected of [0, 7, 4711, Number.MAX_SAFE_INTEGER]) {
  for (const token of [null, 1, 123_456, Number.MAX_SAFE_INTEGER]) {
    Deno.test(`paddingFor() makes a record with token ${token} at revision ${expected} as long as its grant`, () => {
      const lengthOf = (of: number | null, on: number) =>
        `${on}${encodeHeaders({ ...RECORD, token: of })}${paddingFor(of, on)}${of === null ? "" : "\r\n"}`.length;
      assertEquals(lengthOf(token, expected), lengthOf(null, 0));
      assertGreater(paddingFor(token, expected)[1].length, 0);
    });
  }
}

Deno.test("recordSize() is the same for a grant and for its renewals", () => {
  const sizes = [null, 1, 99_999].map((token) => recordSize({ ...RECORD, token }, 15_000));
  assertEquals(new Set(sizes).size, 1);
});

Deno.test("recordSize() counts bytes, not characters, and includes the record's own lease length", () => {
  const [plain, wide] = ["o", "ó"].map((name) => recordSize({ ...RECORD, name }, null));
  assertEquals([wide, recordSize({ ...RECORD, name: "o" }, 15_000)], [(plain ?? 0) + 1, (plain ?? 0) + 15]);
});

Deno.test("decodeRecord() ignores the padding of a record", () => {
  const headers = new Map([...encodeHeaders(RECORD), paddingFor(RECORD.token, 41)]);
  const value = new TextEncoder().encode(RECORD.holder);
  const keyState = decodeRecord({ revision: 42, value, header: (name) => headers.get(name) });
  assertEquals(keyState, { kind: "held", revision: 42, record: RECORD });
});

Deno.test("SMALLEST_RECORD is the size of a record without name and meta, with the shortest lease", () => {
  assertEquals(recordSize({ ...RECORD, token: null, name: "", meta: {}, ttl: 100 }, null), SMALLEST_RECORD);
});
