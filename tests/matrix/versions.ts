/** The releases of nats-server that the suite runs on. */

import { PINNED_VERSION } from "../../tools/nats/install.ts";

/** The oldest supported release, the newest of each line after it, and the one that all other tests run on. */
export const VERSIONS: readonly string[] = ["2.9.25", "2.10.29", "2.11.17", "2.12.15", PINNED_VERSION];

/** Those that run in the gate: whatever differs between servers differs most between these. */
export const OUTERMOST: readonly string[] = VERSIONS.filter((_, index) => index % (VERSIONS.length - 1) === 0);
