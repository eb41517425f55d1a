/**
 * The command line `natslock`: hold a lock while a command runs, see who holds what, mend a bucket.
 *
 * A program, not a library: importing this module runs it on the arguments of the process.
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
