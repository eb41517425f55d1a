import { assertEquals } from "@std/assert";
import type { LeaseStore } from "../../src/store/store.ts";
import { retried } from "./retried.ts";

/** Longest wait for an answer of a new bucket, in ms. */
const TIMEOUT = 2000;

/** Resolves when a new bucket answers reads and writes. On several servers it has no leader for a moment. */
export async function led<Store extends LeaseStore>(store: Store): Promise<Store> {
  await retried(async () => assertEquals((await store.read("none", { timeout: TIMEOUT })).kind, "seen"));
  const removal = { expected: 1, timeout: TIMEOUT };
  await retried(async () => assertEquals((await store.remove("none", removal)).kind, "conflict"));
  return store;
}
