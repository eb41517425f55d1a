/** Runs an order in Deno, directly from the source. */

import { type Order, perform } from "./program.ts";

// deno-lint-ignore no-console
await perform(JSON.parse(Deno.args[0] ?? "null") as Order, (told) => console.log(JSON.stringify(told)));
Deno.exit(0);
