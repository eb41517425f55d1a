/** Deno opens its debugger when it gets USR1. natslock passes this signal on to the command, and means nothing else. */

import type { Clock } from "@x/natslock";
import process from "node:process";

/** How often and how long after the signal the debugger is looked for, in milliseconds. */
const EVERY = 5;
const LONGEST = 500;

/**
 * Returns a listener for USR1 that closes the debugger again; `null` if this is not Deno. Nothing can keep Deno from
 * opening it. A debugger that is open before, by a flag of Deno, stays open. Node and Bun open none if USR1 has a listener.
 */
export function debuggerCloser(clock: Clock): (() => void) | null {
  if (!("deno" in process.versions)) return null;
  const inspector = import("node:inspector");
  const isWanted = inspector.then(({ url }) => url() !== undefined);
  return async () => {
    const { url, close } = await inspector;
    if (await isWanted) return;
    for (const began = clock.now(); clock.now() - began < LONGEST;) {
      if (url() !== undefined) close();
      await new Promise<void>((done) => clock.after(EVERY, done));
    }
  };
}
