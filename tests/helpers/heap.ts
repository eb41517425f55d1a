/**
 * How much memory is really in use.
 *
 * @module
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | null = null;

/** Bytes on the heap that something still refers to. */
export function liveHeap(): number {
  if (collect === null) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  // What a first pass finalizes, a second one frees.
  for (let pass = 0; pass < 3; pass++) collect();
  return Deno.memoryUsage().heapUsed;
}
