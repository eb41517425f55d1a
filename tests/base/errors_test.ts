/** Tests of the error classes and of the messages of badParameter(). */

import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import {
  AcquireTimeoutError,
  BadParameterError,
  BucketConfigError,
  ConnectionError,
  type ConnectionErrorReason,
  LeaseLostError,
  LeaseReleasedError,
  LockerClosedError,
  type LossReason,
  NatslockError,
} from "@x/natslock";
import { badParameter } from "../../src/base/errors.ts";

const COMPLAINT = { bucket: "locks", setting: "num_replicas", value: 2, wanted: "1, 3 or 5" };

interface Row {
  readonly make: (options?: ErrorOptions) => NatslockError;
  readonly name: string;
  readonly code: string;
}

/** All classes that take a message and a cause. */
const ROWS: readonly Row[] = [
  { make: (o) => new NatslockError("ANY", "m", o), name: "NatslockError", code: "ANY" },
  { make: (o) => new BadParameterError("key", "m", o), name: "BadParameterError", code: "BAD_PARAMETER" },
  { make: (o) => new AcquireTimeoutError("m", o), name: "AcquireTimeoutError", code: "ACQUIRE_TIMEOUT" },
  { make: (o) => new LeaseLostError("deadline", "m", o), name: "LeaseLostError", code: "LEASE_LOST" },
  { make: (o) => new LeaseReleasedError("m", o), name: "LeaseReleasedError", code: "LEASE_RELEASED" },
  { make: (o) => new LockerClosedError("m", o), name: "LockerClosedError", code: "LOCKER_CLOSED" },
  { make: (o) => new ConnectionError("timeout", "m", o), name: "ConnectionError", code: "CONNECTION" },
];

for (const { make, name, code } of ROWS) {
  Deno.test(`${name} has its own name and the code ${code}`, () => {
    const error = make();
    assertEquals([error.name, error.code, error.message], [name, code, "m"]);
  });

  Deno.test(`${name} is a NatslockError and an Error`, () => {
    assertInstanceOf(make(), NatslockError);
    assertInstanceOf(make(), Error);
  });

  Deno.test(`${name} keeps its cause`, () => {
    const cause = { any: "value" };
    assertStrictEquals(make({ cause }).cause, cause);
  });

  Deno.test(`${name} has no cause by default`, () => {
    assertEquals("cause" in make(), false);
  });

  Deno.test(`${name} prints its name before its message`, () => {
    assertEquals(String(make()), `${name}: m`);
  });
}

for (const { make, name } of ROWS.filter((row) => row.name !== "ConnectionError")) {
  Deno.test(`${name} is not transient`, () => {
    assertEquals(make().transient, false);
  });
}

const TRANSIENT: Readonly<Record<ConnectionErrorReason, boolean>> = {
  timeout: true,
  unavailable: true,
  contended: true,
  denied: false,
  bucket_missing: false,
  closed: false,
  refused: false,
};

for (const [why, transient] of Object.entries(TRANSIENT) as [ConnectionErrorReason, boolean][]) {
  Deno.test(`ConnectionError "${why}" is ${transient ? "" : "not "}transient and has its reason`, () => {
    const error = new ConnectionError(why, "m");
    assertEquals([error.why, error.transient], [why, transient]);
  });
}

for (const why of ["deadline", "superseded", "removed", "stolen", "closed"] satisfies LossReason[]) {
  Deno.test(`LeaseLostError "${why}" has its reason`, () => {
    assertEquals(new LeaseLostError(why, "m").why, why);
  });
}

Deno.test("BadParameterError names the parameter", () => {
  assertEquals(new BadParameterError("timing.margin", "m").parameter, "timing.margin");
});

Deno.test("badParameter() names the parameter, what is wanted and the current value", () => {
  const { parameter, message } = badParameter("key", "a word", "a b");
  assertEquals([parameter, message], ["key", 'Cannot use "key": must be a word, current value is "a b"']);
});

for (const [value, shown] of [[NaN, "NaN"], [undefined, "undefined"], [1n, "bigint"], [{ a: 1 }, '{"a":1}']] as const) {
  Deno.test(`badParameter() shows ${shown} without throwing`, () => {
    assertEquals(badParameter("key", "a word", value).message.endsWith(`current value is ${shown}`), true);
  });
}

Deno.test("BucketConfigError has its own name and the code BUCKET_CONFIG", () => {
  const error = new BucketConfigError(COMPLAINT);
  assertEquals([error.name, error.code, error.transient], ["BucketConfigError", "BUCKET_CONFIG", false]);
});

Deno.test("BucketConfigError has the bucket, the setting, its value and what is wanted", () => {
  const { bucket, setting, value, wanted } = new BucketConfigError(COMPLAINT);
  assertEquals({ bucket, setting, value, wanted }, COMPLAINT);
});

Deno.test("BucketConfigError states the problem in one sentence", () => {
  const wanted = 'Cannot keep locks in bucket "locks": "num_replicas" must be 1, 3 or 5, current value is 2';
  assertEquals(new BucketConfigError(COMPLAINT).message, wanted);
});

Deno.test("badParameter() shortens a long value and states its length", () => {
  const { message } = badParameter("key", "a word", "x".repeat(1_000_000));
  assertEquals([message.length < 300, message.endsWith("xxx... (1000002 characters)")], [true, true]);
});

for (const [value, shown] of [["old", '"old"'], [null, "null"], [{ name: "KV_a" }, '{"name":"KV_a"}']] as const) {
  Deno.test(`BucketConfigError shows the value ${shown} as JSON`, () => {
    assertEquals(new BucketConfigError({ ...COMPLAINT, value }).message.endsWith(`current value is ${shown}`), true);
  });
}
