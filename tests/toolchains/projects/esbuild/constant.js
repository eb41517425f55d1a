// deno-lint-ignore-file no-console
/** Imports a single text of the library. The bundle must contain nothing else of it. */

import { DEFAULT_KEY_NAME } from "@x/natslock";

console.log(DEFAULT_KEY_NAME);
