/** Tests of filterOf(). */

import { assertEquals } from "@std/assert";
import { filterOf } from "../../src/store/filter.ts";

const KEYS = ["a", "a.b", "a.b.c", "ab", "x.b", "a.*", "a*.b"];

const FILTERS: Readonly<Record<string, readonly string[]>> = {
  "a": ["a"],
  "a.b": ["a.b"],
  "*": ["a", "ab"],
  "*.b": ["a.b", "x.b", "a*.b"],
  "a.*": ["a.b", "a.*"],
  "a.>": ["a.b", "a.b.c", "a.*"],
  "a.*.>": ["a.b.c"],
  ">": KEYS,
  "a*.b": ["a*.b"],
  "b": [],
};

for (const [filter, wanted] of Object.entries(FILTERS)) {
  Deno.test(`filterOf("${filter}") takes the keys that a subscription to it would get`, () => {
    assertEquals(KEYS.filter(filterOf(filter)), wanted);
  });
}
