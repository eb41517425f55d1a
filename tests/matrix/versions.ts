/** The releases of nats-server that the suite runs on. */

import { PINNED_VERSION } from "../../tools/nats/install.ts";

/**
 * The oldest supported release, the newest one of each later minor version, and the release that all other tests use.
 */
export const VERSIONS: readonly string[] = ["2.9.25", "2.10.29", "2.11.17", "2.12.15", PINNED_VERSION];

/** Releases that run with the other tests: the oldest and the newest, because they differ most. */
export const OUTERMOST: readonly string[] = VERSIONS.filter((_, index) => index % (VERSIONS.length - 1) === 0);
