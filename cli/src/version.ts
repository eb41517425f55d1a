/** The version of natslock. */

/** The version in `deno.json`, repeated here because not every runtime can read that file. */
export const VERSION = "0.1.0";
