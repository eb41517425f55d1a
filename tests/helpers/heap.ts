/**
 * Measures the memory that is in use.
 *
 * @module
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | null = null;

/** Bytes on the heap that are still referenced. */
export function liveHeap(): number {
  if (collect === null) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  // The first pass runs finalizers. Later passes free what they released.
  for (let pass = 0; pass < 3; pass++) collect();
  return Deno.memoryUsage().heapUsed;
}
