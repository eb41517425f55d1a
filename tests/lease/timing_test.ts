import { assertEquals, assertInstanceOf, assertLess, assertStringIncludes, assertThrows } from "@std/assert";
import { SLEEP_THRESHOLD } from "../../src/base/clock.ts";
import { BadParameterError, BucketConfigError, show } from "../../src/base/errors.ts";
import {
  leaseLength,
  leaseTiming,
  requireBucketTtl,
  type TimingOptions,
  wholeSeconds,
} from "../../src/lease/timing.ts";

const BAD_DURATIONS: readonly unknown[] = [NaN, 0, -1, Infinity, -Infinity, "3000", "", null, {}, true];

/** Returns the parameter and the message of the error that `fn` throws. */
function complaint(fn: () => unknown): { parameter: string; message: string } {
  const { parameter, message } = assertThrows(fn, BadParameterError);
  return { parameter, message };
}

function text(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

for (const ttl of [100, 3_000, 15_000, 60_000, 86_400_000]) {
  Deno.test(`leaseTiming(${ttl}) has defaults that leave time for a second renewal`, () => {
    const { renewEvery, retryEvery, requestTimeout, margin } = leaseTiming(ttl);
    assertLess(renewEvery + retryEvery + requestTimeout, ttl - margin);
  });
}

const DEFAULTS = [
  { ttl: 3_000, renewEvery: 1_000, margin: 300, requestTimeout: 750, retryEvery: 200 },
  { ttl: 15_000, renewEvery: 5_000, margin: 1_500, requestTimeout: 3_750, retryEvery: 1_000 },
  { ttl: 60_000, renewEvery: 20_000, margin: 6_000, requestTimeout: 5_000, retryEvery: 1_000 },
];

for (const wanted of DEFAULTS) {
  Deno.test(`leaseTiming(${wanted.ttl}) has the documented defaults`, () => {
    assertEquals(leaseTiming(wanted.ttl), wanted);
  });
}

Deno.test("leaseTiming() keeps the times that are set and fills in the others", () => {
  const timing = leaseTiming(3_000, { renewEvery: 500, margin: 100 });
  assertEquals(timing, { ttl: 3_000, renewEvery: 500, margin: 100, requestTimeout: 750, retryEvery: 200 });
});

const TIGHT = { renewEvery: 1_000, retryEvery: 200, requestTimeout: 1_500, margin: 300 };

Deno.test("leaseTiming() refuses times that do not fit, and names both sides and their sums", () => {
  const { parameter, message } = complaint(() => leaseTiming(3_000, TIGHT));
  assertEquals(parameter, "timing");
  const words = ['"renewEvery" + "retryEvery" + "requestTimeout"', '"ttl" - "margin"', "2700", "3000 - 300"];
  for (const word of words) assertStringIncludes(message, word);
});

Deno.test("leaseTiming() accepts times that leave one millisecond", () => {
  assertEquals(leaseTiming(3_000, { ...TIGHT, margin: 299 }).margin, 299);
});

Deno.test("leaseTiming() accepts a margin of twice the sleep that a clock may miss, as for the least ttl", () => {
  assertEquals(leaseTiming(100).margin, 2 * SLEEP_THRESHOLD);
  assertEquals(leaseTiming(3_000, { margin: 10 }).margin, 10);
});

Deno.test("leaseTiming() refuses a margin that a missed sleep could use up, and names both", () => {
  const { parameter, message } = complaint(() => leaseTiming(3_000, { margin: 9.9 }));
  assertEquals(parameter, "timing.margin");
  for (const word of ["10 ms or more", "5 ms of sleep", "current value is 9.9"]) assertStringIncludes(message, word);
});

Deno.test("leaseTiming() refuses a lease if a tenth of it is too short a margin, and names that margin", () => {
  const { parameter, message } = complaint(() => leaseTiming(90));
  assertEquals(parameter, "timing.margin");
  for (const word of ["10 ms or more", 'a tenth of "ttl"', "current value is 9"]) assertStringIncludes(message, word);
});

const BROKEN: readonly TimingOptions[] = [
  { renewEvery: 2_000 },
  { margin: 2_000 },
  { margin: 3_000 },
  { requestTimeout: 2_000 },
  { retryEvery: 2_000 },
];

for (const options of BROKEN) {
  Deno.test(`leaseTiming(3000, ${JSON.stringify(options)}) is refused`, () => {
    assertEquals(complaint(() => leaseTiming(3_000, options)).parameter, "timing");
  });
}

for (const field of ["renewEvery", "margin", "requestTimeout", "retryEvery"] as const) {
  // `null` means the default: a user's settings may come from JSON.
  for (const value of BAD_DURATIONS.filter((bad) => bad !== null)) {
    Deno.test(`leaseTiming() refuses ${text(value)} as ${field} and names both`, () => {
      const { parameter, message } = complaint(() => leaseTiming(3_000, { [field]: value } as TimingOptions));
      assertEquals(parameter, `timing.${field}`);
      assertStringIncludes(message, `"timing.${field}"`);
      assertStringIncludes(message, `current value is ${show(value)}`);
    });
  }
}

const TTL_TAKERS: readonly (readonly [string, (ttl: number) => unknown])[] = [
  ["leaseTiming", leaseTiming],
  ["requireBucketTtl", requireBucketTtl],
  ["wholeSeconds", wholeSeconds],
];

for (const [name, take] of TTL_TAKERS) {
  for (const value of BAD_DURATIONS) {
    Deno.test(`${name}() refuses ${text(value)} as ttl and names both`, () => {
      const { parameter, message } = complaint(() => take(value as number));
      assertEquals(parameter, "ttl");
      assertStringIncludes(message, `"ttl"`);
      assertStringIncludes(message, `current value is ${show(value)}`);
    });
  }
}

for (const [given, kept] of [[1_000, 1_000], [1_500, 1_000], [1_999.9, 1_000], [2_900, 2_000], [60_000, 60_000]]) {
  Deno.test(`wholeSeconds(${given}) is ${kept}`, () => {
    assertEquals(wholeSeconds(given as number), kept);
  });
}

for (const ttl of [999, 999.99, 1]) {
  Deno.test(`wholeSeconds(${ttl}) is refused: less than a second`, () => {
    const { parameter, message } = complaint(() => wholeSeconds(ttl));
    assertEquals(parameter, "ttl");
    assertStringIncludes(message, `at least 1000 ms, current value is ${ttl}`);
  });
}

Deno.test("requireBucketTtl(100) is accepted: the server's minimum", () => {
  assertEquals(requireBucketTtl(100), undefined);
});

Deno.test("requireBucketTtl(99.9) is refused, and the error names the minimum", () => {
  const { parameter, message } = complaint(() => requireBucketTtl(99.9));
  assertEquals(parameter, "ttl");
  assertStringIncludes(message, "at least 100 ms");
});

const LENGTHS = [
  { own: null, ttl: 15_000, perKeyTtl: true, wanted: 15_000 },
  { own: null, ttl: 15_000, perKeyTtl: false, wanted: 15_000 },
  { own: 3_000, ttl: 15_000, perKeyTtl: true, wanted: 3_000 },
  { own: 15_000, ttl: 15_000, perKeyTtl: true, wanted: 15_000 },
  { own: 3_000, ttl: null, perKeyTtl: true, wanted: 3_000 },
];

for (const { own, wanted, ...settings } of LENGTHS) {
  Deno.test(`leaseLength() is ${wanted} for a lock of ${own} in a bucket of ${JSON.stringify(settings)}`, () => {
    assertEquals(leaseLength(own, settings, "locks"), wanted);
  });
}

const NO_LENGTHS = [
  { own: null, ttl: null, perKeyTtl: true, setting: "max_age", value: 0 },
  { own: null, ttl: null, perKeyTtl: false, setting: "max_age", value: 0 },
  { own: 3_000, ttl: 15_000, perKeyTtl: false, setting: "allow_msg_ttl", value: false },
  { own: 3_000, ttl: null, perKeyTtl: false, setting: "allow_msg_ttl", value: false },
  { own: 16_000, ttl: 15_000, perKeyTtl: false, setting: "allow_msg_ttl", value: false },
];

for (const { own, setting, value, ...settings } of NO_LENGTHS) {
  Deno.test(`leaseLength() blames ${setting} for a lock of ${own} in a bucket of ${JSON.stringify(settings)}`, () => {
    const error = assertThrows(() => leaseLength(own, settings, "locks"), BucketConfigError);
    assertEquals([error.bucket, error.setting, error.value], ["locks", setting, value]);
  });
}

Deno.test("leaseLength() names the server version that was found and the one that is needed", () => {
  const error = assertThrows(() => leaseLength(3_000, { ttl: 15_000, perKeyTtl: false, server: "2.9.25" }, "locks"));
  assertStringIncludes(String(error), 'its own "ttl" (needs server 2.11 or later, found 2.9.25)');
});

Deno.test("leaseLength() refuses a lease that is longer than the bucket keeps a record", () => {
  const error = assertThrows(() => leaseLength(16_000, { ttl: 15_000, perKeyTtl: true }, "locks"));
  assertInstanceOf(error, BadParameterError);
  assertEquals(error.parameter, "ttl");
  for (const word of ['"ttl"', "15000 ms", '"locks"', "16000"]) assertStringIncludes(error.message, word);
});
