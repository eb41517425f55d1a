/**
 * All scenarios. They say in short programs what Web Locks and the extensions of this library do.
 *
 * @module
 */

import type { Scenario } from "./scenario.ts";
import { ABORT } from "./scenarios/abort.ts";
import { ABORT_MOMENTS } from "./scenarios/abort_moments.ts";
import { CHECKS, RESULTS } from "./scenarios/checks.ts";
import { CLIENT_ORDER } from "./scenarios/clients.ts";
import { IF_AVAILABLE } from "./scenarios/if_available.ts";
import { LIMIT_CHECKS } from "./scenarios/limit_checks.ts";
import { LIMITS } from "./scenarios/limits.ts";
import { NAMES } from "./scenarios/names.ts";
import { ORDER } from "./scenarios/order.ts";
import { QUERY } from "./scenarios/query.ts";
import { SEVERAL } from "./scenarios/several.ts";
import { STEAL } from "./scenarios/steal.ts";
import { TIMEOUTS } from "./scenarios/timeouts.ts";

/** All scenarios. */
export const SCENARIOS: readonly Scenario[] = [
  ...[...CHECKS, ...RESULTS, ...ORDER, ...CLIENT_ORDER, ...IF_AVAILABLE],
  ...[...ABORT, ...ABORT_MOMENTS, ...STEAL, ...QUERY, ...NAMES],
  ...[...LIMITS, ...LIMIT_CHECKS, ...TIMEOUTS, ...SEVERAL],
];
