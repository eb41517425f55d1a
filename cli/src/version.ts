/** The release this is. */

/** The same as in `deno.json`, which cannot be read on every runtime. */
export const VERSION = "0.1.0";
