/**
 * What a candidate's log says.
 *
 * @module
 */

import type { Candidate } from "./candidate.ts";
import type { Ending, LeaseState, News } from "./lease_model.ts";

/** Writes a log line about a hold that began, was renewed or ended. */
export function report(candidate: Candidate, news: News, state: LeaseState): void {
  const { key, id, logger } = candidate;
  const { phase } = state;
  if (phase.at === "held") {
    const about = { key, id, token: phase.token, revision: phase.revision };
    if (news === "granted") logger.info(`Took "${key}"`, about);
    else logger.debug(`Renewed "${key}"`, about);
  } else if (phase.at === "idle" && phase.end !== null) {
    ended(candidate, phase.end);
  }
}

function ended({ key, id, logger }: Candidate, end: Ending): void {
  const about = { key, id };
  switch (end.kind) {
    case "released":
      return end.token === null ? undefined : logger.info(`Released "${key}"`, { ...about, token: end.token });
    case "lost":
      return logger.warn(`Lost "${key}"`, { ...about, why: end.why, cause: end.error });
    case "abandoned":
      return logger.warn(`Could not release "${key}": it runs out by itself`, { ...about, cause: end.error });
    case "refused":
      if (end.by.kind !== "foreign") return logger.debug(`Another holds "${key}"`, about);
      return logger.warn(`A stranger holds "${key}": its value is no UUID, so it is left to expire`, about);
    case "withdrawn":
      return logger.debug(`Withdrew a grant of "${key}" that came too late`, about);
    case "failed":
      return logger.debug(`Could not take "${key}"`, { ...about, cause: end.error });
  }
}
