import { assertEquals } from "@std/assert";
import { type Hold, holdsInTime, outlived } from "./epochs.ts";

const FORMER = "2026-01-01T00:00:00.5Z";
const LATER = "2026-01-01T00:00:10.123456789Z";
const REPLACED = Date.parse("2026-01-01T00:00:10.123Z");

/** A hold from and until these times after the stream was replaced, in ms. */
const hold = (epoch: string, from: number, until: number): Hold => ({
  ...{ client: "x", token: 5, epoch },
  ...{ from: REPLACED + from, until: REPLACED + until },
});

Deno.test("holdsInTime() leaves out the holds that began under an epoch after its stream was replaced", () => {
  const [before, late, next] = [hold(FORMER, -10, 900), hold(FORMER, 400, 500), hold(LATER, 400, 90_000)] as const;
  assertEquals(holdsInTime([before, late, next]), [before, next]);
  assertEquals(holdsInTime([late]), [late]);
});

Deno.test("outlived() reports a hold that lasts for more than one and a half leases after its stream was replaced", () => {
  const next = hold(LATER, 20, 90_000);
  assertEquals(outlived([hold(FORMER, -5000, 1550), hold(FORMER, 500, 2050), next], 1000), []);
  const message = (ms: number) => [`x holds token 5 of ${FORMER}, which was replaced, ${ms} ms too long`];
  assertEquals(outlived([hold(FORMER, -5000, 1700), next], 1000), message(100));
  assertEquals(outlived([hold(FORMER, 500, 2200), next], 1000), message(100));
});
