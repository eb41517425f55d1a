/**
 * The `natslock` command line: runs a command while holding a lock, shows and evicts holders, and checks buckets.
 *
 * This is a program, not a library. Importing this module runs it with the arguments of the process.
 *
 * ```sh
 * deno install --global -A -n natslock jsr:@x/natslock-cli
 * natslock run nightly-report -- ./report.sh
 * ```
 *
 * @module
 */

import { main } from "./src/main.ts";

await main();
